import { isDeepStrictEqual } from "node:util";
import type { CameraConfiguration } from "../config/configuration.ts";
import { type Logger, silent } from "../log.ts";
import type { Camera } from "./camera.ts";
import type { CameraOptions } from "./options.ts";

/** Options for {@link CameraRegistry}. */
export interface CameraRegistryOptions {
  /** Starts a camera; throws if its options are invalid. */
  readonly start: (options: CameraOptions) => Camera;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** The ids of the cameras that a new configuration has changed. */
export interface CameraChanges {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Starts and closes cameras so that those running match the latest configuration.
 *
 * Cameras whose settings are unchanged keep running, and keep their viewers.
 */
export class CameraRegistry {
  /** The running cameras in the order of the configuration. Updated in place, all at once for each configuration. */
  readonly cameras: ReadonlyMap<string, Camera>;
  /** Dispatches `change` when the set of cameras, their order, or the camera behind an id has changed. */
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
   * Applies a configuration once the previous ones are applied, and returns what changed. Ids must be unique.
   *
   * A camera is closed before its replacement starts, because a device or a port can only be opened once. A camera that
   * cannot start is logged and left out.
   */
  apply(configurations: readonly CameraConfiguration[]): Promise<CameraChanges> {
    const changes = this.#last.then(() => this.#apply(configurations));
    this.#last = changes.catch(() => {});
    return changes;
  }

  /** Closes every camera and starts no more; settles when nothing of them is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#cameras.values()].map((camera) => camera.close()));
    await this.#last; // it may be waiting for a camera to close
  }

  async #apply(configurations: readonly CameraConfiguration[]): Promise<CameraChanges> {
    const unchanged = { added: [], replaced: [], removed: [] };
    if (this.#closed) return unchanged;
    const before = [...this.#cameras.keys()];
    const isKept = (camera: CameraConfiguration) =>
      this.#cameras.has(camera.id) && isDeepStrictEqual(this.#settings.get(camera.id), withoutUndefined(camera));
    const kept = new Map(configurations.filter(isKept).map(({ id }) => [id, this.#cameras.get(id)]));
    const leaving = [...this.#cameras.values()].filter(({ id }) => !kept.has(id));
    await Promise.all(leaving.map((camera) => camera.close())); // they stay listed until they are replaced
    if (this.#closed) return unchanged;

    this.#cameras.clear(); // nobody sees it empty: nothing is awaited until it is filled again
    this.#settings.clear();
    for (const configuration of configurations) {
      const camera = kept.get(configuration.id) ?? this.#tryStart(configuration);
      if (!camera) continue;
      this.#cameras.set(configuration.id, camera);
      this.#settings.set(configuration.id, withoutUndefined(configuration));
    }
    const after = [...this.#cameras.keys()];
    const started = after.filter((id) => !kept.has(id));
    if (started.length > 0 || after.join() !== before.join()) this.changes.dispatchEvent(new Event("change"));
    return {
      added: started.filter((id) => !before.includes(id)),
      replaced: started.filter((id) => before.includes(id)),
      removed: before.filter((id) => !after.includes(id)),
    };
  }

  #tryStart(configuration: CameraConfiguration): Camera | undefined {
    try {
      return this.#start({ ...configuration, log: this.#log });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error("{why}", { camera: configuration.id, why });
      return undefined;
    }
  }
}

/** Copies settings without keys whose value is undefined, so that they equal settings that leave these keys out. */
function withoutUndefined(configuration: CameraConfiguration): CameraConfiguration {
  return JSON.parse(JSON.stringify(configuration));
}
