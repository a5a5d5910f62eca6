import process from "node:process";
import type { Writable } from "node:stream";
import sharp from "sharp";
import { Card } from "./card.ts";
import { type Format, parseFormat } from "./format.ts";
import { slots } from "./slots.ts";
import { openStdout } from "./stdout.ts";

/** Settles once the kernel has taken the whole picture, so that at most one waits here. Stays pending if writing fails. */
function write(stdout: Writable, picture: Uint8Array): Promise<void> {
  // A failure also raises the error event of the stream, which ends the program.
  return new Promise((resolve) => stdout.write(picture, (error) => error || resolve()));
}

/** Writes pictures until the program ends. A slow reader misses the slots that pass in the meantime. */
async function run(format: Format): Promise<void> {
  const stdout = openStdout();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader is gone, so there is nothing left to do.
    if (error.code === "EPIPE" || error.code === "ECONNRESET") process.exit(0);
    fail(error, 1);
  });
  const card = await Card.open(format);
  for await (const frame of slots(format.fps)) {
    await write(stdout, await card.draw({ time: Date.now(), frame }));
  }
}

function fail(error: unknown, code: number): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(code);
}

function formatFromArguments(): Format {
  try {
    return parseFormat(process.argv[2] ?? "");
  } catch (error) {
    return fail(error, 2);
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
// For one small picture at a time, threads would cost more than they save.
sharp.concurrency(1);
sharp.cache(false);
await run(formatFromArguments()).catch((error) => fail(error, 1));
