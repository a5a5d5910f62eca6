import { describe, expect, it } from "vitest";
import { Broadcaster } from "../../src/relay/broadcaster.ts";

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
    expect(branch.discarded).toBe(3);
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
    expect(idle.discarded).toBe(49);
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

  it("gives each branch the chunks its view accepts, made into what it wants, and says when it has left", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const left: string[] = [];
    const even = broadcaster.tee({
      accepts: (n) => n % 2 === 0,
      map: (n) => `${n}!`,
      left: () => void left.push("even"),
    });
    const two = broadcaster.tee({ last: () => ++count === 2, end: () => -1, left: () => void left.push("two") });
    let count = 0;
    const read = [readAll(even), readAll(two)];
    for (const chunk of [1, 2, 3, 4]) {
      controller.enqueue(chunk);
      await settle();
    }
    expect([broadcaster.size, left]).toEqual([1, ["two"]]);
    controller.close();
    expect(await Promise.all(read)).toEqual([
      ["2!", "4!"],
      [1, 2, -1],
    ]);
    expect(left).toEqual(["two", "even"]);
  });

  it("takes the newest chunk when its view says ready, not when it was asked", async () => {
    const { stream, controller } = source<number>();
    let open = () => {};
    const ready = () => new Promise<void>((resolve) => (open = resolve));
    const branch = new Broadcaster(stream).tee({ ready });
    const read = branch.getReader().read();
    await settle();
    for (const chunk of [1, 2, 3]) controller.enqueue(chunk);
    await settle();
    open();
    expect((await read).value).toBe(3);
    expect(branch.discarded).toBe(2);
  });

  it("lets go of a branch whose view's signal is aborted, before or after, and of the source with the last", async () => {
    const { stream, cancelled } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const abort = new AbortController();
    const branch = broadcaster.tee({ signal: abort.signal });
    const read = branch.getReader().read();
    abort.abort("gone");
    expect((await read).done).toBe(true);
    expect([broadcaster.size, cancelled]).toEqual([0, ["gone"]]);
    let left = 0;
    const late = broadcaster.tee({ signal: abort.signal, left: () => void left++ });
    expect([(await late.getReader().read()).done, left]).toEqual([true, 1]);
  });

  it("lets a runtime take a branch's stream over, chunk by chunk, until either side ends it", async () => {
    const { stream, controller } = source<number>();
    const broadcaster = new Broadcaster(stream);
    const own = broadcaster.tee();
    const got: unknown[] = [];
    const branch = broadcaster.tee({ end: () => 99 });
    const taken = branch.takeOver({
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
    expect([got, branch.discarded]).toEqual([[1, 3], 1]);
    controller.close();
    await settle();
    expect(got).toEqual([1, 3, 99, "closed"]);
    const other = new Broadcaster(source<number>().stream);
    await other
      .tee()
      .takeOver({ enqueue() {}, close() {}, error() {} })
      .cancel(undefined);
    expect(other.size).toBe(0);
    void own.cancel();
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
    expect(idle.discarded).toBe(199);
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
