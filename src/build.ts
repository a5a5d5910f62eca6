// A program of its own: makes what is published, in dist/. Neither runtime strips types under node_modules, so there the
// sources lie as JavaScript and declarations, in the same folders, below a package.json that maps "#adapter" to them.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { jsonSchema } from "./config/json-schema.ts";

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(root("dist"), { recursive: true, force: true });
const typescript = createRequire(import.meta.url).resolve("@typescript/native/package.json");
const tsc = typescript.replace("package.json", "bin/tsc");
execFileSync(process.execPath, [tsc, "-p", root("src")], { stdio: "inherit" });

const main = root("dist/src/main.js");
writeFileSync(main, readFileSync(main, "utf8").replace("#!/usr/bin/env tsx", "#!/usr/bin/env node"));
chmodSync(main, 0o755);

for (const name of ["public", "src/service"]) cpSync(root(name), root(`dist/${name}`), { recursive: true });

const { name, version, type, imports } = JSON.parse(readFileSync(root("package.json"), "utf8"));
const scope = JSON.stringify({ name, version, type, imports }, null, 2).replaceAll(/(\.\/src\/[^"]*)\.ts"/g, '$1.js"');
writeFileSync(root("dist/package.json"), `${scope}\n`);
writeFileSync(root("dist/teecam.schema.json"), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
