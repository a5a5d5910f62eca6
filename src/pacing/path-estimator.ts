import { Capacity } from "./capacity.ts";
import { WindowedFilter } from "./windowed-filter.ts";

const rttMemory = 5000; // milliseconds that a bucket of the shortest round trip lasts; two are kept
const maxInFlight = 64; // frames whose acknowledgement is awaited; of more, the oldest are forgotten

/**
 * Estimates the path to a viewer from what was sent over it and how much of that was unacknowledged when.
 *
 * Times are milliseconds of `performance.now()`. The rate is the greatest at which bytes were acknowledged lately, the round
 * trip the shortest time to the first acknowledgement, as in BBR (https://doi.org/10.1145/3009824): their product is what
 * the path itself holds, and everything beyond it waits in a queue.
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

  /** Bytes sent that were not acknowledged at the last observation. */
  get unacknowledged(): number {
    return this.#bytesSent - this.#acknowledged;
  }

  /** Bytes sent. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Bytes that may be unacknowledged without waiting in a queue. */
  get inflightLimit(): number {
    const rtt = this.#rtt.value;
    return rtt === undefined ? 0 : this.#capacity.inflightLimit(rtt);
  }

  /** Age in milliseconds of the newest frame known to have arrived, when that was seen; undefined before the first. */
  get lag(): number | undefined {
    return this.#lag;
  }

  /** Returns milliseconds without an acknowledgement while one was due. */
  silence(now: number): number {
    return this.unacknowledged > 0 ? now - this.#progressAt : 0;
  }

  /** Milliseconds until no more than the limit is unacknowledged, at the known rate; undefined while none is known. */
  get drainTime(): number | undefined {
    const { rate } = this.#capacity;
    return rate ? Math.max(0, this.unacknowledged - this.inflightLimit) / rate : undefined;
  }

  /** Notes that a frame of so many bytes, which arrived here at `arrival`, was sent. */
  sent(bytes: number, { arrival, now }: { readonly arrival: number; readonly now: number }): void {
    this.#capacity.sent(bytes, now);
    if (this.unacknowledged === 0) this.#emptyUntil = this.#progressAt = now;
    this.#bytesSent += bytes;
    this.#inFlight.push({ end: this.#bytesSent, arrival, sentAt: now, acknowledged: this.#acknowledged });
    if (this.#inFlight.length > maxInFlight) this.#inFlight.shift();
  }

  /** Notes how many bytes are unacknowledged `now`. With `exact` the time is good enough to tell lag, round trip and rate. */
  observe(unacknowledged: number, { now, exact }: { readonly now: number; readonly exact: boolean }): void {
    const news = this.#bytesSent - Math.min(unacknowledged, this.#bytesSent) - this.#acknowledged;
    if (news <= 0) return;
    if (exact && this.#emptyUntil !== undefined) this.#rtt.add(now - this.#emptyUntil, now);
    this.#emptyUntil = undefined;
    this.#acknowledged += news;
    this.#progressAt = now;
    const frame = this.#lastArrived();
    if (!frame || !exact) return;
    this.#lag = now - frame.arrival;
    // Over the frame's whole way: between two looks a receiver that takes in gulps would seem a fast one.
    this.#capacity.delivered((this.#acknowledged - frame.acknowledged) / Math.max(now - frame.sentAt, 1), now);
  }

  #lastArrived(): InFlight | undefined {
    const left = this.#inFlight.findIndex(({ end }) => end > this.#acknowledged);
    return this.#inFlight.splice(0, left < 0 ? this.#inFlight.length : left).at(-1);
  }
}

/** A frame whose acknowledgement is awaited. */
interface InFlight {
  /** Bytes sent up to its end, and acknowledged when it was sent. */
  readonly end: number;
  readonly acknowledged: number;
  readonly arrival: number;
  readonly sentAt: number;
}
