import type { Viewing } from "./lag-viewer.ts";
import type { WireOptions } from "./wire.ts";

/** A way to fall behind. */
export interface Scenario {
  readonly name: string;
  /** Bytes of a frame; 30 come each second. */
  readonly frameSize: number;
  /** How long the viewer looks, and from when on that is measured. */
  readonly seconds: number;
  readonly from: number;
  /** When what is to be got over happens. @default 0 */
  readonly upset?: number;
  /** @default loopback */
  readonly wire?: WireOptions;
  /** The wire's rate from a time on, in seconds and kbit/s. */
  readonly fade?: { readonly at: number; readonly rate: number };
  /** How the viewer reads. @default as fast as it can */
  readonly reads?: Pick<Viewing, "rate" | "stop">;
}

/** All scenarios, with viewers that look for so many seconds; undefined for as long as each one needs. */
export function scenarios(seconds: number | undefined): Record<string, Scenario> {
  const stretch = (own: number) => ({ seconds: seconds ?? own, part: (share: number) => share * (seconds ?? own) });
  const [slow, link, fade, long, stop] = [stretch(26), stretch(16), stretch(25), stretch(12), stretch(20)];
  return {
    slow: {
      name: "reads 200 kB/s of 3 MB/s",
      frameSize: 100_000,
      seconds: slow.seconds,
      from: slow.part(1 / 2),
      reads: { rate: 200_000 },
    },
    link: {
      name: "1.6 Mbit/s link",
      frameSize: 50_000,
      seconds: link.seconds,
      from: link.part(1 / 2),
      wire: { rate: 1600, delay: 20, queue: 64 },
    },
    fade: {
      name: "fades 40 to 1.6 Mbit/s",
      frameSize: 50_000,
      seconds: fade.seconds,
      from: fade.part(2 / 5) + 3,
      upset: fade.part(2 / 5),
      wire: { rate: 40_000, delay: 20, queue: 256 },
      fade: { at: fade.part(2 / 5), rate: 1600 },
    },
    long: {
      name: "50 Mbit/s, 100 ms round trip",
      frameSize: 50_000,
      seconds: long.seconds,
      from: long.part(1 / 2),
      wire: { rate: 50_000, delay: 50, queue: 400 },
    },
    stop: {
      name: "stops reading for a while",
      frameSize: 50_000,
      seconds: stop.seconds,
      from: stop.part(3 / 5),
      upset: stop.part(3 / 5),
      reads: { stop: { at: stop.part(1 / 5), for: stop.part(2 / 5) } },
    },
  };
}
