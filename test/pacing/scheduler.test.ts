import { describe, expect, it } from "vitest";
import type { Pacer } from "../../src/pacing/pacer.ts";
import { FairScheduler, type SharedPacer } from "../../src/pacing/scheduler.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A connection that takes frames when the test says so, and what was sent over it. */
function connection({ isOpen = true }: { readonly isOpen?: boolean } = {}) {
  const sent: string[] = [];
  let wake: (() => void) | undefined;
  let open = isOpen;
  const pacer: SharedPacer = {
    kind: "fake",
    lag: 5,
    ready: () => {
      if (open) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    sent: (_bytes, _frame, camera) => void sent.push(camera),
    close() {},
  };
  const setOpen = async (value: boolean) => {
    open = value;
    if (open) wake?.();
    await settle();
  };
  return { scheduler: new FairScheduler(pacer), sent, setOpen };
}

/** A branch's side of a slot: it has a frame, it sends the frame when it may, its connection has taken it. */
function branch(slot: Pacer, name: string, log: string[]) {
  let isReady = false;
  const ask = () => {
    void slot.ready()?.then(() => {
      isReady = true;
      log.push(name);
    });
  };
  return {
    offer() {
      slot.available?.();
      ask();
    },
    again: () => slot.available?.(),
    send() {
      if (!isReady) throw new Error(`It is not the turn of ${name}`);
      isReady = false;
      slot.sent(100, { sequence: 1, arrival: 0 });
    },
    skip() {
      isReady = false;
      slot.skipped?.();
    },
    take: () => slot.requested?.(),
    ask,
    close: () => slot.close(),
  };
}

function branches(names: readonly string[], scheduler: FairScheduler) {
  const log: string[] = [];
  return { log, all: names.map((name) => branch(scheduler.slot({ camera: name }), name, log)) };
}

describe("A connection that several branches share", () => {
  it("goes on with a branch that has more frames than it has told of since the last one", async () => {
    const { scheduler, sent } = connection();
    const { log, all } = branches(["a"], scheduler);
    const [a] = all;
    a?.offer();
    a?.again(); // two wait in its queue
    await settle();
    a?.send();
    a?.take();
    a?.ask();
    await settle();
    a?.send();
    expect([log, sent]).toEqual([
      ["a", "a"],
      ["a", "a"],
    ]);
  });

  it("is for one frame at a time, and the next goes when the connection has taken the last", async () => {
    const { scheduler, sent } = connection();
    const { log, all } = branches(["a", "b"], scheduler);
    const [a, b] = all;
    a?.offer();
    b?.offer();
    await settle();
    expect(log).toEqual(["a"]);
    a?.send();
    await settle();
    expect(log).toEqual(["a"]);
    a?.take();
    await settle();
    expect([log, sent]).toEqual([["a", "b"], ["a"]]);
    b?.send();
    expect(sent).toEqual(["a", "b"]);
  });

  it("gives turns to those whose turn was longest ago, of those that have a frame", async () => {
    const { scheduler } = connection();
    const { log, all } = branches(["a", "b", "c"], scheduler);
    for (const one of all) one.offer();
    for (let turn = 0; turn < 9; turn++) {
      await settle();
      const now = all["abc".indexOf(log.at(-1) ?? "")];
      now?.send();
      now?.take();
      if (turn !== 3) now?.offer(); // a has no frame until c has had its turn
      if (turn === 5) all[0]?.offer();
    }
    expect(log.join("")).toBe("abcabcbac");
  });

  it("waits for its pacer before the next turn, and knows what it knows", async () => {
    const { scheduler, setOpen } = connection();
    const { log, all } = branches(["a", "b"], scheduler);
    const [a, b] = all;
    a?.offer();
    b?.offer();
    await settle();
    a?.send();
    await setOpen(false);
    a?.take();
    await settle();
    expect(log).toEqual(["a"]);
    await setOpen(true);
    expect(log).toEqual(["a", "b"]);
    const slot = scheduler.slot({ camera: "c" });
    expect([slot.kind, slot.lag]).toEqual(["fake", 5]);
  });

  it("goes on with the next when a frame turned out to be too old, and when a branch ends in its turn", async () => {
    const { scheduler, sent } = connection();
    const { log, all } = branches(["a", "b", "c"], scheduler);
    const [a, b, c] = all;
    for (const one of all) one.offer();
    await settle();
    a?.skip();
    await settle();
    b?.close();
    await settle();
    expect([log, sent]).toEqual([["a", "b", "c"], []]);
    c?.send();
    expect(sent).toEqual(["c"]);
  });

  it("does not keep a branch waiting that has ended", async () => {
    const { scheduler } = connection();
    const { log, all } = branches(["a", "b"], scheduler);
    const [a, b] = all;
    a?.offer();
    b?.offer();
    await settle();
    b?.close();
    await settle();
    expect(log).toEqual(["a", "b"]);
  });

  it("does not count as in flight what nobody acknowledges", async () => {
    const { scheduler, sent } = connection();
    const log: string[] = [];
    const untracked = branch(scheduler.slot({ camera: "predictions", isTracked: false }), "predictions", log);
    const tracked = branch(scheduler.slot({ camera: "a" }), "a", log);
    untracked.offer();
    tracked.offer();
    await settle();
    untracked.send();
    untracked.take();
    await settle();
    tracked.send();
    expect([log, sent]).toEqual([["predictions", "a"], ["a"]]);
  });
});
