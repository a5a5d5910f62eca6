import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { program } from "./fixtures/processes.ts";
import { address, root, showsPicture } from "./fixtures/project.ts";
import { until } from "./fixtures/until.ts";

const deno = join(root, "node_modules/.bin/deno");

/** Starts a server on loopback until the test is over, and returns its address. */
async function listen(handle: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    handle(request, Buffer.concat(chunks), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Copies what is published, with the page's files in it as the release has them. */
function copyPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), "teecam-jsr-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["src", "public", "package.json", "deno.json", "README.md", "CHANGELOG.md", "LICENSE"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const release = readFileSync(join(root, ".github/workflows/release.yml"), "utf8");
  const [, embed = ""] = /- run: npx (tsx src\/embed\.ts \S+)/.exec(release) ?? [];
  expect(embed).toContain("page-files.ts");
  execFileSync(process.execPath.includes("deno") ? "node" : process.execPath, ["--import", ...embed.split(" ")], {
    cwd: folder,
  });
  return folder;
}

it("JSR accepts the package without a warning but for the predictor's own module, and it works over HTTP", async () => {
  let published: Buffer | undefined;
  const registry = await listen(({ method, url = "" }, body, response) => {
    const isVersion = url.includes("/versions/");
    if (isVersion && method === "POST") published = body;
    response.statusCode = isVersion && method === "GET" ? 404 : 200;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify(
        response.statusCode === 404
          ? { code: "packageVersionNotFound", message: "" }
          : { id: "1", status: "success", error: null },
      ),
    );
  });
  const folder = copyPackage();
  const publish = spawn(deno, ["publish", "--token", "any", "--allow-dirty", "--no-provenance"], {
    cwd: folder,
    env: { ...process.env, JSR_URL: `${registry}/`, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [publish.stdout, publish.stderr]) stream.on("data", (chunk) => (output += chunk));
  const code = await new Promise((resolve) => publish.once("close", resolve));
  expect([code, output]).toEqual([0, expect.stringContaining("Successfully published")]);
  expect(output.match(/^warning.*$/gm)).toEqual([
    "warning[unanalyzable-dynamic-import]: unable to analyze dynamic import",
  ]);

  const unpacked = join(folder, "unpacked");
  mkdirSync(unpacked);
  writeFileSync(join(folder, "package.tgz"), published ?? "");
  execFileSync("tar", ["xzf", join(folder, "package.tgz"), "-C", unpacked]);
  const modules = await listen(({ url = "" }, _, response) => {
    if (!url.endsWith(".ts")) return void response.writeHead(404).end(); // of the page there are no files
    response.setHeader("content-type", "application/typescript");
    response.end(readFileSync(join(unpacked, url)));
  });
  const script = join(folder, "unpacked/main.ts");
  writeFileSync(
    script,
    `import { camera, createApp } from "${modules}/src/index.ts";
const front = camera({ id: "front", source: "testcard:160x120@10", predict: "motion" });
const onListen = ({ port }: Deno.NetAddr) => console.log(\`http://127.0.0.1:\${port}/\`);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, createApp({ cameras: new Map([[front.id, front]]) }).fetch);
`,
  );
  rmSync(join(unpacked, "package.json"));
  rmSync(join(unpacked, "deno.json"));
  const argv = [deno, "run", "--no-prompt", "-A", "--no-config", script];
  const url = await address(program(["sh", "-c", 'cd "$0" && exec "$@"', dirname(script), ...argv]));
  expect(await (await fetch(url)).text()).toContain("<!doctype html>");
  expect((await fetch(`${url}viewer.js`)).status).toBe(200);
  await showsPicture(url);
  const predicted = () => fetch(`${url}predictions`).then(({ ok }) => ok);
  await until(predicted, "a prediction comes");
});
