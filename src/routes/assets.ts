import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

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
  const folder = new URL("../../public/", import.meta.url);
  const names = readdirSync(folder).filter((name) => extname(name) in types);
  return new Map(names.map((name) => [name, readAsset(new URL(name, folder), types[extname(name)] ?? "")]));
}

function readAsset(file: URL, type: string): Asset {
  const body = new Uint8Array(readFileSync(file));
  return { body, type, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
