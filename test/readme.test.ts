import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { afterAll, beforeAll, expect } from "vitest";
import { executablePath, launch } from "./fixtures/browser.ts";
import { needs } from "./fixtures/programs.ts";
import { start, type Teecam } from "./fixtures/teecam.ts";
import { until } from "./fixtures/until.ts";

let server: Teecam;
beforeAll(async () => {
  server = await start(["--name", "front", "testcard:320x240@15", "--name", "back", "testcard:320x240@15"]);
});
afterAll(() => server?.stop());

/** The README's code of a language that contains `part`, with the address of this test's server. */
function code(language: string, part: string): string {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const blocks = readme.split("```").filter((block) => block.startsWith(`${language}\n`) && block.includes(part));
  expect(blocks).toHaveLength(1);
  return (blocks[0] ?? "").slice(language.length + 1).replaceAll("127.0.0.1:8000", `127.0.0.1:${server.port}`);
}

/** How many pictures the server has sent over WebSockets that acknowledge them. */
async function acknowledged(): Promise<number> {
  const { cameras } = (await (await fetch(`${server.url}/cameras`)).json()) as { cameras: { id: string }[] };
  const listed = cameras.map(async ({ id }) => {
    const answer = await fetch(`${server.url}/cameras/${id}/viewers`);
    return ((await answer.json()) as { viewers: { pace: string; sent: number }[] }).viewers;
  });
  const viewers = (await Promise.all(listed)).flat().filter(({ pace }) => pace === "acks");
  return viewers.length === cameras.length ? Math.min(...viewers.map(({ sent }) => sent)) : 0;
}

needs(executablePath).it("has a client for browsers that draws all cameras as printed", async () => {
  const script = code("js", "teecam.v1");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(20);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/cameras`);
    await page.evaluate("document.body.append(document.createElement('canvas'))");
    await page.evaluate(script);
    await until(async () => (await acknowledged()) > 15, "pictures are drawn and acknowledged");
    const colours = await page.evaluate(
      `new Set(document.querySelector("canvas").getContext("2d").getImageData(0, 0, 300, 150).data).size`,
    );
    expect(colours).toBeGreaterThan(10);
  } finally {
    await browser.close();
  }
});

/** A Python that knows the library the README's client needs. */
const python = ["/usr/bin/python3", "python3"].find(
  (program) => spawnSync(program, ["-c", "import websockets"]).status === 0,
);

needs(python ?? "python3 with websockets").it("has a client for Python that works as printed", async () => {
  const script = code("python", "teecam.v1");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(20);
  const child = spawn(python ?? "", ["-c", script], { env: { ...process.env, PYTHONUNBUFFERED: "1" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  try {
    await until(() => (output.match(/^(front|back) \d+ \d{4,}$/gm)?.length ?? 0) > 15, `pictures come: ${output}`);
    expect(await acknowledged()).toBeGreaterThan(3);
  } finally {
    child.kill();
  }
});
