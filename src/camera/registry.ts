import { isDeepStrictEqual } from "node:util";
import type { CameraConfiguration } from "../config/configuration.ts";
import { type Logger, silent } from "../log.ts";
import type { Camera } from "./camera.ts";
import type { CameraOptions } from "./options.ts";

/** What a fleet needs. */
export interface CameraRegistryOptions {
  /** Starts a camera; throws for one that cannot be. */
  readonly start: (options: CameraOptions) => Camera;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** What a configuration has changed, by names of cameras. */
export interface CameraChanges {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
}

/**
 * The cameras of a configuration, as it is now and as it is after each change.
 *
 * It starts its cameras and closes them. Those whose settings stay as they are run on untouched, and so do their viewers.
 */
export class CameraRegistry {
  /** Those that run, in the order of the configuration; it changes in place, at one moment for each change. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** Dispatches `change` whenever the set of cameras, or one behind a name, or the order, has changed. */
  readonly changes: EventTarget = new EventTarget();
  readonly #cameras = new Map<string, Camera>();
  readonly #settings = new Map<string, CameraConfiguration>();
  readonly #start: CameraRegistryOptions["start"];
  readonly #log: Logger;
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor({ start, log = silent }: CameraRegistryOptions) {
    this.cameras = this.#cameras;
    this.#start = start;
    this.#log = log;
  }

  /**
   * Makes the cameras those of a configuration, when what was asked before is done, and tells what it has changed.
   *
   * A camera that is replaced is gone before the new one starts, since a device or a port can be opened only once. One
   * that cannot be is logged and left out. Names in `wanted` differ.
   */
  apply(wanted: readonly CameraConfiguration[]): Promise<CameraChanges> {
    const done = this.#last.then(() => this.#apply(wanted));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Closes every camera and starts none any more; settles when nothing of them is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#cameras.values()].map((camera) => camera.close()));
    await this.#last; // it may be waiting for one that it replaces
  }

  async #apply(wanted: readonly CameraConfiguration[]): Promise<CameraChanges> {
    const nothing = { added: [], replaced: [], removed: [] };
    if (this.#closed) return nothing;
    const former = [...this.#cameras.keys()];
    const isKept = (camera: CameraConfiguration) =>
      this.#cameras.has(camera.id) && isDeepStrictEqual(this.#settings.get(camera.id), plain(camera));
    const kept = new Map(wanted.filter(isKept).map(({ id }) => [id, this.#cameras.get(id)]));
    const leaving = [...this.#cameras.values()].filter(({ id }) => !kept.has(id));
    await Promise.all(leaving.map((camera) => camera.close())); // they keep their places until others take them
    if (this.#closed) return nothing;

    this.#cameras.clear(); // nobody looks before it is filled again: nothing is awaited on the way
    this.#settings.clear();
    for (const options of wanted) {
      const camera = kept.get(options.id) ?? this.#make(options);
      if (camera) this.#cameras.set(options.id, camera);
      if (camera) this.#settings.set(options.id, plain(options));
    }
    const now = [...this.#cameras.keys()];
    const fresh = now.filter((id) => !kept.has(id));
    const changes = {
      added: fresh.filter((id) => !former.includes(id)),
      replaced: fresh.filter((id) => former.includes(id)),
      removed: former.filter((id) => !now.includes(id)),
    };
    if (fresh.length > 0 || now.join() !== former.join()) this.changes.dispatchEvent(new Event("change"));
    return changes;
  }

  #make(options: CameraConfiguration): Camera | undefined {
    try {
      return this.#start({ ...options, log: this.#log });
    } catch (error) {
      this.#log.error("{why}", { camera: options.id, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
}

/** What is not given is the same as what is given as undefined. */
function plain(options: CameraConfiguration): CameraConfiguration {
  return JSON.parse(JSON.stringify(options));
}
