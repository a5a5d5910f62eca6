import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "./fixtures/until.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const isDeno = "Deno" in globalThis;
let folder = "";

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", [...args, "--loglevel=error", "--prefer-offline", "--no-audit", "--no-fund"], {
    cwd,
    encoding: "utf8",
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "teecam-pack-"));
  npm(root, "run", "build");
  const packed = npm(root, "pack", "./dist", "--json", "--pack-destination", folder);
  const [{ filename }] = JSON.parse(packed);
  writeFileSync(join(folder, "package.json"), '{ "name": "somebody-elses", "private": true, "type": "module" }');
  npm(folder, "install", join(folder, filename));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command line in the folder the tarball is installed in, on the runtime that runs the tests. */
function commandLine(script: string): [string, ...string[]] {
  return isDeno
    ? [process.execPath, "run", "--no-prompt", "-A", "--node-modules-dir=manual", script]
    : [process.execPath, script];
}

it("shows the test card when its bin is run from the installed tarball", async () => {
  const [program, ...args] = commandLine("node_modules/teecam/src/main.js");
  const child = spawn(program, [...args, "--port", "0"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  try {
    const url = await until(() => /http:\S+:\d+\//.exec(output)?.[0], `it listens: ${output}`);
    const snapshot = await until(async () => {
      const response = await fetch(`${url}snapshot`);
      return response.ok && new Uint8Array(await response.arrayBuffer());
    }, "a picture comes");
    expect([...snapshot.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect(await (await fetch(url)).text()).toContain("<title>");
  } finally {
    child.kill();
  }
});

it("is imported as a library, typed", () => {
  const script = 'import * as teecam from "teecam"; console.log(Object.keys(teecam).sort().join());';
  writeFileSync(join(folder, "library.js"), script);
  const [program, ...args] = commandLine("library.js");
  const names = execFileSync(program, args, { cwd: folder, encoding: "utf8" }).trim().split(",");
  expect(names).toEqual([
    "Broadcaster",
    "Demand",
    "FrameParserStream",
    "JpegParserStream",
    "MultipartParserStream",
    "PredictorStream",
    "camera",
    "connection",
    "createApp",
    "getSession",
    "serve",
    "sign",
    "supervise",
  ]);
  const typed =
    'import { camera, type Frame } from "teecam"; export const f: (frame: Frame) => Uint8Array = (frame) => frame.data; camera({ id: "x", source: ["a"] });';
  writeFileSync(join(folder, "typed.ts"), typed);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const types = ["--typeRoots", join(root, "node_modules", "@types"), "--types", "node"];
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", ...types, "typed.ts"];
  execFileSync("node", [tsc, ...options], { cwd: folder, stdio: "inherit" });
});

const single = /^(README\.md|CHANGELOG\.md|LICENSE|package\.json|teecam\.schema\.json)$/;
const program = /^src\/.+\.(js|d\.ts)$|^public\/[\w-]+\.(html|css|js|svg)$|^src\/service\/teecam\.(service|socket)$/;

it("holds what is needed and nothing else", () => {
  const [{ files }] = JSON.parse(npm(root, "pack", "./dist", "--json", "--dry-run"));
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  expect(paths.filter((path) => !single.test(path) && !program.test(path))).toEqual([]);
  for (const path of ["src/testcard/main.js", "src/service/teecam.service"]) expect(paths).toContain(path);
});

it("runs nothing when it is installed, and its lockfile names no address to load from", () => {
  const manifest = JSON.parse(readFileSync(join(folder, "node_modules/teecam/package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("scripts");
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(Object.keys(packages).filter((path) => packages[path].resolved !== undefined)).toEqual([]);
});
