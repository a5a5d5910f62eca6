import { Capacity } from "./capacity.ts";
import { WindowedFilter } from "./windowed-filter.ts";

const rttMemory = 5000; // milliseconds per bucket of the shortest round trip; two are kept
const maxInFlight = 64; // unacknowledged frames; beyond that the oldest are forgotten

/**
 * Estimates the capacity of the path to a viewer, from the bytes sent and how many of them were unacknowledged when.
 *
 * Times are milliseconds of `performance.now()`. The rate is the highest recent rate of acknowledged bytes, and the round
 * trip is the shortest time to the first acknowledgement, as in BBR (https://doi.org/10.1145/3009824): the path itself
 * holds their product, and everything beyond that waits in a queue.
 *
 * Bound: 64 frames in flight.
 */
export class PathEstimator {
  readonly #capacity = new Capacity();
  readonly #rtt = new WindowedFilter(Math.min, rttMemory);
  readonly #inFlight: InFlight[] = [];
  #bytesSent = 0;
  #acknowledged = 0;
  #progressAt = 0;
  #emptyUntil: number | undefined;
  #lag: number | undefined;

  /** Bytes sent and not acknowledged, at the last observation. */
  get unacknowledged(): number {
    return this.#bytesSent - this.#acknowledged;
  }

  /** Bytes sent. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Bytes that can be in flight without waiting in a queue. */
  get inflightLimit(): number {
    const rtt = this.#rtt.value;
    return rtt === undefined ? 0 : this.#capacity.inflightLimit(rtt);
  }

  /** Age in milliseconds, when observed, of the newest frame known to have arrived; undefined before the first. */
  get lag(): number | undefined {
    return this.#lag;
  }

  /** Returns milliseconds since the last progress; 0 if nothing is unacknowledged. */
  silence(now: number): number {
    return this.unacknowledged > 0 ? now - this.#progressAt : 0;
  }

  /** Milliseconds until no more than `inflightLimit` is unacknowledged, at the known rate; undefined without one. */
  get drainTime(): number | undefined {
    const { rate } = this.#capacity;
    return rate ? Math.max(0, this.unacknowledged - this.inflightLimit) / rate : undefined;
  }

  /** Records that a frame of this many bytes, which arrived here at `arrival`, was sent. */
  sent(bytes: number, { arrival, now }: { readonly arrival: number; readonly now: number }): void {
    this.#capacity.sent(bytes, now);
    if (this.unacknowledged === 0) this.#emptyUntil = this.#progressAt = now;
    this.#bytesSent += bytes;
    this.#inFlight.push({ end: this.#bytesSent, arrival, sentAt: now, acknowledged: this.#acknowledged });
    if (this.#inFlight.length > maxInFlight) this.#inFlight.shift();
  }

  /** Records how many bytes are unacknowledged `now`. `exact` times are used for lag, round trip and rate. */
  observe(unacknowledged: number, { now, exact }: { readonly now: number; readonly exact: boolean }): void {
    const acknowledged = this.#bytesSent - Math.min(unacknowledged, this.#bytesSent) - this.#acknowledged;
    if (acknowledged <= 0) return;
    if (exact && this.#emptyUntil !== undefined) this.#rtt.add(now - this.#emptyUntil, now);
    this.#emptyUntil = undefined;
    this.#acknowledged += acknowledged;
    this.#progressAt = now;
    const frame = this.#takeArrived();
    if (!frame || !exact) return;
    this.#lag = now - frame.arrival;
    // Measured from the sending of the frame: between two queries, a receiver that reads in bursts would seem fast.
    this.#capacity.delivered((this.#acknowledged - frame.acknowledged) / Math.max(now - frame.sentAt, 1), now);
  }

  /** Removes the frames that have arrived, and returns the newest of them. */
  #takeArrived(): InFlight | undefined {
    const frames = this.#inFlight;
    let arrived: InFlight | undefined;
    while (frames[0] && frames[0].end <= this.#acknowledged) arrived = frames.shift();
    return arrived;
  }
}

/** A frame that has been sent and not acknowledged. */
interface InFlight {
  /** Bytes sent up to its end. */
  readonly end: number;
  /** Bytes acknowledged when it was sent. */
  readonly acknowledged: number;
  readonly arrival: number;
  readonly sentAt: number;
}
