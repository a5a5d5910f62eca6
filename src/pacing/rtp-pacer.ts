import type { Pacer, SentFrame } from "./pacer.ts";

/** Options for {@link RtpPacer}. */
export interface RtpPacerOptions {
  /** Returns the round trip in milliseconds; null before it is known. */
  readonly rtt: () => number | null;
}

/** Sends each chunk at once, as RTP has it, and estimates how old it is on arrival: half a round trip more. */
export class RtpPacer implements Pacer {
  readonly kind = "rtp";
  readonly #options: RtpPacerOptions;
  #age: number | undefined; // milliseconds, of the last chunk when it was sent

  constructor(options: RtpPacerOptions) {
    this.#options = options;
  }

  get lag(): number | undefined {
    const rtt = this.#options.rtt();
    return this.#age === undefined || rtt === null ? undefined : this.#age + rtt / 2;
  }

  ready(): undefined {}

  sent(_bytes: number, { arrival }: SentFrame): void {
    this.#age = performance.now() - arrival;
  }

  close(): void {}
}
