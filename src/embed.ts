// A program of its own: replaces page-files.ts of what is published by a module that carries the page's files.
// Run: tsx src/embed.ts FILE; a name that ends in .ts gets types.
import { writeFileSync } from "node:fs";
import process from "node:process";
import { pageFiles } from "./routes/page-files.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new TypeError("Cannot embed the page: write tsx src/embed.ts FILE");
const type = file.endsWith(".ts") ? ": ReadonlyMap<string, Uint8Array<ArrayBuffer>>" : "";
const texts = Object.fromEntries(
  [...pageFiles()].flatMap(([name, bytes]) =>
    /\.(html|css|js|svg)$/.test(name) ? [[name, new TextDecoder("utf-8", { fatal: true }).decode(bytes)]] : [],
  ),
);
writeFileSync(
  file,
  `// Made by embed.ts from public/.
const texts = ${JSON.stringify(texts, null, 1)};
const encoder = new TextEncoder();

/** Returns the files of the viewer page, by name. */
export function pageFiles()${type} {
  return new Map(Object.entries(texts).map(([name, text]) => [name, encoder.encode(text)]));
}
`,
);
