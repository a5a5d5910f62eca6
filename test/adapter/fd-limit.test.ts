import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { countable, program } from "../fixtures/processes.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** Runs the program with no more than `maxDescriptors`, and returns its port. */
async function cramped(maxDescriptors: number): Promise<number> {
  const [name, ...rest] = commandLine();
  const argv = [name, ...rest, "--port", "0", "testcard:64x48@10"];
  const shell = `ulimit -n ${maxDescriptors}; exec "$@"`;
  const run = program(["bash", "-c", shell, "teecam", ...argv]);
  const port = await until(() => / at http:\/\/\S+:(\d+)\/$/m.exec(run.output())?.[1], `it listens: ${run.output()}`);
  return Number(port);
}

function ask(port: number, request: string): { socket: Socket; received: () => string; over: () => boolean } {
  const socket = connect(port, "127.0.0.1");
  let [received, over] = ["", false];
  socket.on("data", (chunk: Buffer) => {
    received = (received + chunk.toString("latin1")).slice(0, 1000);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    over = true;
  });
  socket.write(request);
  onTestFinished(() => void socket.destroy());
  return { socket, received: () => received, over: () => over };
}

const stream = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
const page = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

it.runIf(countable)("tells how many descriptors there are", () => {
  expect(adapter.descriptorLimit()).toBeGreaterThan(100);
});

it.runIf(countable)(
  "A crowd that takes all descriptors does not end the program, and those who watch go on",
  async () => {
    const maxDescriptors = 160; // the runtime takes some of them for itself
    const port = await cramped(maxDescriptors);
    const watcher = ask(port, stream);
    await until(() => watcher.received().includes("image/jpeg"), "a picture");
    const crowd = Array.from({ length: 2 * maxDescriptors }, () => ask(port, stream));
    const answered = ({ received, over }: (typeof crowd)[number]) => received() !== "" || over();
    await until(() => crowd.filter(answered).length > maxDescriptors / 4, "many are answered");
    const before = watcher.socket.bytesRead;
    await until(() => watcher.socket.bytesRead > before, "the watcher sees the next picture");
    await until(() => crowd.every(answered), "all are answered, or closed");
    const refused = crowd.map(({ received }) => received()).filter((text) => text.includes("Too many connections"));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 10\r\n/);
    for (const { socket } of crowd) socket.destroy();
    await until(async () => {
      const late = ask(port, page);
      await until(() => late.over(), "an answer");
      return late.received().startsWith("HTTP/1.1 200");
    }, "the page is served again");
    expect(watcher.over()).toBe(false);
  },
);

it.runIf(countable)("The program starts with fewer descriptors than it has modules, and serves", async () => {
  for (let n = 0; n < 3; n++) {
    const port = await cramped(56);
    const late = ask(port, page);
    await until(() => late.over(), "an answer");
    expect(late.received()).toMatch(/^HTTP\/1\.1 200/);
  }
});
