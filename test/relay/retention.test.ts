import { array, assert, boolean, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { type BranchBuffer, createBuffer, type Entry } from "../../src/relay/retention.ts";

interface Coded {
  readonly key: boolean;
  readonly arrival: number;
}

/** Chunk `number`, of which every millisecond brings one. */
const coded = (number: number, key = false, arrival = number): Entry<Coded> => ({ number, chunk: { key, arrival } });

/** A `since-key` buffer and how often it asked for a key. */
function keyed() {
  let asked = 0;
  const buffer = createBuffer<Coded>("since-key", () => void asked++);
  return { buffer, asked: () => asked };
}

/** The numbers of all that waits. */
function drain<T>(buffer: BranchBuffer<T>): number[] {
  const numbers: number[] = [];
  for (let entry = buffer.shift(); entry; entry = buffer.shift()) numbers.push(entry.number);
  return numbers;
}

const push = <T>(buffer: BranchBuffer<T>, ...entries: Entry<T>[]) => entries.map((entry) => buffer.push(entry));
const counting = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

describe("The retention latest", () => {
  it("holds the newest chunk alone, and counts the one it replaces", () => {
    const buffer = createBuffer<Coded>("latest");
    expect(buffer.isEmpty).toBe(true);
    expect(push(buffer, coded(1), coded(2), coded(3))).toEqual([0, 1, 1]);
    expect(buffer.isEmpty).toBe(false);
    expect(drain(buffer)).toEqual([3]);
    expect([buffer.isEmpty, buffer.push(coded(4))]).toEqual([true, 0]);
    buffer.clear();
    expect(buffer.isEmpty).toBe(true);
  });
});

describe("The retention queue", () => {
  it("holds so many chunks in order; the oldest is dropped and counted", () => {
    const buffer = createBuffer<Coded>({ queue: 3 });
    expect(push(buffer, ...counting(1, 5).map((n) => coded(n)))).toEqual([0, 0, 0, 1, 1]);
    expect(buffer.shift()?.number).toBe(3);
    expect(buffer.push(coded(6))).toBe(0);
    expect(drain(buffer)).toEqual([4, 5, 6]);
    expect(buffer.isEmpty).toBe(true);
    buffer.push(coded(7));
    buffer.clear();
    expect(drain(buffer)).toEqual([]);
  });

  it.each([0, -1, 0.5, Number.NaN])("cannot hold %s chunks", (queue) => {
    expect(() => createBuffer({ queue })).toThrow(
      new RangeError(`Cannot queue ${queue} chunks: a queue holds at least one`),
    );
  });
});

describe("The retention since-key", () => {
  it("starts at a key, which it asks for once, and counts what came before", () => {
    const { buffer, asked } = keyed();
    expect(push(buffer, coded(1), coded(2), coded(3, true), coded(4))).toEqual([1, 1, 0, 0]);
    expect(asked()).toBe(1);
    expect(drain(buffer)).toEqual([3, 4]);
  });

  it("gives a reader that keeps up every chunk, without another key", () => {
    const { buffer, asked } = keyed();
    buffer.push(coded(1, true));
    for (let n = 2; n < 200; n++) {
      expect(buffer.shift()?.number).toBe(n - 1);
      expect(buffer.push(coded(n))).toBe(0);
    }
    expect(asked()).toBe(1);
  });

  it("drops all when more than 30 wait, asks for a key once, and resumes at the next", () => {
    const { buffer, asked } = keyed();
    push(buffer, coded(1, true), ...counting(2, 29).map((n) => coded(n)));
    expect(buffer.push(coded(31))).toBe(31);
    expect([buffer.isEmpty, asked()]).toEqual([true, 2]);
    expect(push(buffer, coded(32), coded(33))).toEqual([1, 1]);
    expect(asked()).toBe(2);
    expect(push(buffer, coded(34, true), coded(35))).toEqual([0, 0]);
    expect(drain(buffer)).toEqual([34, 35]);
    expect(asked()).toBe(2);
  });

  it("drops all when more than a second waits", () => {
    const { buffer, asked } = keyed();
    push(buffer, coded(1, true, 0), coded(2, false, 500), coded(3, false, 1000));
    expect(buffer.isEmpty).toBe(false);
    expect(buffer.push(coded(4, false, 1001))).toBe(4);
    expect([buffer.isEmpty, asked()]).toEqual([true, 2]);
  });

  it("goes on at once when what overflows it is a key, and asks for none", () => {
    const { buffer, asked } = keyed();
    push(buffer, coded(1, true), ...counting(2, 29).map((n) => coded(n)));
    expect(buffer.push(coded(31, true))).toBe(30);
    expect(asked()).toBe(1);
    expect(drain(buffer)).toEqual([31]);
  });

  it("drops what cannot be decoded without a chunk that was not delivered, up to the next key", () => {
    const { buffer, asked } = keyed();
    push(buffer, coded(1, true), coded(2), coded(3), coded(4, true), coded(5));
    buffer.shift();
    expect([buffer.skipped?.(), asked()]).toEqual([2, 1]);
    buffer.shift();
    expect([buffer.skipped?.(), asked()]).toEqual([1, 2]);
    expect(push(buffer, coded(6), coded(7, true))).toEqual([1, 0]);
    expect([drain(buffer), asked()]).toEqual([[7], 2]);
  });

  const steps = array(
    record({
      what: constantFrom("push", "push", "push", "shift", "skip", "burst"),
      key: boolean(),
      gap: integer({ min: 0, max: 400 }),
    }),
    { maxLength: 120 },
  );

  it("never gives a chunk out of order, nor a delta whose predecessor was not given, and asks once per need", () => {
    assert(
      property(steps, (taken) => {
        const { buffer, asked } = keyed();
        let [number, now, last, dropped, given, needs] = [0, 0, 0, 0, 0, 1];
        let isKeyNeeded = true; // and asked for already
        const add = (key: boolean) => {
          const before = asked();
          const count = buffer.push(coded(++number, key, now));
          dropped += count;
          if (key) isKeyNeeded = false;
          else if (count > 0 && !isKeyNeeded) [isKeyNeeded, needs] = [true, needs + 1];
          expect(asked() - before).toBeLessThanOrEqual(1);
        };
        for (const { what, key, gap } of taken) {
          now += gap;
          if (what === "push") add(key);
          else if (what === "burst") for (let n = 0; n < 31; n++) add(false);
          else {
            const entry = buffer.shift();
            if (!entry) continue;
            expect(entry.number).toBeGreaterThan(last);
            if (!entry.chunk.key) expect(entry.number).toBe(last + 1);
            if (what === "skip") {
              const count = 1 + (buffer.skipped?.() ?? 0);
              dropped += count;
              if (buffer.isEmpty) [isKeyNeeded, needs] = [true, needs + (isKeyNeeded ? 0 : 1)];
              last = Number.NEGATIVE_INFINITY; // from here on only a key may come
            } else {
              given++;
              last = entry.number;
            }
          }
        }
        given += drain(buffer).length;
        expect(asked()).toBe(needs);
        expect(given + dropped).toBe(number); // nothing is lost without being counted
      }),
    );
  });
});

describe("Every retention", () => {
  const operations = array(integer({ min: 0, max: 40 }), { maxLength: 60 }); // chunks that come before each read

  it.each([
    ["latest", "latest", 1],
    ["queue", { queue: 7 }, 7],
    ["since-key", "since-key", 30],
  ] as const)(
    "%s gives chunks in order, holds no more than its bound, and counts all it drops",
    (_, retention, bound) => {
      assert(
        property(operations, boolean(), (bursts, keys) => {
          const buffer = createBuffer<Coded>(retention);
          const got: number[] = [];
          let [number, dropped] = [0, 0];
          for (const burst of bursts) {
            for (let n = 0; n < burst; n++) dropped += buffer.push(coded(++number, keys || number % 10 === 1));
            expect(number - dropped - got.length).toBeLessThanOrEqual(bound);
            const entry = buffer.shift();
            if (entry) got.push(entry.number);
          }
          got.push(...drain(buffer));
          expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
          expect(got.length + dropped).toBe(number);
        }),
      );
    },
  );
});
