import type { CameraConfiguration } from "../config/configuration.ts";
import type { Logger } from "../log.ts";
import type { Spawn } from "../source/process.ts";
import { parseSource } from "../source/registry.ts";
import { CliError, messageOf, startError } from "./error.ts";

const install = "apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)";

/** Checks that ffmpeg is installed if a camera needs it. Rejects with a `CliError` that tells how to install it. */
export async function requireFfmpeg(
  cameras: readonly CameraConfiguration[],
  { spawn, log }: { readonly spawn: Spawn; readonly log: Logger },
): Promise<void> {
  const camera = cameras.find(({ source }) => typeof source === "string" && parseSource(source).kind === "ffmpeg");
  if (!camera) return;
  try {
    const program = await spawn(["ffmpeg", "-version"]);
    if (program.unguarded) log.warn("{why}", { why: program.unguarded }); // only the first process reports it
    await program.exited;
  } catch (cause) {
    const message = `Cannot start camera "${camera.id}": ${messageOf(cause)}. Install it: ${install}`;
    throw new CliError(message, { exitCode: startError, cause });
  }
}
