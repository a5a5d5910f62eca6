import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Pacer } from "../../src/pacing/pacer.ts";
import type { BranchOptions, Position } from "../../src/relay/branch-options.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";

interface Chunk {
  readonly name: string;
  readonly timestamp: number;
  readonly arrival: number;
  readonly sequence: number;
}

const chunk = (name: string, age = 0): Chunk => ({ name, timestamp: 0, arrival: performance.now() - age, sequence: 7 });
const encode = ({ name }: Chunk, { first, repeated }: Position) =>
  `${name}${first ? " first" : ""}${repeated ? " again" : ""}`;

/** A branch that repeats after a second, all it has delivered to a reader that is never busy, and what feeds it. */
function stage(options: BranchOptions<Chunk, string> & { readonly newest?: () => Chunk | undefined } = {}) {
  let controller: ReadableStreamDefaultController<Chunk> | undefined;
  const source = new ReadableStream<Chunk>({
    start(made) {
      controller = made;
    },
  });
  let newest: Chunk | undefined;
  const repeat = { interval: 1000, chunk: options.newest ?? (() => newest) };
  const branch = new Broadcaster(source).tee({ encode, repeat, ...options });
  const delivered: string[] = [];
  const ended = branch.pipeTo(new WritableStream({ write: (text) => void delivered.push(text) })).catch(() => {});
  const show = async (next: Chunk) => {
    controller?.enqueue(next);
    await vi.advanceTimersByTimeAsync(0);
    newest = next;
  };
  return { branch, delivered, ended, show, close: () => controller?.close() };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("A branch that repeats", () => {
  it("delivers the newest chunk again whenever nothing came for the interval, and counts it as nothing new", async () => {
    const { branch, delivered, show } = stage();
    await show(chunk("a"));
    await vi.advanceTimersByTimeAsync(2500);
    await show(chunk("b"));
    await vi.advanceTimersByTimeAsync(900);
    await show(chunk("c"));
    await vi.advanceTimersByTimeAsync(1100);
    expect(delivered).toEqual(["a first", "a again", "a again", "b", "c", "c again"]);
    expect(branch.sent).toBe(3);
    expect(branch.dropped).toEqual({ replaced: 0, rate: 0, age: 0 });
  });

  it("never repeats between chunks that come in time", async () => {
    const { delivered, show } = stage();
    for (let n = 0; n < 20; n++) {
      await show(chunk(String(n)));
      await vi.advanceTimersByTimeAsync(700);
    }
    expect(delivered.filter((text) => text.includes("again"))).toEqual([]);
    expect(delivered.length).toBe(20);
  });

  it("delivers a chunk at once to a reader that comes while there is nothing new, as its first", async () => {
    const { delivered } = stage({ newest: () => chunk("old", 3000) });
    await vi.advanceTimersByTimeAsync(0);
    expect(delivered).toEqual(["old first again"]);
  });

  it("delivers nothing where there is nothing to repeat", async () => {
    const { delivered, show } = stage({ newest: () => undefined });
    await show(chunk("a"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(delivered).toEqual(["a first"]);
  });

  it("repeats what came too late to be delivered by itself", async () => {
    const { branch, delivered, show } = stage({ maxAge: 100 });
    await show(chunk("late", 500));
    expect(delivered).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(delivered).toEqual(["late first again"]);
    expect(branch.dropped.age).toBe(1);
  });

  it("is not ended by repetitions where it has a limit", async () => {
    const { delivered, ended, show } = stage({ limit: 2 });
    await show(chunk("a"));
    await vi.advanceTimersByTimeAsync(3000);
    await show(chunk("b"));
    await ended;
    expect(delivered).toEqual(["a first", "a again", "a again", "a again", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives way to a chunk that comes while the repetition waits for the pacer, and drops nothing by it", async () => {
    let go: () => void = () => {};
    const sent: number[] = [];
    const pacer: Pacer = {
      kind: "drain",
      lag: undefined,
      ready: () =>
        new Promise((resolve) => {
          go = resolve;
        }),
      sent: (_, { arrival }) => void sent.push(performance.now() - arrival),
      close() {},
    };
    const { branch, delivered, show } = stage({ pacer });
    await show(chunk("a"));
    go();
    await vi.advanceTimersByTimeAsync(1000); // the repetition of a waits
    await show(chunk("b"));
    go();
    await vi.advanceTimersByTimeAsync(0);
    expect(delivered).toEqual(["a first", "b"]);
    expect(branch.dropped.replaced).toBe(0);
    await vi.advanceTimersByTimeAsync(3000);
    go();
    await vi.advanceTimersByTimeAsync(0);
    expect(delivered.at(-1)).toBe("b again");
    expect(sent.at(-1)).toBe(0); // its viewer is not three seconds behind
  });

  it("leaves no timer when it has ended", async () => {
    const { show, close, ended } = stage();
    await show(chunk("a"));
    close();
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});
