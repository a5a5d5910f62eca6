import { stat } from "node:fs/promises";

/** How a file is watched. */
export interface WatchOptions {
  /** Milliseconds between two looks. @default 500 */
  readonly every?: number | undefined;
  /** Ends it when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Calls `changed` whenever a file is another than before, once it has stayed the same from one look to the next.
 *
 * It looks at the file behind the name, so that an editor that puts another one in its place, and a symbolic link that is
 * turned elsewhere, as Kubernetes does with its volumes, are changes too. While there is none it waits.
 */
export function watchFile(file: string, changed: () => void, { every = 500, signal }: WatchOptions): void {
  let known: string | undefined;
  let last: string | undefined;
  let timer: ReturnType<typeof setTimeout>;
  const look = async () => {
    const now = await print(file);
    if (signal.aborted) return;
    known ??= now;
    if (now !== undefined && now !== known && now === last) {
      known = now;
      changed();
    }
    last = now;
    timer = setTimeout(look, every);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  void look();
}

/** What tells one state of a file from another; undefined if there is none. */
async function print(file: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch {
    return undefined;
  }
}
