import { WSContext } from "hono/ws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import { type Message, sendOver } from "../../src/transport/socket.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rest = () => vi.advanceTimersByTimeAsync(0);

/** A socket whose runtime holds as many bytes as the test says, and a branch of texts that the test feeds. */
function stage() {
  let controller: ReadableStreamDefaultController<Message> | undefined;
  const source = new ReadableStream<Message>({
    start: (c) => {
      controller = c;
    },
  });
  if (!controller) throw new Error("start was not called");
  const raw = { bufferedAmount: 0 };
  const sent: unknown[] = [];
  let state: 1 | 3 = 1;
  const socket = new WSContext({
    send: (message) => void sent.push(message),
    close() {},
    get readyState() {
      return state;
    },
    raw,
  });
  const broadcaster = new Broadcaster(source);
  const own = broadcaster.tee();
  const closed = new AbortController();
  const ends: unknown[] = [];
  const onEnd = (error?: unknown) => void ends.push(error);
  const give = async (message: Message) => {
    controller?.enqueue(message);
    await rest();
  };
  const close = () => {
    state = 3;
    closed.abort();
  };
  return { controller, raw, sent, socket, broadcaster, own, closed: closed.signal, ends, onEnd, give, close };
}

describe("Messages over a WebSocket", () => {
  it("go one by one, the next when the runtime has handed on the last, and the newest then", async () => {
    const { raw, sent, socket, broadcaster, closed, give, close } = stage();
    sendOver(socket, broadcaster.tee(), { closed });
    raw.bufferedAmount = 1;
    await give("a");
    await give("b");
    await give("c");
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual(["a"]);
    raw.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(5);
    expect(sent).toEqual(["a", "c"]);
    const bytes = new Uint8Array([1, 2]);
    await give(bytes);
    expect(sent[2]).toBe(bytes);
    close();
  });

  it("go while the runtime holds no more than the high water mark", async () => {
    const { raw, sent, socket, broadcaster, closed, give, close } = stage();
    sendOver(socket, broadcaster.tee({ retention: { queue: 10 } }), { closed, highWaterMark: 100 });
    raw.bufferedAmount = 100;
    for (const message of ["a", "b"]) await give(message);
    expect(sent).toEqual(["a", "b"]);
    raw.bufferedAmount = 101;
    for (const message of ["c", "d", "e"]) await give(message);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual(["a", "b", "c"]);
    raw.bufferedAmount = 100;
    await vi.advanceTimersByTimeAsync(5);
    expect(sent).toEqual(["a", "b", "c", "d", "e"]);
    close();
  });

  it("end with the branch: with the last one delivered, and an error told", async () => {
    const ending = stage();
    sendOver(ending.socket, ending.broadcaster.tee(), ending);
    await ending.give("a");
    ending.controller.close();
    await rest();
    expect([ending.sent, ending.ends]).toEqual([["a"], [undefined]]);
    const failing = stage();
    sendOver(failing.socket, failing.broadcaster.tee(), failing);
    failing.own.getReader().closed.catch(() => {});
    const reason = new Error("broken");
    failing.controller.error(reason);
    await rest();
    expect(failing.ends).toEqual([reason]);
    failing.close();
    expect(failing.ends).toHaveLength(1);
  });

  it("end when the branch had ended before, however it had", async () => {
    const ended = stage();
    ended.controller.close();
    await rest();
    sendOver(ended.socket, ended.broadcaster.tee(), ended);
    expect(ended.ends).toEqual([undefined]);
    const failed = stage();
    failed.own.getReader().closed.catch(() => {});
    failed.controller.error(new Error("broken"));
    await rest();
    sendOver(failed.socket, failed.broadcaster.tee(), failed);
    expect(failed.ends).toEqual([new Error("broken")]);
  });

  it("let go of the branch when the socket closes, also while the runtime holds one", async () => {
    for (const held of [0, 50]) {
      const { raw, sent, socket, broadcaster, closed, ends, onEnd, give, close } = stage();
      sendOver(socket, broadcaster.tee(), { closed, onEnd });
      raw.bufferedAmount = held;
      await give("a");
      await give("b");
      close();
      expect([broadcaster.size, ends]).toEqual([1, [undefined]]);
      await give("c");
      await vi.advanceTimersByTimeAsync(1000);
      expect(sent).toEqual(held > 0 ? ["a"] : ["a", "b"]);
      expect([vi.getTimerCount(), ends.length]).toEqual([0, 1]);
    }
  });

  it("do not begin on a socket that has closed already", async () => {
    const { sent, socket, broadcaster, closed, ends, onEnd, give, close } = stage();
    close();
    sendOver(socket, broadcaster.tee(), { closed, onEnd });
    await give("a");
    expect([broadcaster.size, sent, ends]).toEqual([1, [], [undefined]]);
  });
});
