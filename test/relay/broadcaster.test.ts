import { describe, expect, it } from "vitest";
import type { Pacer } from "../../src/pacing/pacer.ts";
import type { Branch } from "../../src/relay/branch.ts";
import type { Position } from "../../src/relay/branch-options.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import type { Drainable } from "../../src/relay/drainable.ts";
import type { BranchStatus, Peer } from "../../src/relay/peer.ts";
import type { Retention } from "../../src/relay/retention.ts";

/** A source whose chunks, end and cancel the test decides. */
function source<T>() {
  let controller: ReadableStreamDefaultController<T> | undefined;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<T>(
    {
      start: (c) => {
        controller = c;
      },
      cancel: (reason) => {
        cancelled.push(reason);
      },
    },
    { highWaterMark: 0 },
  );
  if (!controller) throw new Error("start was not called");
  return { stream, controller, cancelled };
}

/** Lets everything that is under way without timers come to rest. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function readAll<T>(stream: ReadableStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

interface Stamped {
  readonly n: number;
  readonly timestamp: number;
}

/** Chunk `n` of a source that gives thirty a second. */
const stamped = (n: number): Stamped => ({ n, timestamp: Math.round((n * 1e6) / 30) });

/** What can end a branch. */
interface Ending {
  readonly branch: Branch<number>;
  readonly abort: AbortController;
  readonly controller: ReadableStreamDefaultController<number>;
  readonly broadcaster: Broadcaster<number>;
}

/** A pacer that keeps what it was called for, and lets a chunk go when the test opens it. */
function gate() {
  const calls: unknown[] = [];
  let open = () => {};
  const pacer: Pacer = {
    kind: "fake",
    lag: 7,
    requested: () => void calls.push("requested"),
    available: () => void calls.push("available"),
    ready() {
      calls.push("ready");
      return new Promise<void>((resolve) => {
        open = resolve;
      });
    },
    skipped: () => void calls.push("skipped"),
    sent: (bytes, frame) => void calls.push(["sent", bytes, frame]),
    close: () => void calls.push("close"),
  };
  return { pacer, calls, open: () => open() };
}

interface Tees {
  readonly name: string;
  two<T>(stream: ReadableStream<T>): [ReadableStream<T>, ReadableStream<T>];
}

const tees: Tees[] = [
  { name: "native tee()", two: (stream) => stream.tee() },
  {
    name: "Broadcaster.tee()",
    two(stream) {
      const broadcaster = new Broadcaster(stream);
      return [broadcaster.tee(), broadcaster.tee()];
    },
  },
];

describe.each(tees)("$name keeps the contract of tee", ({ two }) => {
  it("gives every branch the same chunk, not a copy", async () => {
    const { stream, controller } = source<object>();
    const [a, b] = two(stream).map((branch) => branch.getReader());
    const chunk = {};
    const reads = [a?.read(), b?.read()];
    controller.enqueue(chunk);
    for (const read of reads) expect((await read)?.value).toBe(chunk);
  });

  it("closes every branch when the source closes", async () => {
    const { stream, controller } = source<number>();
    const [a, b] = two(stream);
    const both = Promise.all([readAll(a), readAll(b)]);
    controller.enqueue(1);
    await settle();
    controller.close();
    expect(await both).toEqual([[1], [1]]);
  });

  it("errors every branch with the source's own reason", async () => {
    const { stream, controller } = source<number>();
    const [a, b] = two(stream);
    const reason = new Error("broken");
    const both = Promise.allSettled([readAll(a), readAll(b)]);
    await settle();
    controller.error(reason);
    for (const result of await both) expect(result).toMatchObject({ status: "rejected", reason });
  });

  it("cancels the source only when the last branch lets go, and once", async () => {
    const { stream, cancelled } = source<number>();
    const [a, b] = two(stream);
    const first = a.cancel("a");
    await settle();
    expect(cancelled).toHaveLength(0);
    await Promise.all([b.cancel("b"), first, a.cancel("again")]);
    expect(cancelled).toHaveLength(1);
  });

  it("goes on for the one when the other has let go", async () => {
    const { stream, controller } = source<number>();
    const [a, b] = two(stream);
    void a.cancel();
    const reader = b.getReader();
    const read = reader.read();
    controller.enqueue(7);
    expect((await read).value).toBe(7);
  });

  it("passes the error of a failing cancel to whoever let go last", async () => {
    const stream = new ReadableStream<number>({
      cancel() {
        throw new Error("cannot stop");
      },
    });
    const [a, b] = two(stream);
    const first = a.cancel().catch(() => {});
    await expect(b.cancel()).rejects.toThrow("cannot stop");
    await first;
  });

  it("serves several reads that wait at once, in order", async () => {
    const { stream, controller } = source<number>();
    const [a, b] = two(stream);
    void b.cancel();
    const reader = a.getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    for (const chunk of [1, 2, 3]) {
      controller.enqueue(chunk);
      await settle();
    }
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });
});

