import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BranchStatus, Peer } from "../../src/relay/peer.ts";
import type { TrackState } from "../../src/relay/state.ts";
import { Track, type TrackOptions } from "../../src/relay/track.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets everything that is under way without timers come to rest. */
const settle = () => vi.advanceTimersByTimeAsync(0);

interface TestRun {
  readonly give: (chunk: string) => Promise<void>;
  /** Ends it: well, or with an error. */
  readonly end: (error?: Error) => Promise<void>;
  readonly signal: AbortSignal;
  /** Whether its stream was let go of. */
  isLetGo: boolean;
}

/** A track whose runs the test feeds and ends, and the states it has been in. */
function tracked(options: TrackOptions<string> = {}, { letGo }: { readonly letGo?: Promise<void> } = {}) {
  const runs: TestRun[] = [];
  const states: TrackState[] = [];
  const open = (signal: AbortSignal) => {
    let controller: ReadableStreamDefaultController<string> | undefined;
    const stream = new ReadableStream<string>({
      start: (c) => {
        controller = c;
      },
      async cancel() {
        await letGo;
        run.isLetGo = true;
      },
    });
    const run: TestRun = {
      async give(chunk) {
        controller?.enqueue(chunk);
        await settle();
      },
      async end(error) {
        if (error) controller?.error(error);
        else controller?.close();
        await settle();
      },
      signal,
      isLetGo: false,
    };
    runs.push(run);
    return stream;
  };
  const stallAfter = Number.POSITIVE_INFINITY; // unless a test is about that
  const track = new Track<string>(open, { stallAfter, ...options, onState: (state) => void states.push(state) });
  const latest = (): TestRun => {
    const run = runs.at(-1);
    if (!run) throw new Error("There is no run");
    return run;
  };
  return { track, runs, latest, phases: () => states.map(({ state }) => state), states };
}

/** Reads a stream to its end in the background, and keeps what comes. */
function collect<T>(stream: ReadableStream<T>) {
  const got: T[] = [];
  let end: unknown;
  void stream.pipeTo(new WritableStream({ write: (chunk) => void got.push(chunk) })).then(
    () => {
      end = "closed";
    },
    (error) => {
      end = error;
    },
  );
  return { got, end: () => end };
}

