/** Maximum number of marks before every second one is dropped: enough for 8 MiB in chunks of 2 KiB. */
const maxMarks = 4096;

interface Mark {
  readonly position: number;
  readonly arrival: number;
}

/**
 * Records when each byte of a window arrived, chunk by chunk.
 *
 * Positions count bytes from the start of the stream; times are milliseconds of `performance.now()`. Holds at most 4096
 * marks: beyond that, neighbouring chunks are merged and keep the earlier time; the oldest mark is never dropped.
 */
export class ArrivalTimes {
  #marks: Mark[] = [];

  /** Records that the bytes from `position` on arrived at `arrival`; both must never decrease. */
  note(position: number, arrival: number): void {
    if (this.#marks.at(-1)?.arrival === arrival) return;
    if (this.#marks.length === maxMarks) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
    this.#marks.push({ position, arrival });
  }

  /** Returns when the byte at `position` arrived. */
  at(position: number): number {
    return this.#marks[this.#indexOf(position)]?.arrival ?? 0;
  }

  /** Drops the marks that only bytes before `position` need. */
  release(position: number): void {
    const first = this.#indexOf(position);
    if (first > 0) this.#marks.splice(0, first);
  }

  /** Finds the last mark at or before `position`. Searches from the front, because the first marks are needed most. */
  #indexOf(position: number): number {
    let index = 0;
    for (let next = this.#marks[1]; next !== undefined && next.position <= position; next = this.#marks[index + 1])
      index++;
    return index;
  }
}
