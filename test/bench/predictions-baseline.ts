// A program of its own: what a good Node developer writes by hand, to measure teecam against. It starts the predictor that
// is given as its arguments, asks it as teecam does, and sends each answer to everybody by ws.
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("listening", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`);
});

const [program = "", ...rest] = process.argv.slice(2);
const predictor = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
let sequence = 0;
let newest: Buffer | undefined;
let isBusy = false;
const ask = () => {
  if (!newest || isBusy) return;
  isBusy = true;
  predictor.stdin.write(`${JSON.stringify({ camera: "camera", sequence: sequence++, length: newest.length })}\n`);
  predictor.stdin.write(newest);
  newest = undefined;
};
createInterface({ input: predictor.stdout }).on("line", (line) => {
  isBusy = false;
  const message = JSON.stringify({ camera: "camera", result: JSON.parse(line) });
  for (const client of server.clients) if (client.bufferedAmount === 0) client.send(message);
  ask();
});
let pending = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  const end = pending.lastIndexOf(Buffer.from([0xff, 0xd9]));
  if (end < 0) return;
  newest = pending.subarray(0, end + 2);
  pending = pending.subarray(end + 2);
  ask();
});
process.stdin.on("end", () => {
  predictor.kill();
  process.exit();
});
