import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Prediction } from "../../src/predict/prediction.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { predictionBranch } from "../../src/transport/predictions.ts";
import { eventStream, formatEvent, lastEventId } from "../../src/transport/sse.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rest = () => vi.advanceTimersByTimeAsync(0);

/** A stream of texts that the test feeds. */
function events() {
  let controller: ReadableStreamDefaultController<string> | undefined;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<string>(
    {
      start: (c) => {
        controller = c;
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  if (!controller) throw new Error("start was not called");
  return { stream, controller, cancelled };
}

/** Reads a body, one text at a time. */
function texts(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const next = async () => {
    const { done, value } = await reader.read();
    return done ? "the end" : decoder.decode(value);
  };
  return { next, cancel: (reason?: unknown) => reader.cancel(reason) };
}

describe("A Server-Sent Event", () => {
  it("carries its id and its data, each in a line", () => {
    expect(formatEvent({ id: 7, data: '{"a":1}' })).toBe('id: 7\ndata: {"a":1}\n\n');
  });

  it.each([
    [undefined, undefined],
    ["0", 0],
    ["123456789012345", 123456789012345],
    ["1234567890123456", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["abc", undefined],
  ])("takes the last id %s for %s", (header, id) => {
    expect(lastEventId(header)).toBe(id);
  });
});

describe("An event stream", () => {
  it("begins with a comment at once, then brings events as they come, and ends with them", async () => {
    const { stream, controller } = events();
    const { next } = texts(eventStream(stream));
    expect(await next()).toBe(": predictions\n\n");
    const first = next();
    controller.enqueue("one");
    expect(await first).toBe("one");
    const end = next();
    controller.close();
    expect(await end).toBe("the end");
  });

  it("brings the last event that comes together with the end", async () => {
    const stream = new ReadableStream<string>(
      {
        pull(controller) {
          controller.enqueue("last");
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const { next } = texts(eventStream(stream));
    expect([await next(), await next(), await next()]).toEqual([": predictions\n\n", "last", "the end"]);
  });

  it("brings a comment whenever none has come for 15 s, one at a time", async () => {
    const { stream, controller } = events();
    const { next, cancel } = texts(eventStream(stream));
    await next();
    for (let n = 0; n < 2; n++) {
      const waiting = next();
      await vi.advanceTimersByTimeAsync(15_000);
      expect(await waiting).toBe(": nothing new\n\n");
    }
    await vi.advanceTimersByTimeAsync(60_000); // nobody reads
    expect(await next()).toBe(": nothing new\n\n");
    const event = next();
    await rest();
    controller.enqueue("one");
    expect(await event).toBe("one");
    await cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("passes cancel on to the events at once, also while it waits for one, with its reason", async () => {
    const { stream, cancelled } = events();
    const { next, cancel } = texts(eventStream(stream));
    await next();
    const waiting = next();
    await cancel("gone");
    expect([await waiting, cancelled]).toEqual(["the end", ["gone"]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("errors when the events do", async () => {
    const { stream, controller } = events();
    const { next } = texts(eventStream(stream));
    await next();
    const waiting = next();
    controller.error(new Error("broken"));
    await expect(waiting).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends when the events end, also while nobody reads", async () => {
    const { stream, controller } = events();
    const { next } = texts(eventStream(stream));
    await next();
    const waiting = next();
    controller.enqueue("one");
    await waiting;
    await rest();
    controller.close();
    await rest();
    expect(await next()).toBe("the end");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("A viewer of events that has stalled", () => {
  it("loses its branch and its session on a connection that cannot be reset, though nobody reads or cancels the body", async () => {
    let controller: ReadableStreamDefaultController<Prediction> | undefined;
    const source = new ReadableStream<Prediction>({
      start: (c) => {
        controller = c;
      },
    });
    const predictions = new Broadcaster(source, { track: { camera: "front", kind: "predictions" } });
    const own = predictions.tee();
    const sessions = new Sessions();
    const session = sessions.create({ transport: "predictions", connection: {} });
    const onEnd = vi.fn();
    const options = { stallAfter: 10_000, onEnd, format: formatEvent };
    const { next } = texts(eventStream(predictionBranch(predictions, session, options)));
    await next();
    const predict = (sequence: number) =>
      controller?.enqueue({ camera: "front", sequence, timestamp: 1, started: 1, duration: 1, result: {} });
    const last = next(); // the last that anybody asks for
    predict(0);
    expect(await last).toMatch(/^id: 1\ndata: \{"camera":"front","sequence":0,/);
    for (let n = 1; n <= 9; n++) {
      await vi.advanceTimersByTimeAsync(1000);
      predict(n);
    }
    expect([predictions.size, sessions.count, onEnd.mock.calls.length]).toEqual([2, 1, 0]);
    await vi.advanceTimersByTimeAsync(1500);
    expect([predictions.size, sessions.count, onEnd.mock.calls.length]).toEqual([1, 0, 1]);
    expect(await next()).toBe("the end");
    expect(vi.getTimerCount()).toBe(0);
    void own.cancel();
  });
});
