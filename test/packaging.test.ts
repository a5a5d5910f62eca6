import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { needs } from "./fixtures/programs.ts";

const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Runs a program to its end. */
function run(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

needs("systemd-analyze").it("The units say nothing that systemd does not know, and expose little", async () => {
  const folder = mkdtempSync(join(tmpdir(), "teecam-units-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [service, socket] = [join(folder, "teecam.service"), join(folder, "teecam.socket")];
  cpSync(root("src/service/teecam.socket"), socket);
  cpSync(root("src/service/teecam.service"), service);
  const told = await run("systemd-analyze", ["verify", service, socket]);
  const ours = told.output.split("\n").filter((line) => line.includes("teecam")); // others may be wrong on a machine
  expect([told.code, ours]).toEqual([0, []]);
  const { code, output } = await run("systemd-analyze", ["security", "--offline=true", "--threshold=25", service]);
  expect([code, /Overall exposure level.*/.exec(output)?.[0]]).toEqual([0, expect.stringMatching(/: [12]\.\d OK/)]);
});

it("The container's health check asks /livez, and believes nothing else", async () => {
  const [, command = ""] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(readFileSync(root("Dockerfile"), "utf8")) ?? [];
  const [program, flag, script]: string[] = JSON.parse(command);
  expect([program, flag]).toEqual(["node", "-e"]);
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/livez" ? status : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const check = async () => (await run("node", ["-e", `${script}`.replace(":8000/", `:${port}/`)])).code;
  expect(await check()).toBe(0);
  status = 500;
  expect(await check()).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  expect(await check()).toBe(1);
});

it("npm and JSR get the same version, and the clone's program can be run by its name", () => {
  const [npm, jsr] = ["package.json", "deno.json"].map((name) => JSON.parse(readFileSync(root(name), "utf8")));
  expect(jsr.version).toBe(npm.version);
  expect(npm).not.toHaveProperty("private");
  expect(statSync(root("src/main.ts")).mode & 0o111).toBe(0o111);
});

it("A release is tested as every push is, and only by scripts that exist", () => {
  const { scripts } = JSON.parse(readFileSync(root("package.json"), "utf8"));
  const read = (name: string) => parse(readFileSync(root(`.github/workflows/${name}`), "utf8"));
  const [ci, release] = [read("ci.yml"), read("release.yml")];
  expect(Object.keys(ci.on)).toContain("workflow_call");
  expect(release.jobs.test.uses).toBe("./.github/workflows/ci.yml");
  expect(release.jobs.npm.needs).toBe("test");
  const documents = [
    "CONTRIBUTING.md",
    ".ci/run",
    ...readdirSync(root(".github/workflows")).map((it) => `.github/workflows/${it}`),
  ];
  const named = documents.flatMap((name) => [...readFileSync(root(name), "utf8").matchAll(/\bnpm run ([\w:]+)/g)]);
  expect(named.length).toBeGreaterThan(8);
  expect(named.map(([, script = ""]) => script).filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
});
