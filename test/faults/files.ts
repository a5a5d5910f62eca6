import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { check, type Fault, onStage } from "./fault.ts";
import type { House } from "./house.ts";
import { watch } from "./watcher.ts";

/** What becomes of a file that ends. */
export const files: readonly Fault[] = [
  {
    name: "a file that ends",
    commit: async (house) => {
      const camera = house.add(film(house));
      try {
        const viewer = await watch(house.url, camera.id);
        const stream = await fetch(`${house.url}/cameras/${camera.id}/stream`);
        const length = stream.arrayBuffer().then(({ byteLength }) => byteLength);
        await viewer.told("ended");
        check((await length) > 0, "the stream ends with frames");
        check(viewer.frames > 0 && !viewer.disordered, "frames come in order");
        const asked = performance.now();
        for (const what of ["stream", "snapshot"]) {
          const { status } = await fetch(`${house.url}/cameras/${camera.id}/${what}`);
          check(status === 410, `/${what} answers ${status} to a late viewer`);
        }
        const late = await watch(house.url, camera.id);
        await late.told("ended", 1000);
        check(performance.now() - asked < 1000, "a late viewer is answered at once");
        await Promise.all([viewer.leave(), late.leave()]);
      } finally {
        await house.remove(camera);
      }
    },
  },
  {
    name: "a file that ends, and is looped",
    commit: (house) =>
      onStage(house, house.add(film(house), { loop: true }), async ({ camera, viewer }) => {
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
function film(house: House): string {
  const path = house.path("film.mjpeg");
  if (existsSync(path)) return path;
  const test = "-v error -f lavfi -i testsrc=size=64x48:rate=10 -frames:v 10 -f mjpeg -y".split(" ");
  execFileSync("ffmpeg", [...test, path]);
  return path;
}
