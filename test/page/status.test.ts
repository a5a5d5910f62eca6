import { expect, it } from "vitest";

interface Status {
  readonly state: string;
  readonly notice: string | null;
  readonly lastFrame?: string | null;
}

const { deriveStatus } = (await import(new URL("../../public/status.js", import.meta.url).href)) as {
  deriveStatus(camera: object | undefined, server: object, observation: object | null): Status;
};
const { shorten } = (await import(new URL("../../public/format.js", import.meta.url).href)) as {
  shorten(text: string, length: number): string;
};

const online = () => ({ state: "online", notice: null, updatedAt: performance.now() });
const camera = { id: "front", detail: null, age: null, fps: null };
const drawn = { connected: true, drawnAge: 40, silence: 40, failed: false };
const nothing = { connected: true, drawnAge: null, silence: 40, failed: false };

it.each([
  ["idle", null, "idle until someone watches"],
  ["starting", null, "starting"],
  ["starting", "last run: connection refused", "last run: connection refused; starting again"],
  ["waiting", null, "waiting for a source to connect"],
  ["stalled", null, "no frames yet"],
  ["restarting", null, "restarting"],
  ["restarting", "program exited with code 1", "program exited with code 1; restarting"],
  ["failed", null, "the source has failed; retrying"],
  ["failed", "connection refused by 10.0.0.7:554", "connection refused by 10.0.0.7:554; retrying"],
  ["ended", null, "the source has ended"],
  ["ended", "stream ended", "stream ended; ended"],
])("A camera that is %s (%s) says: %s", (state, detail, notice) => {
  expect(deriveStatus({ ...camera, state, detail }, online(), null)).toMatchObject({ state, notice });
});

it("The age of the last frame comes after the cause", () => {
  const status = deriveStatus({ ...camera, state: "failed", detail: "no route to host", age: 180_000 }, online(), null);
  expect([status.notice, status.lastFrame]).toEqual(["no route to host; retrying", "last frame 3 min ago"]);
});

it.each([
  ["drawn here", { ...camera, state: "live", age: 40, fps: 30 }, online(), drawn, "live", null],
  ["not drawn yet", { ...camera, state: "live", age: 40, fps: 30 }, online(), nothing, "connecting", "connecting"],
  [
    "old on the server",
    { ...camera, state: "live", age: 7000, fps: 30 },
    online(),
    drawn,
    "stalled",
    "no frames for 7 s",
  ],
  [
    "on a server that is gone",
    undefined,
    { state: "unreachable", notice: "server not reachable; retrying" },
    nothing,
    "unreachable",
    "server not reachable; retrying",
  ],
  ["not listed", undefined, online(), nothing, "missing", "camera not found"],
] as const)("A camera whose frames are %s is told apart", (_, camera, server, observation, state, notice) => {
  expect(deriveStatus(camera, server, observation)).toMatchObject({ state, notice });
});

it("A text is shortened between two words", () => {
  expect(shorten("connection refused", 18)).toBe("connection refused");
  expect(shorten("connection refused by 10.0.0.7:554; retrying", 38)).toBe("connection refused by 10.0.0.7:554 …");
  expect(shorten("x".repeat(30), 10)).toBe(`${"x".repeat(10)} …`);
});
