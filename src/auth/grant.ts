/**
 * A right that a token gives: `view` pictures and states; `push` pictures to a camera; `admin`, which shows sources,
 * addresses and metrics.
 *
 * @see {@link AuthOptions} for an example
 */
export type Right = (typeof rights)[number];

/** All rights. */
export const rights = ["view", "push", "admin"] as const;

/** Options for {@link Grant}. */
export interface GrantOptions {
  /** @default every camera */
  readonly cameras?: readonly string[] | undefined;
  readonly rights: readonly Right[];
  /** When it ends, in milliseconds since the epoch. @default never */
  readonly expires?: number | undefined;
}

/** The rights of a client, and the cameras they apply to. */
export class Grant {
  /** When it ends, in milliseconds since the epoch; undefined for one that does not. */
  readonly expires: number | undefined;
  readonly #cameras: ReadonlySet<string> | undefined;
  readonly #rights: ReadonlySet<Right>;

  constructor({ cameras, rights, expires }: GrantOptions) {
    this.expires = expires;
    this.#cameras = cameras && new Set(cameras);
    this.#rights = new Set(rights);
  }

  /** Returns true if the grant includes a right, to at least one camera. */
  allows(right: Right): boolean {
    return this.#rights.has(right);
  }

  /** Returns true if the grant applies to a camera, with whatever rights. The camera need not exist. */
  includes(camera: string): boolean {
    return this.#cameras?.has(camera) ?? true;
  }
}

/** All rights to every camera, for apps without tokens. */
export const everything: Grant = new Grant({ rights });

/** No rights, for requests that were not authenticated. */
export const nothing: Grant = new Grant({ cameras: [], rights: [] });

const actions: Readonly<Record<Right, string>> = {
  view: "viewing",
  push: "pushing frames to",
  admin: "administering",
};

/** Returns the message for a client whose grant lacks a right or a camera: "Token does not allow viewing camera front". */
export function describeDenial(right: Right, camera?: string): string {
  return `Token does not allow ${actions[right]} ${camera === undefined ? "cameras" : `camera ${camera}`}`;
}
