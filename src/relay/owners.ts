/** Counts the owners of something that closes when the last one has released it. */
export class Owners {
  readonly #close: () => Promise<void>;
  #count = 0;

  constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  /**
   * Adds an owner and returns how it releases what it owns: once, however often that is called. The promise settles when the
   * release is done, the closing included if it was the last.
   */
  retain(): () => Promise<void> {
    this.#count++;
    let released: Promise<void> | undefined;
    return () => {
      released ??= --this.#count === 0 ? this.#close() : Promise.resolve();
      return released;
    };
  }
}
