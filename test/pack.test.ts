import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examples, instead, read } from "./fixtures/examples.ts";
import { picture } from "./fixtures/picture.ts";
import { freePort } from "./fixtures/ports.ts";
import { address, createProject, npm, root, runtimes, showsPicture, start } from "./fixtures/project.ts";
import { until } from "./fixtures/until.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let folder = "";
let remove = () => {};
beforeAll(() => {
  ({ folder, remove } = createProject());
}, 180_000);
afterAll(() => remove());

const inProject = (name: string) => join(folder, name);
const installed = (name: string) => readFileSync(inProject(`node_modules/teecam/${name}`), "utf8");
const all = runtimes();

describe.each(all)("Installed in an empty project, on $name,", (runtime) => {
  const { env } = runtime;
  const teecam = (...args: string[]) => start(folder, [...runtime.teecam, ...args], env);

  it("the program tells its version", async () => {
    const told = teecam("--version");
    expect(await told.ended).toBe(0);
    await until(
      () => told.output() === `teecam ${manifest.version} (${runtime.name})\n`,
      `it is told: ${told.output()}`,
    );
  }, 40_000);

  it("the program shows the page, and what a predictor in TypeScript says", async () => {
    copyFileSync(new URL("robot/light.ts", examples), inProject("light.ts"));
    writeFileSync(
      inProject("robot.yaml"),
      instead(read("robot/teecam.yaml"), [[/\/dev\/video0/g, "testcard:160x120@15"]]),
    );
    const url = await address(teecam("--port", "0", "--config", "robot.yaml"));
    await showsPicture(url);
    expect(await (await fetch(url)).text()).toContain("<title>");
    const prediction = await until(async () => {
      const response = await fetch(`${url}predictions`);
      return response.ok && ((await response.json()) as { result: unknown });
    }, "a prediction comes");
    expect(prediction.result).toEqual({ turn: expect.any(Number) });
  }, 60_000);

  it("the README's example of the library runs as printed", async () => {
    const blocks = installed("README.md").matchAll(/^```ts\n(import [^`]*? from "teecam";\n[^`]*)^```$/gm);
    const [example = "", ...others] = [...blocks].map(([, code]) => code);
    expect(others).toEqual([]);
    const port = await freePort();
    writeFileSync(inProject("library.ts"), instead(example, [[/port: 8000/g, `port: ${port}`]]));
    const frame = await picture(1);
    writeFileSync(inProject("frame.jpg"), frame);
    const camera = `#!/bin/sh\nwhile cat '${inProject("frame.jpg")}'; do sleep 0.1; done\n`;
    writeFileSync(inProject("my-camera-program"), camera, { mode: 0o755 });
    const PATH = `${folder}${delimiter}${env.PATH ?? process.env.PATH}`;
    const { output } = start(folder, runtime.script("library.ts"), { PATH });
    const printed = new RegExp(`^\\d+ ${frame.length}$`, "gm");
    await until(() => (output().match(printed)?.length ?? 0) > 3, "frames are printed", 15_000).finally(() => {
      expect(output()).toMatch(printed); // or it shows what else was printed
    });
    const url = `http://127.0.0.1:${port}/`;
    expect((await fetch(`${url}snapshot`)).status).toBe(401); // it does not let everybody in
    const [, token = ""] = /token: "([^"]+)"/.exec(example) ?? [];
    await showsPicture(url, { token });
  }, 60_000);

  const mount = runtime.name.startsWith("Deno") ? "deno-mount.ts" : "node-mount.ts";
  it.each([mount, "two-apps.ts"])(
    "the example %s runs",
    async (name) => {
      writeFileSync(inProject(name), instead(read(name), [[/"\.\.\/src\/index\.ts"/g, '"teecam"']]));
      await showsPicture(await address(start(folder, runtime.script(name), env)));
    },
    60_000,
  );
});

describe.each(all.slice(0, 1))("On $name the configuration", ({ teecam, env }) => {
  it.each([
    ["printer.yaml", ["printer"]],
    ["embed/teecam.yaml", ["front"]],
    ["six-cameras.yaml", ["door", "yard", "gate", "garage", "greenhouse", "workshop"]],
  ])(
    "%s of the examples runs",
    async (name, cameras) => {
      const cards = instead(read(name), [[/source: .*$/gm, "source: testcard:160x120@10"]]);
      writeFileSync(inProject("teecam.yaml"), cards);
      const host = ["--host", "127.0.0.1", "--port", "0", "--no-auth", "--config", "teecam.yaml"];
      const variables = { ...env, TEECAM_TOKEN: "a-token-for-the-test", CAMERA_PASSWORD: "secret" };
      const url = await address(start(folder, [...teecam, ...host], variables));
      for (const camera of cameras) await showsPicture(url, { camera });
    },
    60_000,
  );
});

