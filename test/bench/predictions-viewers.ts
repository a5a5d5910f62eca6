// A program of its own: follows predictions over so many WebSockets, and prints as JSON, in each window of so many seconds,
// how many came on each, and how long after the predictor's answer. A line on standard input begins a window.
import process from "node:process";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

const [url = "", count = "1", seconds = "5"] = process.argv.slice(2);
const received = new Uint32Array(Number(count));
let delays: number[] = [];
let ages: number[] = [];
let open = 0;
for (let n = 0; n < received.length; n++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("open", () => {
    if (++open === received.length) console.log(JSON.stringify({ open }));
  });
  socket.on("error", () => {});
  socket.on("message", (data) => {
    received[n] = (received[n] ?? 0) + 1;
    const now = performance.timeOrigin + performance.now();
    const { result, timestamp } = JSON.parse(String(data));
    delays.push(now - result.answered);
    if (timestamp !== undefined) ages.push(result.answered - timestamp / 1000);
  });
}

for await (const _ of createInterface({ input: process.stdin })) {
  received.fill(0);
  delays = [];
  ages = [];
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  console.log(JSON.stringify({ counts: [...received], delays: quantiles(delays), ages: quantiles(ages) }));
}

function quantiles(values: number[]): { median: number; p99: number; most: number } {
  values.sort((a, b) => a - b);
  const at = (share: number) => Math.round((values[Math.floor(share * (values.length - 1))] ?? Number.NaN) * 10) / 10;
  return { median: at(0.5), p99: at(0.99), most: at(1) };
}
