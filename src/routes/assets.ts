import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

/** A file of the viewer page, ready to be served. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** A hash of the body, as an entity tag (RFC 9110, section 8.8.3). */
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** Reads the viewer page: a map from file name to content, made once, so that no request ever names a path. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const folder = new URL("../../public/", import.meta.url);
  const names = readdirSync(folder).filter((name) => extname(name) in types);
  return new Map(names.map((name) => [name, readAsset(new URL(name, folder), types[extname(name)] ?? "")]));
}

function readAsset(file: URL, type: string): Asset {
  const body = new Uint8Array(readFileSync(file));
  return { body, type, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
