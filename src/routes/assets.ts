import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";

/** One file of the viewer page, ready to be served. */
export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
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
  return new Map(
    names.map((name) => [
      name,
      { body: new Uint8Array(readFileSync(new URL(name, folder))), type: types[extname(name)] ?? "" },
    ]),
  );
}
