import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { until } from "../fixtures/until.ts";
import { check, type Fault, noticeLimit, recoveryLimit, type Trial, withViewer } from "./fault.ts";

/** What can happen to who pushes pictures. */
export const pushers: readonly Fault[] = [
  {
    name: "a pusher that vanishes in the middle of a picture, and comes again",
    inject: (harness) =>
      withViewer(harness, harness.add("push"), async (trial) => {
        const first = await push(trial);
        await trial.viewer.more(2);
        first.stop();
        const { bytes } = trial.camera.input;
        first.socket.write(`${harness.jpeg.length.toString(16)}\r\n`);
        first.socket.write(harness.jpeg.subarray(0, 1000));
        await until(() => trial.camera.input.bytes % harness.jpeg.length === 1000, "a part of it has come", 1000);
        check(trial.camera.input.bytes > bytes, "nothing has come");
        first.socket.resetAndDestroy();
        await trial.viewer.told("waiting", noticeLimit);
        check(trial.camera.input.dropped.truncated === 1, "the cut picture is not counted");
        const second = await push(trial);
        await trial.viewer.more(2, recoveryLimit);
        await second.leave();
      }),
  },
  {
    name: "a pusher that falls silent and keeps its connection, and another one comes",
    parallel: 25,
    inject: (harness) =>
      withViewer(harness, harness.add("push"), async (trial) => {
        const first = await push(trial);
        await trial.viewer.more(2);
        first.stop();
        await trial.viewer.told("stalled", noticeLimit);
        await trial.viewer.told("waiting", noticeLimit + recoveryLimit);
        const second = await push(trial);
        await trial.viewer.more(2, recoveryLimit);
        check(trial.camera.state.state === "live", "the camera is live");
        await until(() => first.socket.destroyed || /^HTTP\/1\.1 503 /.test(first.heard()), "it is let go of", 1000);
        first.socket.destroy();
        await second.leave();
      }),
  },
  {
    name: "a second pusher, which is refused",
    inject: (harness) =>
      withViewer(harness, harness.add("push"), async (trial) => {
        const first = await push(trial);
        await trial.viewer.more(2);
        const second = await push(trial);
        await until(() => /^HTTP\/1\.1 409 /.test(second.heard()), "it is told that another one pushes", 1000);
        await second.leave();
        await trial.viewer.more(2);
        await first.leave();
      }),
  },
];

/** Somebody who pushes ten pictures a second in one request. */
interface Pusher {
  readonly socket: Socket;
  /** What it has been answered. */
  heard(): string;
  /** Pushes no more, and stays. */
  stop(): void;
  leave(): Promise<void>;
}

async function push({ harness, camera }: Trial): Promise<Pusher> {
  const { hostname, port, host } = new URL(harness.url);
  const socket = connect(Number(port), hostname).setEncoding("latin1");
  let heard = "";
  socket.on("error", () => {});
  socket.on("data", (text) => {
    heard += text;
  });
  await once(socket, "connect");
  socket.write(
    `POST /cameras/${camera.id}/frames HTTP/1.1\r\nHost: ${host}\r\nContent-Type: video/x-motion-jpeg\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const timer = setInterval(() => {
    if (!socket.writable) return;
    socket.write(`${harness.jpeg.length.toString(16)}\r\n`);
    socket.write(harness.jpeg);
    socket.write("\r\n");
  }, 100);
  const stop = () => clearInterval(timer);
  socket.once("close", stop);
  return {
    socket,
    heard: () => heard,
    stop,
    async leave() {
      if (socket.destroyed) return;
      socket.destroy();
      await once(socket, "close");
    },
  };
}
