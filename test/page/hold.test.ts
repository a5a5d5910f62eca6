import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

interface Frame {
  readonly sequence: number;
  readonly jpeg: Uint8Array;
}

const { Hold } = (await import(new URL("../../public/hold.js", import.meta.url).href)) as {
  Hold: new (
    onoverdue: (frame: Frame) => void,
  ) => {
    add(frame: Frame, patience: number): void;
    take(sequence: number): Frame | null;
    clear(): void;
  };
};

let overdue: number[] = [];
let hold: InstanceType<typeof Hold>;
const add = (sequence: number, { patience = 500, bytes = 10 } = {}) =>
  hold.add({ sequence, jpeg: new Uint8Array(bytes) }, patience);
const take = (sequence: number) => hold.take(sequence)?.sequence;

beforeEach(() => {
  vi.useFakeTimers();
  overdue = [];
  hold = new Hold(({ sequence }) => overdue.push(sequence));
});
afterEach(() => vi.useRealTimers());

describe("Frames that wait for their predictions", () => {
  it("are given when theirs has come, and older ones are forgotten", () => {
    for (const sequence of [1, 2, 3, 4]) add(sequence);
    expect(take(3)).toBe(3);
    expect(take(2)).toBeUndefined();
    add(5);
    expect(take(4)).toBe(4);
  });

  it("wait for one whose prediction was faster than itself", () => {
    add(1);
    expect(take(2)).toBeUndefined();
    add(2);
    expect(take(2)).toBe(2);
  });

  it("give the one before a frame that never came", () => {
    for (const sequence of [1, 2, 5]) add(sequence);
    expect(take(3)).toBe(2);
    expect(take(5)).toBe(5);
  });

  it("go on without a prediction when they have waited long enough, the newest of them first", () => {
    add(1);
    vi.advanceTimersByTime(100);
    add(2, { patience: 400 });
    add(3);
    vi.advanceTimersByTime(399);
    expect(overdue).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(overdue).toEqual([2]);
    vi.advanceTimersByTime(100);
    expect(overdue).toEqual([2, 3]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are 64 at most, of 16 MiB", () => {
    for (let sequence = 0; sequence < 100; sequence++) add(sequence);
    expect(take(35)).toBeUndefined();
    expect(take(36)).toBe(36);
    add(100, { bytes: 10 * 1024 * 1024 });
    add(101, { bytes: 10 * 1024 * 1024 });
    expect(take(100)).toBeUndefined();
    expect(take(101)).toBe(101);
  });

  it("are forgotten when a server started anew counts from the beginning", () => {
    add(1000);
    add(1);
    add(2);
    expect(take(1)).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(overdue).toEqual([2]);
  });

  it("are forgotten when asked to", () => {
    add(1);
    hold.clear();
    expect(vi.getTimerCount()).toBe(0);
    expect(take(1)).toBeUndefined();
  });
});
