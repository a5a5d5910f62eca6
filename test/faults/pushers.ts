import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { until } from "../fixtures/until.ts";
import { back, check, type Fault, notice, onStage, type Stage } from "./fault.ts";

/** What can happen to who pushes pictures. */
export const pushers: readonly Fault[] = [
  {
    name: "a pusher that vanishes in the middle of a picture, and comes again",
    commit: (house) =>
      onStage(house, house.add("push"), async (stage) => {
        const first = await push(stage);
        await stage.viewer.more(2);
        first.stop();
        const { bytes } = stage.camera.input;
        first.socket.write(`${house.jpeg.length.toString(16)}\r\n`);
        first.socket.write(house.jpeg.subarray(0, 1000));
        await until(() => stage.camera.input.bytes % house.jpeg.length === 1000, "a part of it has come", 1000);
        check(stage.camera.input.bytes > bytes, "nothing has come");
        first.socket.resetAndDestroy();
        await stage.viewer.told("waiting", notice);
        check(stage.camera.input.dropped.truncated === 1, "the cut picture is not counted");
        const second = await push(stage);
        await stage.viewer.more(2, back);
        await second.leave();
      }),
  },
  {
    name: "a pusher that falls silent and keeps its connection, and another one comes",
    abreast: 25,
    commit: (house) =>
      onStage(house, house.add("push"), async (stage) => {
        const first = await push(stage);
        await stage.viewer.more(2);
        first.stop();
        await stage.viewer.told("stalled", notice);
        await stage.viewer.told("waiting", notice + back);
        const second = await push(stage);
        await stage.viewer.more(2, back);
        check(stage.camera.state.state === "live", "the camera is live");
        await until(() => first.socket.destroyed || /^HTTP\/1\.1 503 /.test(first.heard()), "it is let go of", 1000);
        first.socket.destroy();
        await second.leave();
      }),
  },
  {
    name: "a second pusher, which is refused",
    commit: (house) =>
      onStage(house, house.add("push"), async (stage) => {
        const first = await push(stage);
        await stage.viewer.more(2);
        const second = await push(stage);
        await until(() => /^HTTP\/1\.1 409 /.test(second.heard()), "it is told that another one pushes", 1000);
        await second.leave();
        await stage.viewer.more(2);
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

async function push({ house, camera }: Stage): Promise<Pusher> {
  const { hostname, port, host } = new URL(house.url);
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
    socket.write(`${house.jpeg.length.toString(16)}\r\n`);
    socket.write(house.jpeg);
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