describe("The runs of a track", () => {
  it("follow each other, and its readers get the chunks of all of them and no error", async () => {
    const { track, runs, latest, phases } = tracked();
    const reader = collect(track.tee());
    await settle();
    await latest().give("a");
    await latest().end(new Error("it broke"));
    expect([track.state.state, track.state.cause, track.restarts]).toEqual(["restarting", "it broke", 1]);
    await vi.advanceTimersByTimeAsync(30_000);
    await latest().give("b");
    await latest().end();
    await vi.advanceTimersByTimeAsync(30_000);
    await latest().give("c");
    expect(runs).toHaveLength(3);
    expect([reader.got, reader.end()]).toEqual([["a", "b", "c"], undefined]);
    const again = ["starting", "live", "restarting"];
    expect(phases()).toEqual([...again, ...again, "starting", "live"]);
    expect([track.restarts, track.count, track.number, track.newest]).toEqual([2, 3, 3, "c"]);
    await track.close();
    expect(reader.end()).toBe("closed");
  });

  it("are stalled when they are silent, and ended when they stay so", async () => {
    const { track, runs, latest, phases } = tracked({ stallAfter: 1000 });
    await settle();
    await latest().give("a");
    await vi.advanceTimersByTimeAsync(1100);
    expect(track.state).toMatchObject({ state: "stalled", detail: "no data for 1 s" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs[0]?.signal.aborted).toBe(true);
    expect(phases().slice(0, 4)).toEqual(["starting", "live", "stalled", "restarting"]); // and then the next one
    await track.close();
  });

  it("end the track when it is finite and one ends well, with its last chunk delivered", async () => {
    const { track, latest, phases } = tracked({ finite: true });
    const [reading, late] = [collect(track.tee()), track.tee()];
    await settle();
    await latest().give("a");
    await latest().give("b");
    await latest().end();
    await track.closed;
    expect([reading.got, reading.end()]).toEqual([["a", "b"], "closed"]);
    const reader = late.getReader();
    expect([await reader.read(), await reader.read()]).toEqual([
      { value: "b", done: false },
      { value: undefined, done: true },
    ]);
    expect([track.restarts, track.newest, phases().at(-1)]).toEqual([0, "b", "ended"]);
    expect((await track.tee().getReader().read()).done).toBe(true);
  });

  it("do not end a finite track when they end badly", async () => {
    const { track, latest } = tracked({ finite: true });
    await settle();
    await latest().end(new Error("no such file"));
    expect(track.state).toMatchObject({ state: "failed", cause: "no such file" });
    await track.close();
  });

  it("are described without secrets", async () => {
    const { track, latest, states } = tracked({ redact: (text) => text.replaceAll("hunter2", "***") });
    await settle();
    await latest().end(new Error("login hunter2 refused"));
    expect(track.state.cause).toBe("login *** refused");
    expect(JSON.stringify(states)).not.toContain("hunter2");
    await track.close();
  });

  it("show signs of life with chunks that are not passed on, and these are not counted", async () => {
    const pass = (chunk: string) => (chunk === "warmup" ? undefined : chunk.toUpperCase());
    const { track, latest } = tracked({ stallAfter: 1000, pass });
    const reader = collect(track.tee());
    await settle();
    for (let n = 0; n < 5; n++) {
      await latest().give("warmup");
      await vi.advanceTimersByTimeAsync(900);
    }
    expect([track.state.state, track.count, track.newest, track.rate]).toEqual(["live", 0, undefined, 0]);
    await latest().give("a");
    expect([reader.got, track.count, track.newest]).toEqual([["A"], 1, "A"]);
    await track.close();
  });
});

describe("A track's newest chunk", () => {
  it("is what a reader starts with while it is live, and not when it is not", async () => {
    const { track, latest } = tracked();
    await settle();
    await latest().give("a");
    expect((await track.tee().getReader().read()).value).toBe("a");
    await latest().end(new Error("it broke"));
    const reader = collect(track.tee());
    await vi.advanceTimersByTimeAsync(30_000);
    expect([reader.got, track.newest]).toEqual([[], "a"]);
    await latest().give("b");
    expect(reader.got).toEqual(["b"]);
    await track.close();
  });

  it("is forgotten for those who come while it is stalled", async () => {
    const { track, latest } = tracked({ stallAfter: 1000 });
    await settle();
    await latest().give("a");
    await vi.advanceTimersByTimeAsync(1100);
    const reader = collect(track.tee());
    await settle();
    expect([track.state.state, reader.got]).toEqual(["stalled", []]);
    await latest().give("b");
    expect([track.state.state, reader.got]).toEqual(["live", ["b"]]);
    await track.close();
  });

  it("comes at a rate, which sinks when none comes", async () => {
    const { track, latest } = tracked();
    await settle();
    expect(track.rate).toBe(0);
    for (let n = 0; n < 50; n++) {
      await latest().give("a");
      await vi.advanceTimersByTimeAsync(40);
    }
    expect(track.rate).toBeCloseTo(25, 0);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(track.rate).toBeLessThan(3);
    await track.close();
  });

  it("has the number that readers continue behind", async () => {
    const { track, latest } = tracked({ replay: 10 });
    await settle();
    for (const chunk of ["a", "b", "c"]) await latest().give(chunk);
    const seen = track.number;
    await latest().end(new Error("it broke"));
    await vi.advanceTimersByTimeAsync(30_000);
    for (const chunk of ["d", "e"]) await latest().give(chunk);
    const branch = track.tee({
      after: seen - 1,
      retention: { queue: 10 },
      encode: (chunk, { number, lost }) => `${number} ${chunk} ${lost}`,
    });
    const reader = collect(branch);
    await settle();
    expect(reader.got).toEqual(["3 c 0", "4 d 0", "5 e 0"]);
    await track.close();
  });
});

describe("A track on demand", () => {
  it("has a run while somebody reads and a moment longer", async () => {
    const { track, runs, phases } = tracked({ idleTimeout: 500 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([runs.length, track.state.state]).toEqual([0, "idle"]);
    const [one, other] = [track.tee(), track.tee()];
    await settle();
    expect(runs).toHaveLength(1);
    await runs[0]?.give("a");
    await one.cancel();
    await vi.advanceTimersByTimeAsync(3000);
    expect(track.state.state).toBe("live");
    await other.cancel();
    await vi.advanceTimersByTimeAsync(400);
    expect(track.state.state).toBe("live");
    await vi.advanceTimersByTimeAsync(200);
    expect([track.state.state, runs[0]?.isLetGo, track.restarts]).toEqual(["idle", true, 0]);
    const again = collect(track.tee());
    await vi.advanceTimersByTimeAsync(1000);
    await runs[1]?.give("b");
    expect(again.got).toEqual(["b"]);
    expect(phases()).toEqual(["idle", "starting", "live", "idle", "starting", "live"]);
    await track.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is wanted no more by a branch that ended in any way, nor by one that could not be made", async () => {
    const { track } = tracked({ idleTimeout: 500 });
    const abort = new AbortController();
    track.tee({ signal: abort.signal });
    abort.abort();
    track.tee({ signal: abort.signal });
    expect(() => track.tee({ retention: { queue: 0 } })).toThrow(RangeError);
    await vi.advanceTimersByTimeAsync(1000);
    expect(track.state.state).toBe("idle");
    await track.close();
  });

  it("calls a branch's own onEnd too", async () => {
    const { track } = tracked({ idleTimeout: 500 });
    let ended = 0;
    const branch = track.tee({ onEnd: () => void ended++ });
    await branch.cancel();
    await track.close();
    expect(ended).toBe(1);
  });

  it("makes another attempt at once when somebody comes", async () => {
    const { track, runs, latest } = tracked();
    await settle();
    while (runs.length < 8) {
      await latest().end(new Error("it broke"));
      await vi.advanceTimersByTimeAsync(30_000);
    }
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    await latest().end(new Error("it broke"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toHaveLength(8);
    void track.tee();
    await settle();
    expect(runs).toHaveLength(9);
    vi.restoreAllMocks();
    await track.close();
  });

  it("cannot linger for less than no time", () => {
    expect(() => tracked({ idleTimeout: -1 })).toThrow(RangeError);
  });
});

describe("A track's states", () => {
  it("come from the present one on, with ended last, to each who asks", async () => {
    const { track, latest } = tracked();
    const early = collect(track.states());
    await settle();
    await latest().give("a");
    const late = collect(track.states());
    await settle();
    await latest().end(new Error("it broke"));
    await settle();
    await track.close();
    await settle();
    expect(early.got.map(({ state }) => state)).toEqual(["starting", "live", "restarting", "ended"]);
    expect(late.got.map(({ state, cause }) => [state, cause])).toEqual([
      ["live", null],
      ["restarting", "it broke"],
      ["ended", null],
    ]);
    expect([early.end(), late.end()]).toEqual(["closed", "closed"]);
    const afterwards = collect(track.states());
    await settle();
    expect(afterwards.got).toEqual([track.state]);
    expect([track.state.state, afterwards.end()]).toEqual(["ended", "closed"]);
  });

  it("go on when all who read them have left", async () => {
    const { track } = tracked();
    for (let n = 0; n < 3; n++) {
      const reader = track.states().getReader();
      expect((await reader.read()).value).toEqual(track.state);
      await reader.cancel();
    }
    await track.close();
  });

  it("leave out one that is over before it is read, and never the last", async () => {
    const { track, latest } = tracked({ finite: true });
    const states = track.states();
    await settle();
    await latest().give("a");
    await latest().end();
    await track.closed;
    expect(track.state.since).toBe(Date.now());
    const { got } = collect(states);
    await settle();
    expect(got.map(({ state }) => state)).toEqual(["ended"]);
  });

  it("may be let go of by one without a word to the others", async () => {
    const { track, latest } = tracked();
    const left = track.states();
    const stays = collect(track.states());
    await left.cancel();
    await settle();
    await latest().give("a");
    expect(stays.got.map(({ state }) => state)).toEqual(["starting", "live"]);
    await track.close();
  });
});

describe("A track that is closed", () => {
  it("closes every branch at once, and has settled when its run has let go, not before", async () => {
    let letGo = () => {};
    const letting = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { track, runs } = tracked({}, { letGo: letting });
    const reader = collect(track.tee());
    await settle();
    const settled: string[] = [];
    void track.close().then(() => settled.push("close()"));
    void track.close().then(() => settled.push("again"));
    void track.closed.then(() => settled.push("closed"));
    await settle();
    expect([reader.end(), track.state.state, settled]).toEqual(["closed", "ended", []]);
    letGo();
    await settle();
    expect([runs[0]?.isLetGo, settled.sort()]).toEqual([true, ["again", "close()", "closed"]]);
    expect([runs[0]?.signal.aborted, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it("starts no run for those who come later: they see the end", async () => {
    const { track, runs } = tracked({ idleTimeout: 500 });
    await settle();
    await track.close();
    const late = collect(track.tee());
    await vi.advanceTimersByTimeAsync(5000);
    expect([runs.length, late.got, late.end()]).toEqual([0, [], "closed"]);
  });

  it("was released by the last of its owners, and not before", async () => {
    const { track, runs } = tracked();
    await settle();
    const [first, second] = [track.retain(), track.retain()];
    await first();
    await first();
    expect(track.state.state).toBe("starting");
    await second();
    expect([track.state.state, runs[0]?.isLetGo]).toEqual(["ended", true]);
  });
});

describe("A track's branch", () => {
  it("tells its peer the track it reads and what it got, once at its begin and once at its end", async () => {
    const { track, latest } = tracked({ track: { camera: "front", kind: "pictures" } });
    const told: [string, BranchStatus][] = [];
    const peer: Peer = {
      attach: (branch) => void told.push(["attach", branch]),
      detach: (branch) => void told.push(["detach", branch]),
    };
    const since = Date.now();
    const branch = track.tee({ peer, limit: 2 });
    const reader = branch.getReader();
    await settle();
    for (const chunk of ["a", "b", "c"]) await latest().give(chunk);
    await reader.read();
    expect(told).toEqual([["attach", branch]]);
    expect(told[0]?.[1]).toMatchObject({
      track: { camera: "front", kind: "pictures" },
      since,
      sent: 1,
      dropped: { replaced: 2, rate: 0, age: 0 },
      pace: "drain",
      lag: undefined,
    });
    await latest().give("d");
    await reader.read();
    await track.close();
    expect(told).toEqual([
      ["attach", branch],
      ["detach", branch],
    ]);
    expect(branch.sent).toBe(2);
  });

  it("holds what its track retains, unless it chooses itself", async () => {
    const { track, latest } = tracked({ retention: { queue: 2 } });
    const [own, chosen] = [track.tee(), track.tee({ retention: "latest" })];
    await settle();
    for (const chunk of ["a", "b", "c"]) await latest().give(chunk);
    await track.close();
    const read = [collect(own), collect(chosen)];
    await settle();
    expect(read.map(({ got }) => got)).toEqual([["b", "c"], ["c"]]);
    expect([own.dropped.replaced, chosen.dropped.replaced]).toEqual([1, 2]);
  });

  it("asks for a key when it can go on with nothing else", async () => {
    const onKeyNeeded = vi.fn();
    const { track } = tracked({ retention: "since-key", onKeyNeeded });
    expect(onKeyNeeded).not.toHaveBeenCalled(); // the track's own branch reads no code
    const branch = track.tee();
    expect(onKeyNeeded).toHaveBeenCalledTimes(1);
    await branch.cancel();
    await track.close();
  });
});
