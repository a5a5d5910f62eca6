import { stat } from "node:fs/promises";

/** Options for {@link watchFile}. */
export interface WatchOptions {
  /** Milliseconds between two checks. @default 500 */
  readonly interval?: number | undefined;
  /** Stops watching when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Calls `onChange` when a file has changed, once it has stayed the same from one check to the next.
 *
 * Follows the path, so a file that an editor replaces, and a symbolic link to another target, as Kubernetes updates its
 * volumes, count as changes. Waits while there is no file.
 */
export function watchFile(file: string, onChange: () => void, { interval = 500, signal }: WatchOptions): void {
  let known: string | undefined;
  let last: string | undefined;
  let timer: ReturnType<typeof setTimeout>;
  const check = async () => {
    const now = await fingerprint(file);
    if (signal.aborted) return;
    known ??= now;
    if (now !== undefined && now !== known && now === last) {
      known = now;
      onChange();
    }
    last = now;
    timer = setTimeout(check, interval);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  void check();
}

/** Returns a string that differs between two versions of a file, or undefined if there is no file. */
async function fingerprint(file: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [dev, ino, size, mtimeMs, ctimeMs].join();
  } catch {
    return undefined;
  }
}
