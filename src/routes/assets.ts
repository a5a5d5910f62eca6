import { createHash } from "node:crypto";
import { extname } from "node:path";
import { pageFiles } from "./page-files.ts";

/** A file of the viewer page. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Entity tag of the body, a hash (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** Reads the files of the viewer page, by name. They are read once, so that no request can name a path. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const files = [...pageFiles()].filter(([name]) => extname(name) in types);
  return new Map(files.map(([name, body]) => [name, asset(body, types[extname(name)] ?? "")]));
}

function asset(body: Asset["body"], type: string): Asset {
  return { body, type, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
