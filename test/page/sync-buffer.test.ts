import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

interface Frame {
  readonly sequence: number;
  readonly jpeg: Uint8Array;
}

const { SyncBuffer } = (await import(new URL("../../public/sync-buffer.js", import.meta.url).href)) as {
  SyncBuffer: new (
    ontimeout: (frame: Frame) => void,
  ) => {
    add(frame: Frame, timeout: number): void;
    take(sequence: number): Frame | null;
    clear(): void;
  };
};

let expired: number[] = [];
let buffer: InstanceType<typeof SyncBuffer>;
const add = (sequence: number, { timeout = 500, bytes = 10 } = {}) =>
  buffer.add({ sequence, jpeg: new Uint8Array(bytes) }, timeout);
const take = (sequence: number) => buffer.take(sequence)?.sequence;

beforeEach(() => {
  vi.useFakeTimers();
  expired = [];
  buffer = new SyncBuffer(({ sequence }) => expired.push(sequence));
});
afterEach(() => vi.useRealTimers());

describe("Frames in the sync buffer", () => {
  it("are returned when their prediction has arrived, and older ones are dropped", () => {
    for (const sequence of [1, 2, 3, 4]) add(sequence);
    expect(take(3)).toBe(3);
    expect(take(2)).toBeUndefined();
    add(5);
    expect(take(4)).toBe(4);
  });

  it("may arrive after their prediction", () => {
    add(1);
    expect(take(2)).toBeUndefined();
    add(2);
    expect(take(2)).toBe(2);
  });

  it("are replaced by the one before when they were skipped", () => {
    for (const sequence of [1, 2, 5]) add(sequence);
    expect(take(3)).toBe(2);
    expect(take(5)).toBe(5);
  });

  it("are released without a prediction at their timeout, the newest of those that are due", () => {
    add(1);
    vi.advanceTimersByTime(100);
    add(2, { timeout: 400 });
    add(3);
    vi.advanceTimersByTime(399);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual([2]);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual([2, 3]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are limited to 64 and to 16 MiB", () => {
    for (let sequence = 0; sequence < 100; sequence++) add(sequence);
    expect(take(35)).toBeUndefined();
    expect(take(36)).toBe(36);
    add(100, { bytes: 10 * 1024 * 1024 });
    add(101, { bytes: 10 * 1024 * 1024 });
    expect(take(100)).toBeUndefined();
    expect(take(101)).toBe(101);
  });

  it("are dropped when a restarted server counts from the beginning", () => {
    add(1000);
    add(1);
    add(2);
    expect(take(1)).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(expired).toEqual([2]);
  });

  it("are dropped by clear()", () => {
    add(1);
    buffer.clear();
    expect(vi.getTimerCount()).toBe(0);
    expect(take(1)).toBeUndefined();
  });
});
