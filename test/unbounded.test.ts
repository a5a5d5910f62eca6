import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/**
 * Calls that read a whole body, or start as much at once as somebody else says. Where what comes is an outsider's, it is read
 * by chunks up to a bound; each place that is allowed says why it may.
 */
const calls = /\.(?:arrayBuffer|text|json|blob|bytes|formData)\(\)|\bPromise\.(?:all|allSettled)\(|Array\.fromAsync\(/g;

const allowed: Readonly<Record<string, readonly [count: number, why: string]>> = {
  "adapter/http/websocket.ts": [1, "the app's own refusal of an upgrade, a short text"],
  "auth/signed-url.ts": [1, "two digests"],
  "auth/token-store.ts": [1, "the tokens of the configuration"],
  "camera/camera.ts": [1, "the video and the predictors of a camera, which are limited"],
  "camera/registry.ts": [2, "the cameras of the configuration"],
  "cli/devices.ts": [1, "two outputs of a program"],
  "cli/missing.ts": [3, "files that the configuration names"],
  "cli/shutdown.ts": [1, "four things that end"],
  "cli/sign.ts": [1, "the answer of the user's own server"],
  "cli/systemd.ts": [1, "a program of the system, two streams and its exit"],
  "read-file.ts": [1, "chunks of a file, up to a bound"],
  "rtc/host.ts": [1, "two processes, one of which is ending"],
  "source/http/decode.ts": [2, "two ends of a stream"],
  "source/parse.ts": [1, "two ends of a stream"],
  "source/process.ts": [1, "a program and its output"],
  "testcard/card.ts": [1, "the parts of the picture"],
  "video/runs.ts": [1, "two ends of a stream"],
};

const root = new URL("../src/", import.meta.url);
const found = readdirSync(root, { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name): [string, number][] => {
    const code = readFileSync(new URL(name, root), "utf8").replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, "");
    const count = [...code.matchAll(calls)].length;
    return count > 0 ? [[name, count]] : [];
  });

it("Nothing in src reads a body whole or starts without bound, but where it is allowed", () => {
  const unwanted = found.filter(([name, count]) => count > (allowed[name]?.[0] ?? 0));
  expect(unwanted).toEqual([]);
});

it("Nothing is allowed that is not there any more", () => {
  const counts = new Map(found);
  expect(Object.entries(allowed).filter(([name, [count]]) => (counts.get(name) ?? 0) < count)).toEqual([]);
});
