import type { Socket } from "node:net";
import process from "node:process";
import { picture } from "../fixtures/picture.ts";
import { dial, freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/until.ts";
import { Random } from "../fuzz/random.ts";
import { back, check, type Fault, firstBackoff, notice, onStage, type Stage } from "./fault.ts";
import { type House, peer } from "./house.ts";

/** What can happen to who writes pictures to a socket, and what may come over it. */
export const writers: readonly Fault[] = [
  {
    name: "a writer that is cut, and dials again",
    commit: (house) =>
      withWriter(house, async (stage, { port }, first) => {
        await stage.viewer.more(2);
        first.resetAndDestroy();
        await stage.viewer.told("waiting", notice);
        const second = await play(await dial(port), house.jpeg);
        const [begun, frames] = [performance.now(), stage.viewer.frames];
        await until(() => stage.viewer.frames > frames, "it is seen again", back);
        check(performance.now() - begun < back, "it took more than two seconds");
        second.stop();
      }),
  },
  {
    name: "a writer that falls silent and keeps its connection, and another one dials",
    abreast: 25,
    commit: (house) =>
      withWriter(house, async ({ camera, viewer }, { port }, _, stop) => {
        await viewer.more(2);
        stop();
        await viewer.told("stalled", notice);
        await viewer.told("waiting", notice + back);
        const socket = await dial(port);
        const second = play(socket, house.jpeg);
        try {
          await viewer.more(1, back);
          check(camera.state.state === "live", "the camera is live");
        } finally {
          second.stop();
          socket.destroy();
        }
      }),
  },
  {
    name: "a second writer, which is refused",
    commit: (house) =>
      withWriter(house, async ({ camera, viewer }, { port }) => {
        await viewer.more(2);
        const intruder = await dial(port);
        const player = play(intruder, house.jpeg);
        try {
          await until(() => intruder.destroyed, "its connection is closed", 1000);
        } finally {
          player.stop();
        }
        const warned = (line: string) => line.startsWith(`${camera.id}: `) && line.includes("turned away");
        await until(() => house.warnings.some(warned), "the log has a line of it", 500);
        await viewer.more(2);
        check(
          viewer.states.every(({ state }) => /^(starting|live)$/.test(state)),
          "the viewer is told of nothing",
        );
      }),
  },
  {
    name: "a peer that hangs up, and is dialled again",
    async commit(house) {
      let socket: Socket | undefined;
      let players: { stop(): void } | undefined;
      const server = await peer((dialled) => {
        socket = dialled;
        players?.stop();
        players = play(dialled, house.jpeg);
      });
      try {
        await onStage(house, house.add(`tcp://127.0.0.1:${server.port}`), async ({ viewer }) => {
          await viewer.more(2);
          socket?.resetAndDestroy();
          await viewer.told(/restarting|failed/, notice);
          await viewer.more(2, firstBackoff + back);
        });
      } finally {
        players?.stop();
        await server.close();
      }
    },
  },
  {
    name: "garbage, a cut and an endless picture between good ones",
    commit: (house, number) =>
      withWriter(
        house,
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
            back,
          );
          check(camera.input.skipped > before + 100_000, "what was no picture is not counted");
        },
        { maxFrameSize: 100_000 },
      ),
  },
  {
    name: "a source that floods",
    abreast: 1,
    commit: (house, number) =>
      withWriter(house, async ({ viewer }, _, socket, stop) => {
        stop();
        const before = process.memoryUsage().rss;
        const bytes = Buffer.concat(new Array<Uint8Array>(500).fill(house.jpeg));
        for (let times = 0; times < 10; times++) {
          if (!socket.write(bytes)) await new Promise((resolve) => socket.once("drain", resolve));
        }
        const last = await picture(number + 2, { size: 4000 });
        socket.write(last);
        await until(() => viewer.newest && Buffer.compare(viewer.newest, last) === 0, "the newest picture wins", back);
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
  house: House,
  commit: (stage: Stage, address: { port: number }, socket: Socket, stop: () => void) => Promise<void>,
  options: { readonly maxFrameSize?: number } = {},
): Promise<void> {
  const port = await freePort();
  const camera = house.add(`tcp-listen://127.0.0.1:${port}`, options);
  const socket = await dial(port);
  const player = play(socket, house.jpeg);
  try {
    await onStage(house, camera, async (stage) => {
      await stage.viewer.more(1);
      await commit(stage, { port }, socket, player.stop);
    });
  } finally {
    player.stop();
    socket.destroy();
  }
}
