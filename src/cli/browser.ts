import { platform } from "node:os";
import type { Logger } from "../log.ts";
import type { Spawn } from "../source/process.ts";
import { messageOf } from "./error.ts";

/** Opens a page in the default browser of this machine, or logs why it cannot. */
export async function openBrowser(url: string, { spawn, log }: { spawn: Spawn; log: Logger }): Promise<void> {
  const opener = platform() === "darwin" ? "open" : platform() === "win32" ? "explorer" : "xdg-open";
  try {
    await spawn([opener, url]);
  } catch (error) {
    log.warn("Cannot open a browser: {why}", { why: messageOf(error) });
  }
}
