/** What somebody may do: see pictures and states; send a camera's pictures; see sources, addresses and figures. */
export type Right = (typeof rights)[number];

/** The rights there are. */
export const rights = ["view", "push", "admin"] as const;

/** What a grant is made of. */
export interface GrantOptions {
  /** @default every camera */
  readonly cameras?: readonly string[] | undefined;
  readonly rights: readonly Right[];
}

/** What an asker may do, and with which cameras. */
export class Grant {
  readonly #cameras: ReadonlySet<string> | undefined;
  readonly #rights: ReadonlySet<Right>;

  constructor({ cameras, rights }: GrantOptions) {
    this.#cameras = cameras && new Set(cameras);
    this.#rights = new Set(rights);
  }

  /** Whether it gives a right to one of its cameras at least. */
  allows(right: Right): boolean {
    return this.#rights.has(right);
  }

  /** Whether it is for a camera, whatever it allows there; one that does not exist is no exception. */
  includes(camera: string): boolean {
    return this.#cameras?.has(camera) ?? true;
  }
}

/** Everything, for those whom nobody asks. */
export const everything: Grant = new Grant({ rights });

/** Nothing, for those who were not asked yet. */
export const nothing: Grant = new Grant({ cameras: [], rights: [] });
