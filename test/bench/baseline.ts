// A program of its own: what a good Node developer writes by hand, to measure teecam against. It reads multipart with
// Content-Length from standard input, writes the same bytes to every viewer, and leaves out whoever needs a drain.
import { createServer, type ServerResponse } from "node:http";
import process from "node:process";

const viewers = new Set<ServerResponse>();
const server = createServer({ noDelay: true }, (_, response) => {
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, { "Content-Type": "multipart/x-mixed-replace; boundary=frame", "Cache-Control": "no-store" });
  response.flushHeaders();
  viewers.add(response);
  response.on("close", () => viewers.delete(response));
});
const host = process.argv[2] ?? "127.0.0.1";
server.listen(0, host, () => {
  const address = server.address();
  console.log(`http://${host}:${typeof address === "object" && address ? address.port : 0}/`);
});

let pending = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  for (;;) {
    const body = pending.indexOf("\r\n\r\n") + 4;
    const length = Number(/content-length: (\d+)/i.exec(pending.toString("latin1", 0, Math.max(body, 0)))?.[1]);
    if (body < 4 || !(pending.length >= body + length)) return;
    const jpeg = pending.subarray(body, body + length);
    pending = pending.subarray(body + length);
    const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;
    const part = Buffer.concat([Buffer.from(head), jpeg, Buffer.from("\r\n")]);
    for (const viewer of viewers) if (!viewer.writableNeedDrain) viewer.write(part);
  }
});
process.stdin.on("end", () => process.exit());
