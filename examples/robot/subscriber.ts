// The robot's own program: gets the newest frames and predictions over one WebSocket and acknowledges each frame when it
// is done with it, so that however long it works, what comes next is live. Any language with WebSockets does the same.
// Run as teecam.yaml says. Node has WebSocket from version 22 on; Node 20 with --experimental-websocket.
import process from "node:process";

const [url = "ws://127.0.0.1:8000/ws"] = process.argv.slice(2);
const patience = 500; // milliseconds without a prediction, after which the robot stands still
const socket = new WebSocket(url, "teecam.v1");
socket.binaryType = "arraybuffer";
const send = (message: object) => socket.send(JSON.stringify(message));

let brake: ReturnType<typeof setTimeout> | undefined;
function steer(turn: number): void {
  clearTimeout(brake);
  brake = setTimeout(() => console.log("stop"), patience);
  console.log(`turn ${turn.toFixed(2)}`); // your motors
}

socket.onmessage = ({ data }) => {
  if (typeof data === "string") {
    const message = JSON.parse(data);
    if (message.type === "hello") send({ type: "subscribe", cameras: ["front"], ack: true, predictions: true });
    if (message.type === "prediction") steer(message.result.turn);
    if (message.type === "error") console.error(message.error);
    return;
  }
  const length = new DataView(data).getUint16(0);
  const { camera, sequence, timestamp } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
  const jpeg = new Uint8Array(data, 2 + length);
  const age = Date.now() - timestamp / 1000; // milliseconds since it was captured
  console.log(`frame ${sequence}: ${jpeg.length} bytes, ${age.toFixed(0)} ms old`); // your work
  send({ type: "ack", camera, sequence });
};
socket.onclose = ({ code, reason }) => {
  console.log(`stop: the connection is closed, ${code} ${reason}`);
  process.exit(1); // whatever runs this program starts it anew
};
