import { once } from "node:events";
import { WebSocket } from "ws";
import { until } from "../fixtures/until.ts";

/** A viewer by `teecam.v1` that stays whatever happens, and remembers what it was told. */
export interface Watcher {
  /** The states it was told, in order. */
  readonly states: readonly { readonly state: string; readonly detail: string | null; readonly at: number }[];
  readonly frames: number;
  readonly newest: Uint8Array | undefined;
  /** Whether a frame's sequence was not higher than the one before. */
  readonly disordered: boolean;
  readonly over: boolean;
  /** Settles when so many more frames have come. */
  more(count: number, limit?: number): Promise<void>;
  /** Settles when it is told of a state from now on, or is in it; gives the detail. */
  told(state: string | RegExp, limit?: number): Promise<string | null>;
  leave(): Promise<void>;
}

/** Watches one camera. */
export async function watch(url: string, camera: string): Promise<Watcher> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1");
  const states: { state: string; detail: string | null; at: number }[] = [];
  let sequence = -1;
  const watcher = {
    states,
    frames: 0,
    newest: undefined as Uint8Array | undefined,
    disordered: false,
    over: false,
    async more(count: number, limit = 10_000) {
      const goal = watcher.frames + count;
      await until(() => watcher.frames >= goal, `${count} more frames come`, limit);
    },
    async told(state: string | RegExp, limit = 10_000) {
      const from = Math.max(0, states.length - 1);
      const fits = (told: { state: string }) =>
        typeof state === "string" ? told.state === state : state.test(told.state);
      const found = await until(() => states.slice(from).find(fits), `the viewer is told ${state}`, limit);
      return found.detail;
    },
    async leave() {
      const closed = watcher.over || once(socket, "close");
      socket.terminate();
      await closed;
    },
  };
  socket.on("error", () => {});
  socket.on("close", () => {
    watcher.over = true;
  });
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const { type, state, detail } = JSON.parse(String(data));
      if (type === "hello") socket.send(JSON.stringify({ type: "subscribe", cameras: [camera], ack: true }));
      if (type === "state") states.push({ state, detail, at: performance.now() });
      return;
    }
    const length = data.readUInt16BE(0);
    const head = JSON.parse(data.subarray(2, 2 + length).toString());
    watcher.disordered ||= head.sequence <= sequence;
    sequence = head.sequence;
    watcher.frames++;
    watcher.newest = Uint8Array.from(data.subarray(2 + length));
    socket.send(JSON.stringify({ type: "ack", camera, sequence }));
  });
  await once(socket, "open");
  return watcher;
}