it("exports the library, typed, and the schema of the configuration", () => {
  const script = `import * as teecam from "teecam";
import schema from "teecam/schema.json" with { type: "json" };
console.log(Object.keys(teecam).sort().join(), typeof schema.properties.cameras);
`;
  writeFileSync(inProject("exports.ts"), script);
  const [runtime] = all;
  const [program = "", ...args] = runtime?.script("exports.ts") ?? [];
  const [names = "", schema] = execFileSync(program, args, { cwd: folder, encoding: "utf8" }).trim().split(" ");
  expect(names.split(",")).toEqual([
    "Broadcaster",
    "Demand",
    "FrameParserStream",
    "JpegParserStream",
    "MultipartParserStream",
    "PredictorStream",
    "Track",
    "camera",
    "connection",
    "createApp",
    "getSession",
    "rtc",
    "serve",
    "serveInto",
    "sign",
    "supervise",
    "upgradeWebSocket",
  ]);
  expect(schema).toBe("object");
});

const typed = `import { Hono } from "hono";
import { camera, connection, createApp, type Frame, type HostServer, serveInto } from "teecam";
const front = camera({ id: "x", source: ["a"] });
const app = new Hono().route("/cams", createApp({ cameras: new Map([[front.id, front]]), connection }));
export const guard = (server: HostServer) => serveInto(server, app);
export const sizes: number[] = [];
for await (const frame of front.tee()) sizes.push((frame satisfies Frame).data.length);
`;

describe.each([
  ["TypeScript 7", () => join(root, "node_modules/@typescript/native")],
  [
    "TypeScript 5",
    () => {
      if (!readdirSync(inProject("node_modules")).includes("typescript")) npm(folder, "install", "typescript@5.9");
      return inProject("node_modules/typescript");
    },
  ],
] as const)("By %s the library's types are right", (_name, compilerFolder) => {
  it.each([
    ["the DOM's types, without those of iterators and of Node", ["es2023", "dom"], []],
    ["all of the DOM's types", ["esnext", "dom", "dom.iterable", "dom.asynciterable"], []],
    ["Node's types, without those of the DOM", ["es2023"], ["node"]],
  ])("with %s", (_, lib, types) => {
    writeFileSync(inProject("typed.ts"), typed);
    const typeRoots = [join(root, "node_modules/@types")];
    const options = { noEmit: true, strict: true, module: "nodenext", target: "es2023", lib, types, typeRoots };
    const compilerOptions = { ...options, skipLibCheck: types.length > 0 }; // of Node's types and the DOM's not all agree
    writeFileSync(inProject("tsconfig.json"), JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
    const tsc = join(compilerFolder(), "bin/tsc");
    const { stdout } = spawnSync("node", [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  });
});

it.each(["esm", "cjs"] as const)("works in a bundle of esbuild (%s), which says what it leaves out", async (format) => {
  const script = `import { camera, createApp } from "teecam";
const front = camera({ id: "front", source: "testcard:160x120@5", log: { debug() {}, info() {}, warn() {}, error() {} } });
const app = createApp({ cameras: new Map([[front.id, front]]) });
void (async () => {
  const page = await app.request("/");
  console.log(page.status, (await app.request("/viewer.js")).status, (await page.text()).slice(0, 15));
  for await (const { cause } of front.states()) if (cause) break;
  console.log(front.state.cause);
  await front.close();
})();`;
  writeFileSync(inProject("bundled.js"), script);
  const outfile = inProject(`bundle.${format === "esm" ? "mjs" : "cjs"}`);
  const banner =
    'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';
  await build({
    entryPoints: [inProject("bundled.js")],
    outfile,
    format,
    bundle: true,
    platform: "node",
    external: ["sharp"],
    logLevel: "silent",
    banner: format === "esm" ? { js: banner } : {},
  });
  const { stdout } = spawnSync("node", [outfile], { cwd: folder, encoding: "utf8" });
  expect(stdout.split("\n")).toEqual(["200 200 <!doctype html>", expect.stringContaining("--external:teecam"), ""]);
});

it("is what npm publish would publish", () => {
  const told = spawnSync("npm", ["publish", "--dry-run", "--json", "--ignore-scripts", "--provenance=false"], {
    cwd: root,
    encoding: "utf8",
  });
  expect([told.status, told.stderr]).toEqual([0, expect.not.stringContaining("auto-corrected")]);
  const { teecam = undefined, ...others } = JSON.parse(told.stdout); // npm 11 has it by name
  expect(teecam ?? others).toMatchObject({ name: "teecam", version: manifest.version });
});

const single = /^(README\.md|CHANGELOG\.md|LICENSE|package\.json|dist\/package\.json|dist\/teecam\.schema\.json)$/;
const built = /^dist\/(src\/.+\.(js|d\.ts)|public\/[\w/-]+\.(html|css|js|svg)|src\/service\/teecam\.(service|socket))$/;

it("holds what is needed and nothing else", () => {
  const paths = readdirSync(inProject("node_modules/teecam"), { recursive: true })
    .map((path) => String(path).replaceAll("\\", "/"))
    .filter((path) => statSync(inProject(`node_modules/teecam/${path}`)).isFile());
  expect(paths.filter((path) => !single.test(path) && !built.test(path))).toEqual([]);
  expect(paths).toContain("dist/src/service/teecam.service");
});

it("runs nothing when it is installed, and its lockfile names no address to load from", () => {
  const { scripts } = JSON.parse(installed("package.json"));
  expect(Object.keys(scripts)).toContain("prepack"); // runs where it is packed
  for (const hook of ["preinstall", "install", "postinstall", "prepare"]) expect(scripts).not.toHaveProperty(hook);
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(Object.keys(packages).filter((path) => packages[path].resolved !== undefined)).toEqual([]);
});
