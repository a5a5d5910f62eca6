import { expect, it, onTestFinished } from "vitest";
import { cameras } from "../fixtures/cameras.ts";
import { freePort } from "../fixtures/ports.ts";
import { kill } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { runToEnd, stackTrace } from "../fixtures/run-to-end.ts";
import { serve } from "../fixtures/serve.ts";
import { run } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

const secret = "hunter2";

needs("ffmpeg").describe("A password", () => {
  it.each([
    ["as it should be written", `user:${secret}`],
    ["with characters that should have been escaped", `user:${secret}#1`],
    ["with an @", `user:p@${secret}`],
  ])("%s appears in no output, whatever fails", async (_, credentials) => {
    const closed = `${credentials}@127.0.0.1:${await freePort()}/video`;
    const program = run([
      ...["--port", "0", "--log-format", "text", "--log-level", "debug"],
      ...["--name", "rtsp", `rtsp://${closed}`, "--name", "http", `http://${closed}`],
      ...["--name", "command", "--", "ffmpeg", "-i", `rtsp://${closed}`, "-f", "mjpeg", "-"],
    ]);
    onTestFinished(() => kill(program));
    let over = false;
    void program.ended.then(() => {
      over = true;
    });
    const failed = (camera: string) => program.output().includes(`${camera} failed: `);
    await until(() => over || ["rtsp", "http", "command"].every(failed), "all have failed");
    const url = /http:\/\/127\.0\.0\.1:\d+(?=\/\n)/.exec(program.output())?.[0];
    const shown = url && !over ? await (await fetch(`${url}/cameras`)).text() : "";
    expect(program.output() + shown).toContain("***@127.0.0.1");
    expect(program.output() + shown).not.toContain(secret);
    expect(program.output()).not.toMatch(stackTrace);
  });

  it("in a query appears in no output", async () => {
    const program = await serve([`http://127.0.0.1:${await freePort()}/snap.jpg?user=admin&password=${secret}&fps=5`]);
    await until(() => program.output().includes("camera failed: "), "it has failed");
    expect(program.output() + JSON.stringify(await cameras(program))).not.toContain(secret);
    expect(program.output()).toContain("fps=5");
  });

  it.each([
    [["--name", `rtsp://user:${secret}@camera/1`]],
    [["--name", "a", "--name", `rtsp://user:${secret}@camera/1`, "testcard:", "testcard:"]],
    [[`tcp-listen://user:${secret}@127.0.0.1`]],
    [[`http://user:${secret}@[1`]],
    [[`testcard:rtsp://user:${secret}@camera/1`]],
    [["--port", `rtsp://user:${secret}@camera/1`]],
  ])("appears in no complaint about wrong use: %j", async (args) => {
    const { code, stderr } = await runToEnd(args);
    expect(code).toBe(2);
    expect(stderr).not.toContain(secret);
  });
});

it("Logs one JSON object an event where no terminal is, with its camera and its session", async () => {
  const server = await serve(["--log-format", "json", "--name", "front", "testcard:64x64@10"]);
  const response = await fetch(`${server.url}/stream`);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await until(() => server.output().includes("viewer left"), "the log says that the viewer left");
  const lines = server.output().split("\n");
  const events = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  expect(events.length).toBe(lines.filter(Boolean).length - 1); // besides the line that says where it is
  for (const event of events) {
    expect(new Date(event.time).toISOString()).toBe(event.time);
    expect(event).toMatchObject({ level: "info", camera: "front" });
  }
  expect(events.at(-1)).toMatchObject({ transport: "mjpeg", session: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});
