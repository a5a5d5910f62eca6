import { readdirSync, readFileSync } from "node:fs";

/**
 * Reads the files of the viewer page, by name, from `public/`.
 *
 * What is published has another module in the place of this one, which embed.ts makes: it carries the files, because neither
 * a bundle nor a module loaded over HTTPS has a folder beside it. Throws an `Error` where the folder is not there.
 */
export function pageFiles(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  try {
    const folder = new URL("../../public/", import.meta.url);
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
    return new Map(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]));
  } catch (cause) {
    const message = "Cannot read the page's files from public/: bundle the package from npm or JSR, which carries them";
    throw new Error(message, { cause });
  }
}
