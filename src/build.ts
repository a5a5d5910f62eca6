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

execFileSync(process.execPath, ["--import", "tsx", root("src/embed.ts"), root("dist/src/routes/page-files.js")], {
  cwd: root("."),
  stdio: "inherit",
});

for (const name of ["public", "src/service"]) cpSync(root(name), root(`dist/${name}`), { recursive: true });

// dist/ is a package too, with the same entries: `npm pack ./dist` and `npm link ./dist` work.
const { bin, exports, imports, ...manifest } = JSON.parse(readFileSync(root("package.json"), "utf8"));
for (const key of ["files", "scripts", "devDependencies", "publishConfig"]) delete manifest[key];
const text = JSON.stringify({ ...manifest, bin, exports, imports }, null, 2)
  .replaceAll("dist/", "")
  .replaceAll(/(\.\/src\/[^"]*)(?<!\.d)\.ts"/g, '$1.js"');
writeFileSync(root("dist/package.json"), `${text}\n`);
writeFileSync(root("dist/teecam.schema.json"), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
