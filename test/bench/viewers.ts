// A program of its own: opens so many MJPEG streams, and prints as JSON how many bytes came on each in each of the
// windows it is told to look at. It keeps nothing and looks at nothing: reading must cost less than serving.
import { connect } from "node:net";
import process from "node:process";

const [url = "", count = "1", warmup = "2", seconds = "5"] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(url);
const received = new Float64Array(Number(count));
let connected = 0;

for (let n = 0; n < received.length; n++) {
  const socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer: Buffer.allocUnsafe(256 * 1024),
      callback(bytes) {
        if (received[n] === 0) connected++;
        received[n] = (received[n] ?? 0) + bytes;
        return true;
      },
    },
  });
  socket.on("error", () => {});
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
while (connected < received.length) await pause(20);
await pause(Number(warmup) * 1000);
const before = Float64Array.from(received);
console.log(JSON.stringify({ begin: true }));
await pause(Number(seconds) * 1000);
console.log(JSON.stringify({ bytes: Array.from(received, (bytes, n) => bytes - (before[n] ?? 0)) }));
process.exit();
