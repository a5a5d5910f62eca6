import { platform } from "node:os";
import type { Logger } from "../log.ts";
import type { Spawn } from "../source/process.ts";

/** Opens a page in the browser of whoever sits here; where there is none, the log says so. */
export async function openBrowser(url: string, { spawn, log }: { spawn: Spawn; log: Logger }): Promise<void> {
  const opener = platform() === "darwin" ? "open" : platform() === "win32" ? "explorer" : "xdg-open";
  try {
    await spawn([opener, url]);
  } catch (error) {
    log.warn("Cannot open a browser: {why}", { why: error instanceof Error ? error.message : String(error) });
  }
}
