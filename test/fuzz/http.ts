import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Attacked, attack } from "./attacked.ts";
import { drawSteps, type Step } from "./requests.ts";
import type { Target, Verdict } from "./target.ts";

/** What some clients do at the same time. */
type Attack = readonly (readonly Step[])[];

let attacked: Promise<Attacked> | undefined;

/** The server as strangers meet it: raw bytes over several connections, whose peers read when they like. */
export const http: Target<Attack> = {
  name: "http",
  make: (random) => random.list(random.between(1, 4), () => drawSteps(random)),
  async check(clients): Promise<Verdict> {
    attacked ??= attack();
    const { port, fault } = await attacked;
    const answers = await Promise.all(clients.map((steps) => act(steps, port)));
    const failed = answers.some((answer) => /^HTTP\/1\.1 500/m.test(answer));
    return { kind: `${clients.length} at once`, fault: failed ? "answers 500" : await fault() };
  },
  *shrink(clients) {
    for (const at of clients.keys()) if (clients.length > 1) yield clients.toSpliced(at, 1);
    for (const [at, steps] of clients.entries()) {
      for (const index of steps.keys()) yield clients.with(at, steps.toSpliced(index, 1));
    }
  },
  describe: (clients) => clients,
  async close() {
    const server = await attacked;
    attacked = undefined;
    await server?.close();
  },
};

const shown = 20_000; // characters of an answer
const linger = 20; // milliseconds

/** Does what a client does, and returns the beginning of what it reads. */
async function act(steps: readonly Step[], port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let answer = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    if (answer.length < shown) answer += chunk.toString("latin1");
  });
  for (const step of steps) {
    if (socket.destroyed) break;
    if ("send" in step) socket.write(Buffer.from(step.send, "latin1"));
    else if ("wait" in step) await sleep(step.wait);
    else if ("read" in step) step.read ? socket.resume() : socket.pause();
    else socket.end();
  }
  await sleep(linger);
  socket.destroy();
  return answer;
}
