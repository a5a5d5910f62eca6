import { existsSync } from "node:fs";

/**
 * Returns the URL of a module that runs as a program of its own, by its path in this folder without the extension, which the
 * build changes. Throws an `Error` that says what to do where it is not there, as in a bundle.
 */
export function programUrl(path: string): URL {
  const here: string | undefined = import.meta.url; // undefined in a bundle of CommonJS
  const url = here === undefined ? undefined : new URL(`./${path}${here.slice(here.lastIndexOf("."))}`, here);
  if (url && (url.protocol !== "file:" || existsSync(url))) return url;
  throw new Error(
    `Cannot start ${path}: this program of teecam is not in the bundle; have the bundler leave teecam out (esbuild: --external:teecam)`,
  );
}
