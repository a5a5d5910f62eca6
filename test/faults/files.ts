import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { check, type Fault, withViewer } from "./fault.ts";
import type { Harness } from "./harness.ts";
import { watch } from "./watcher.ts";

/** What becomes of a file that ends. */
export const files: readonly Fault[] = [
  {
    name: "a file that ends",
    inject: async (harness) => {
      const camera = harness.add(film(harness));
      try {
        const viewer = await watch(harness.url, camera.id);
        const stream = await fetch(`${harness.url}/cameras/${camera.id}/stream`);
        const length = stream.arrayBuffer().then(({ byteLength }) => byteLength);
        await viewer.told("ended");
        check((await length) > 0, "the stream ends with frames");
        check(viewer.frames > 0 && !viewer.disordered, "frames come in order");
        const asked = performance.now();
        for (const what of ["stream", "snapshot"]) {
          const { status } = await fetch(`${harness.url}/cameras/${camera.id}/${what}`);
          check(status === 410, `/${what} answers ${status} to a late viewer`);
        }
        const late = await watch(harness.url, camera.id);
        await late.told("ended", 1000);
        check(performance.now() - asked < 1000, "a late viewer is answered at once");
        await Promise.all([viewer.leave(), late.leave()]);
      } finally {
        await harness.remove(camera);
      }
    },
  },
  {
    name: "a file that ends, and is looped",
    inject: (harness) =>
      withViewer(harness, harness.add(film(harness), { loop: true }), async ({ camera, viewer }) => {
        await viewer.more(25); // of ten pictures
        check(
          viewer.states.every(({ state }) => /^(starting|live)$/.test(state)),
          "the viewer is told of nothing",
        );
        check((camera.newest?.sequence ?? 0) >= 24, "frames are numbered on");
      }),
  },
];

/** A film of ten pictures, a second long. */
function film(harness: Harness): string {
  const path = harness.path("film.mjpeg");
  if (existsSync(path)) return path;
  const test = "-v error -f lavfi -i testsrc=size=64x48:rate=10 -frames:v 10 -f mjpeg -y".split(" ");
  execFileSync("ffmpeg", [...test, path]);
  return path;
}
