import type { Socket } from "node:net";
import process from "node:process";
import { picture } from "../fixtures/picture.ts";
import { dial, freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/until.ts";
import { Random } from "../fuzz/random.ts";
import { check, type Fault, firstBackoff, noticeLimit, recoveryLimit, type Trial, withViewer } from "./fault.ts";
import { type Harness, peer } from "./harness.ts";

/** What can happen to who writes pictures to a socket, and what may come over it. */
export const writers: readonly Fault[] = [
  {
    name: "a writer that is cut, and dials again",
    inject: (harness) =>
      withWriter(harness, async (trial, { port }, first) => {
        await trial.viewer.more(2);
        first.resetAndDestroy();
        await trial.viewer.told("waiting", noticeLimit);
        const second = await play(await dial(port), harness.jpeg);
        const [begun, frames] = [performance.now(), trial.viewer.frames];
        await until(() => trial.viewer.frames > frames, "it is seen again", recoveryLimit);
        check(performance.now() - begun < recoveryLimit, "it took more than two seconds");
        second.stop();
      }),
  },
  {
    name: "a writer that falls silent and keeps its connection, and another one dials",
    parallel: 25,
    inject: (harness) =>
      withWriter(harness, async ({ camera, viewer }, { port }, _, stop) => {
        await viewer.more(2);
        stop();
        await viewer.told("stalled", noticeLimit);
        await viewer.told("waiting", noticeLimit + recoveryLimit);
        const socket = await dial(port);
        const second = play(socket, harness.jpeg);
        try {
          await viewer.more(1, recoveryLimit);
          check(camera.state.state === "live", "the camera is live");
        } finally {
          second.stop();
          socket.destroy();
        }
      }),
  },
  {
    name: "a second writer, which is refused",
    inject: (harness) =>
      withWriter(harness, async ({ camera, viewer }, { port }) => {
        await viewer.more(2);
        const intruder = await dial(port);
        const player = play(intruder, harness.jpeg);
        try {
          await until(() => intruder.destroyed, "its connection is closed", 1000);
        } finally {
          player.stop();
        }
        const warned = (line: string) => line.startsWith(`${camera.id}: `) && line.includes("turned away");
        await until(() => harness.warnings.some(warned), "the log has a line of it", 500);
        await viewer.more(2);
        check(
          viewer.states.every(({ state }) => /^(starting|live)$/.test(state)),
          "the viewer is told of nothing",
        );
      }),
  },
  {
    name: "a peer that hangs up, and is dialled again",
    async inject(harness) {
      let socket: Socket | undefined;
      let players: { stop(): void } | undefined;
      const server = await peer((dialled) => {
        socket = dialled;
        players?.stop();
        players = play(dialled, harness.jpeg);
      });
      try {
        await withViewer(harness, harness.add(`tcp://127.0.0.1:${server.port}`), async ({ viewer }) => {
          await viewer.more(2);
          socket?.resetAndDestroy();
          await viewer.told(/restarting|failed/, noticeLimit);
          await viewer.more(2, firstBackoff + recoveryLimit);
        });
      } finally {
        players?.stop();
        await server.close();
      }
    },
  },
  {
    name: "garbage, a cut and an endless picture between good ones",
    inject: (harness, number) =>
      withWriter(
        harness,
        async ({ camera, viewer }, _, socket, stop) => {
          stop();
          const random = new Random(number);
          const good = await picture(number, { size: 5000 + random.below(1000) });
          const spoilt = [
            random.bytes(random.below(5000)),
            good.subarray(0, random.between(200, good.length - 2)),
            Buffer.concat([good.subarray(0, good.length - 2), new Uint8Array(150_000).fill(7)]),
          ];
          const before = camera.input.skipped;
          for (const bytes of [...spoilt, good]) socket.write(bytes);
          await until(
            () => viewer.newest && Buffer.compare(viewer.newest, good) === 0,
            "the good picture comes byte for byte",
            recoveryLimit,
          );
          check(camera.input.skipped > before + 100_000, "what was no picture is not counted");
        },
        { maxFrameSize: 100_000 },
      ),
  },
  {
    name: "a source that floods",
    parallel: 1,
    inject: (harness, number) =>
      withWriter(harness, async ({ viewer }, _, socket, stop) => {
        stop();
        const before = process.memoryUsage().rss;
        const bytes = Buffer.concat(new Array<Uint8Array>(500).fill(harness.jpeg));
        for (let times = 0; times < 10; times++) {
          if (!socket.write(bytes)) await new Promise((resolve) => socket.once("drain", resolve));
        }
        const last = await picture(number + 2, { size: 4000 });
        socket.write(last);
        await until(
          () => viewer.newest && Buffer.compare(viewer.newest, last) === 0,
          "the newest picture wins",
          recoveryLimit,
        );
        const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
        check(grown < 100, `memory grew by ${grown} MB`);
      }),
  },
];

/** Writes ten pictures a second until it is told to stop. */
function play(socket: Socket, jpeg: Uint8Array): { stop(): void } {
  const timer = setInterval(() => socket.writable && socket.write(jpeg), 100);
  return { stop: () => clearInterval(timer) };
}

async function withWriter(
  harness: Harness,
  inject: (trial: Trial, address: { port: number }, socket: Socket, stop: () => void) => Promise<void>,
  options: { readonly maxFrameSize?: number } = {},
): Promise<void> {
  const port = await freePort();
  const camera = harness.add(`tcp-listen://127.0.0.1:${port}`, options);
  const socket = await dial(port);
  const player = play(socket, harness.jpeg);
  try {
    await withViewer(harness, camera, async (trial) => {
      await trial.viewer.more(1);
      await inject(trial, { port }, socket, player.stop);
    });
  } finally {
    player.stop();
    socket.destroy();
  }
}
