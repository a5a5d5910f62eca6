/** Counts the owners of a resource, and closes it when the last one has released it. */
export class Owners {
  readonly #close: () => Promise<void>;
  #count = 0;

  constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  /**
   * Adds an owner. Returns the function that releases it; calling that again has no effect. Its promise settles when the
   * release is done, including the closing if this was the last owner.
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
