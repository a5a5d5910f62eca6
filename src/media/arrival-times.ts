/** So many marks are kept before every second one goes: enough for 8 MiB in chunks of 2 KiB. */
const maxMarks = 4096;

interface Mark {
  readonly position: number;
  readonly arrival: number;
}

/**
 * Remembers when each byte of a window arrived, chunk by chunk.
 *
 * Positions count bytes from the start of the stream; times are milliseconds of `performance.now()`. At most 4096
 * chunks are told apart: when there are more, neighbours are merged and keep the earlier time, never the oldest one.
 */
export class ArrivalTimes {
  #marks: Mark[] = [];

  /** Notes that the bytes from `position` on arrived at `arrival`; both only ever grow. */
  note(position: number, arrival: number): void {
    if (this.#marks.at(-1)?.arrival === arrival) return;
    if (this.#marks.length === maxMarks) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#marks.push({ position, arrival });
  }

  /** When the byte at `position` arrived. */
  at(position: number): number {
    return this.#marks[this.#indexOf(position)]?.arrival ?? 0;
  }

  /** Forgets what only bytes before `position` need. */
  release(position: number): void {
    const first = this.#indexOf(position);
    if (first > 0) this.#marks.splice(0, first);
  }

  /** The last mark at or before `position`; the first marks are asked for most, so this counts from the front. */
  #indexOf(position: number): number {
    let index = 0;
    for (let next = this.#marks[1]; next !== undefined && next.position <= position; next = this.#marks[index + 1])
      index++;
    return index;
  }
}