describe("Broadcaster", () => {
  it("gives a reader the newest chunk at the moment of reading, and counts what that replaced", async () => {
    const { stream, controller } = source<number>();
    const branch = new Broadcaster(stream).tee();
    const reader = branch.getReader();
    for (const chunk of [1, 2, 3, 4]) controller.enqueue(chunk);
    await settle();
    expect((await reader.read()).value).toBe(4);
    expect(branch.dropped.replaced).toBe(3);
  });

  it("reads its source at the source's pace, whoever reads or not", async () => {
    let pulled = 0;
    const broadcaster = new Broadcaster(
      new ReadableStream<number>(
        {
          async pull(controller) {
            await settle();
            if (pulled < 50) controller.enqueue(pulled++);
            else controller.close();
          },
        },
        { highWaterMark: 0 },
      ),
    );
    const idle = broadcaster.tee();
    const chunks = await readAll(broadcaster.tee());
    expect(chunks).toHaveLength(50);
    expect(await readAll(idle)).toEqual([49]);
    expect(idle.dropped.replaced).toBe(49);
  });

  it("does not touch its source before the first branch", async () => {
    let pulled = false;
    const pull = () => {
      pulled = true;
    };
    const stream = new ReadableStream<number>({ pull }, { highWaterMark: 0 });
    const broadcaster = new Broadcaster(stream);
    await settle();
    expect(pulled).toBe(false);
    broadcaster.tee();
    await settle();
    expect(pulled).toBe(true);
  });

  it("starts a late branch with the newest chunk already seen", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const early = broadcaster.tee();
    controller.enqueue(1);
    controller.enqueue(2);
    await settle();
    const late = broadcaster.tee().getReader();
    expect((await late.read()).value).toBe(2);
    void early.cancel();
  });

  it("delivers the held chunk before it closes", async () => {
    const { stream, controller } = source<number>();
    const branch = new Broadcaster(stream).tee();
    controller.enqueue(1);
    await settle();
    controller.close();
    await settle();
    expect(await readAll(branch)).toEqual([1]);
  });

  it("drops the held chunk when the source errors", async () => {
    const { stream, controller } = source<number>();
    const branch = new Broadcaster(stream).tee();
    controller.enqueue(1);
    await settle();
    controller.error(new Error("broken"));
    await settle();
    await expect(branch.getReader().read()).rejects.toThrow("broken");
  });

  it("closes a branch that comes after the close, and errors one that comes after the error", async () => {
    const closing = source<number>();
    const closed = new Broadcaster(closing.stream);
    closed.tee();
    closing.controller.close();
    const failing = source<number>();
    const failed = new Broadcaster(failing.stream);
    failed.tee();
    failing.controller.error(new Error("broken"));
    await settle();
    expect(await readAll(closed.tee())).toEqual([]);
    await expect(failed.tee().getReader().read()).rejects.toThrow("broken");
  });

  it("ends a read that waits when the branch is cancelled, when the source closes and when it errors", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const [cancelled, closed] = [broadcaster.tee().getReader(), broadcaster.tee().getReader()];
    const reads = [cancelled.read(), closed.read()];
    await cancelled.cancel();
    expect((await reads[0])?.done).toBe(true);
    controller.close();
    expect((await reads[1])?.done).toBe(true);
  });

  it("closes all branches by close(), each with the chunk it holds, and cancels the source once", async () => {
    const { stream, controller, cancelled } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const branch = broadcaster.tee();
    controller.enqueue(5);
    await settle();
    await Promise.all([broadcaster.close("over"), broadcaster.close()]);
    expect(await readAll(branch)).toEqual([5]);
    expect(cancelled).toEqual(["over"]);
    expect(broadcaster.size).toBe(0);
  });

  it("gives each branch as many chunks as it asks for, made into what it wants, and says when it has ended", async () => {
    const { stream, controller } = source<Stamped>();
    const broadcaster = new Broadcaster(stream);
    const ended: string[] = [];
    const half = broadcaster.tee({
      fps: 15,
      encode: ({ n }) => `${n}!`,
      onEnd: () => void ended.push("half"),
    });
    const two = broadcaster.tee({
      limit: 2,
      encode: ({ n }) => n,
      trailer: -1,
      onEnd: () => void ended.push("two"),
    });
    const read = [readAll<string | number>(half), readAll<string | number>(two)];
    for (const n of [1, 2, 3, 4]) {
      controller.enqueue(stamped(n));
      await settle();
    }
    expect([broadcaster.size, ended]).toEqual([1, ["two"]]);
    controller.close();
    expect(await Promise.all(read)).toEqual([
      ["1!", "3!"],
      [1, 2, -1],
    ]);
    expect(ended).toEqual(["two", "half"]);
    expect([half.dropped, two.dropped]).toEqual([
      { replaced: 0, rate: 2, age: 0 },
      { replaced: 0, rate: 0, age: 0 },
    ]);
    expect([half.sent, two.sent]).toEqual([2, 2]);
  });

  it("gives no more than the limit to a sink that asks for the next chunk while it takes one", async () => {
    const { stream, controller } = source<number>();
    const branch = new Broadcaster(stream).tee({ limit: 2, retention: { queue: 10 } });
    const got: unknown[] = [];
    for (const chunk of [1, 2, 3, 4]) controller.enqueue(chunk);
    await settle();
    const taken = branch.drainTo({
      enqueue(chunk) {
        got.push(chunk);
        taken.pull();
      },
      close: () => void got.push("closed"),
      error: () => void got.push("errored"),
    });
    taken.pull();
    expect([got, branch.sent]).toEqual([[1, 2, "closed"], 2]);
  });

  it("drops a chunk that has waited too long, counts it, and delivers the next one", async () => {
    const { stream, controller } = source<{ readonly arrival: number }>();
    const branch = new Broadcaster(stream).tee({ maxAge: 1000 });
    controller.enqueue({ arrival: performance.now() - 2000 });
    await settle();
    const read = branch.getReader().read();
    await settle();
    const young = { arrival: performance.now() };
    controller.enqueue(young);
    expect((await read).value).toBe(young);
    expect([branch.dropped, branch.sent]).toEqual([{ replaced: 0, rate: 0, age: 1 }, 1]);
  });

  it("tells each chunk's place: the first, the last of its limit, its number, and how many were lost before it", async () => {
    const { stream, controller } = source<{ readonly arrival: number }>();
    const broadcaster = new Broadcaster(stream);
    const places: Position[] = [];
    const encode = (_: unknown, position: Position) => places.push(position);
    const reader = broadcaster.tee({ encode, limit: 3, maxAge: 1000 }).getReader();
    const offer = async (...ages: number[]) => {
      for (const age of ages) controller.enqueue({ arrival: performance.now() - age });
      await settle();
    };
    await offer(0);
    await reader.read();
    await offer(0, 0, 0);
    await reader.read();
    await offer(2000);
    const read = reader.read();
    await settle(); // finds it too old
    await offer(0);
    await read;
    expect(places).toEqual([
      { first: true, last: false, number: 1, repeated: false, lost: 0 },
      { first: false, last: false, number: 4, repeated: false, lost: 2 },
      { first: false, last: true, number: 6, repeated: false, lost: 1 },
    ]);
  });

  it("takes the newest chunk when its pacer says ready, not when it was asked", async () => {
    const { stream, controller } = source<number>();
    const { pacer, open } = gate();
    const branch = new Broadcaster(stream).tee({ pacer });
    const read = branch.getReader().read();
    await settle();
    for (const chunk of [1, 2, 3]) controller.enqueue(chunk);
    await settle();
    open();
    expect((await read).value).toBe(3);
    expect(branch.dropped.replaced).toBe(2);
  });

  it("calls its pacer in the stated order, and closes it once", async () => {
    const { stream, controller } = source<{
      readonly arrival: number;
      readonly sequence: number;
      readonly text: string;
    }>();
    const { pacer, calls, open } = gate();
    const branch = new Broadcaster(stream).tee({ pacer, maxAge: 1000, encode: ({ text }) => text });
    expect([branch.pace, branch.lag]).toEqual(["fake", 7]);
    const reader = branch.getReader();
    const old = { arrival: performance.now() - 2000, sequence: 70, text: "old" };
    const young = { arrival: performance.now(), sequence: 71, text: "young" };
    const first = reader.read();
    await settle();
    controller.enqueue(old);
    await settle();
    open();
    await settle();
    controller.enqueue(young);
    await settle();
    open();
    expect((await first).value).toBe("young");
    await reader.cancel();
    await reader.cancel();
    expect(calls).toEqual([
      ...["requested", "available", "ready", "skipped", "available", "ready"],
      ["sent", 5, young],
      "close",
    ]);
  });

  it("gives a pacer its turn back when the chunk that it was for has been dropped meanwhile", async () => {
    const { stream, controller } = source<{ readonly key: boolean }>();
    const { pacer, calls, open } = gate();
    const reader = new Broadcaster(stream).tee({ pacer, retention: "since-key" }).getReader();
    const read = reader.read();
    await settle();
    controller.enqueue({ key: true });
    await settle();
    for (let n = 0; n < 30; n++) controller.enqueue({ key: false }); // one more than is held: all are dropped
    await settle();
    open();
    await settle();
    expect(calls.at(-1)).toBe("skipped");
    const key = { key: true };
    controller.enqueue(key);
    await settle();
    open();
    expect((await read).value).toBe(key);
    await reader.cancel();
  });

  it("lets go of a branch whose signal is aborted, before or after, and of the source with the last", async () => {
    const { stream, cancelled } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const abort = new AbortController();
    const branch = broadcaster.tee({ signal: abort.signal });
    const read = branch.getReader().read();
    abort.abort("gone");
    expect((await read).done).toBe(true);
    expect([broadcaster.size, cancelled]).toEqual([0, ["gone"]]);
    let ended = 0;
    const late = broadcaster.tee({ signal: abort.signal, onEnd: () => void ended++ });
    expect([(await late.getReader().read()).done, ended]).toEqual([true, 1]);
  });

  it("tells the peer of a branch's begin and end, each once, however it ends", async () => {
    const endings: [string, (parts: Ending) => unknown][] = [
      ["cancel", ({ branch }) => branch.cancel()],
      ["cancel twice", ({ branch }) => Promise.all([branch.cancel(), branch.cancel()])],
      ["abort", ({ abort }) => abort.abort()],
      ["close", ({ controller }) => controller.close()],
      ["error", ({ controller }) => controller.error(new Error("broken"))],
      ["broadcaster.close()", ({ broadcaster }) => broadcaster.close()],
      [
        "limit",
        ({ branch, controller }) => {
          controller.enqueue(1);
          return branch.getReader().read();
        },
      ],
    ];
    for (const [name, end] of endings) {
      const { stream, controller } = source<number>();
      const broadcaster = new Broadcaster(stream);
      const told: [string, BranchStatus][] = [];
      const peer: Peer = {
        attach: (branch) => void told.push(["attach", branch]),
        detach: (branch) => void told.push(["detach", branch]),
      };
      let ended = 0;
      const abort = new AbortController();
      const branch = broadcaster.tee({ peer, signal: abort.signal, limit: 1, onEnd: () => void ended++ });
      await end({ branch, abort, controller, broadcaster });
      await settle();
      await broadcaster.close();
      abort.abort();
      expect([name, told, ended]).toEqual([
        name,
        [
          ["attach", branch],
          ["detach", branch],
        ],
        1,
      ]);
    }
  });

  it("lets a runtime drain a branch to its own sink, chunk by chunk, until either side ends it", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const own = broadcaster.tee();
    const got: unknown[] = [];
    const branch = broadcaster.tee({ trailer: 99 });
    const taken = branch.drainTo({
      enqueue: (chunk) => void got.push(chunk),
      close: () => void got.push("closed"),
      error: () => void got.push("errored"),
    });
    expect(() => branch.getReader()).toThrow(TypeError);
    taken.pull();
    for (const chunk of [1, 2, 3]) {
      controller.enqueue(chunk);
      await settle();
    }
    expect(got).toEqual([1]);
    taken.pull();
    expect([got, branch.dropped.replaced]).toEqual([[1, 3], 1]);
    controller.close();
    await settle();
    expect(got).toEqual([1, 3, 99, "closed"]);
    const other = new Broadcaster(source<number>().stream);
    await other
      .tee()
      .drainTo({ enqueue() {}, close() {}, error() {} })
      .cancel(undefined);
    expect(other.size).toBe(0);
    void own.cancel();
  });

  it("tells a sink that comes after the end how the branch ended", async () => {
    const drained = (branch: Drainable<number>) => {
      const got: unknown[] = [];
      branch
        .drainTo({
          enqueue: (chunk) => void got.push(chunk),
          close: () => void got.push("closed"),
          error: (reason) => void got.push(reason),
        })
        .pull();
      return got;
    };
    const closing = source<number>();
    const closed = new Broadcaster(closing.stream).tee();
    closing.controller.close();
    const failing = source<number>();
    const failed = new Broadcaster(failing.stream).tee();
    const reason = new Error("broken");
    failing.controller.error(reason);
    await settle();
    expect([drained(closed), drained(failed)]).toEqual([["closed"], [reason]]);
  });

  describe("with a replay", () => {
    /** A broadcaster that keeps four chunks, of which it has seen six: "1" to "6". */
    async function replaying() {
      const { stream, controller } = source<string>();
      const broadcaster = new Broadcaster(stream, { replay: 4 });
      broadcaster.tee();
      for (const n of [1, 2, 3, 4, 5, 6]) controller.enqueue(String(n));
      await settle();
      const encode = (chunk: string, { number, lost }: Position) => ({ chunk, number, lost });
      const tee = (after: number, retention: Retention = { queue: 10 }) =>
        broadcaster.tee({ after, retention, encode });
      return { controller, broadcaster, tee };
    }

    it("continues behind the chunk that a reader had last, without a gap and without one twice", async () => {
      const { controller, tee } = await replaying();
      const branches = [tee(4), tee(6)].map(readAll);
      controller.enqueue("7");
      controller.close();
      expect(await Promise.all(branches)).toEqual([
        [
          { chunk: "5", number: 5, lost: 0 },
          { chunk: "6", number: 6, lost: 0 },
          { chunk: "7", number: 7, lost: 0 },
        ],
        [{ chunk: "7", number: 7, lost: 0 }],
      ]);
    });

    it("tells how many chunks are not kept any more", async () => {
      const { controller, tee } = await replaying();
      const [all, newest] = [readAll(tee(0)), readAll(tee(3, "latest"))];
      controller.close();
      expect((await all).map(({ number, lost }) => [number, lost])).toEqual([
        [3, 2],
        [4, 0],
        [5, 0],
        [6, 0],
      ]);
      expect(await newest).toEqual([{ chunk: "6", number: 6, lost: 2 }]);
    });

    it("starts with the newest for a number that is yet to come: another process gave it", async () => {
      const { controller, tee } = await replaying();
      const branches = [tee(1_000_000), tee(1_000_000, "latest")].map(readAll);
      controller.enqueue("7");
      controller.close();
      for (const read of branches) {
        expect(await read).toEqual([
          { chunk: "6", number: 6, lost: 0 },
          { chunk: "7", number: 7, lost: 0 },
        ]);
      }
    });
  });

  it("locks its source, and says so when it is locked already", () => {
    const { stream } = source<number>();
    new Broadcaster(stream);
    expect(() => new Broadcaster(stream)).toThrow(TypeError);
  });

  it("holds one chunk for a branch that never reads, however many pass", async () => {
    const { stream, controller } = source<WeakKey>();
    const broadcaster = new Broadcaster(stream);
    const idle = broadcaster.tee();
    const passed = new Set<WeakRef<WeakKey>>();
    for (let n = 0; n < 200; n++) {
      const chunk = { picture: new Uint8Array(100_000) };
      passed.add(new WeakRef(chunk));
      controller.enqueue(chunk);
      await settle();
    }
    expect(idle.dropped.replaced).toBe(199);
    const alive = await untilCollected(passed, 3); // the held one, and what the engine has not let go of yet
    expect(alive).toBeLessThanOrEqual(3);
    void idle.cancel();
  });

  it("keeps nothing of 10,000 viewers who came and went, and takes no longer for a frame", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const own = broadcaster.tee().getReader();
    const timeOfFrames = async () => {
      const times: number[] = [];
      for (let n = 0; n < 300; n++) {
        const start = performance.now();
        const read = own.read();
        controller.enqueue(n);
        await read;
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[150] ?? 0;
    };
    await timeOfFrames(); // warm
    const before = await timeOfFrames();
    const gone = new Set<WeakRef<WeakKey>>();
    for (let n = 0; n < 10_000; n++) {
      const branch = broadcaster.tee();
      gone.add(new WeakRef(branch));
      if (n % 3 === 0) await branch.cancel();
      else {
        const reader = branch.getReader();
        const read = n % 3 === 1 ? reader.read() : undefined; // some leave while they wait
        await reader.cancel();
        await read;
      }
    }
    expect(broadcaster.size).toBe(1);
    expect(await timeOfFrames()).toBeLessThan(before * 3 + 0.05);
    expect(await untilCollected(gone, 10)).toBeLessThanOrEqual(10);
    void own.cancel();
  });
});

/** Makes garbage until the engine has collected all but `most` of the referents, or for ten seconds; tells how many are left. */
async function untilCollected(references: Set<WeakRef<WeakKey>>, most: number): Promise<number> {
  const limit = performance.now() + 10_000;
  const alive = () => [...references].filter((reference) => reference.deref() !== undefined).length;
  while (performance.now() < limit && alive() > most) {
    await settle(); // what deref() has touched is kept until the job ends
    const garbage: Uint8Array[] = [];
    for (let n = 0; n < 100; n++)
      garbage.push(new Uint8Array(1_000_000), ...Array.from({ length: 1000 }, () => new Uint8Array(1)));
    await settle();
  }
  return alive();
}
