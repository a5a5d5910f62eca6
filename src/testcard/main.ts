import process from "node:process";
import type { Writable } from "node:stream";
import sharp from "sharp";
import { Card } from "./card.ts";
import { type Format, parseFormat } from "./format.ts";
import { slots } from "./slots.ts";
import { openStdout } from "./stdout.ts";

/** Settles when the kernel has taken all of it, so that never more than one picture waits here; never when it fails. */
function write(stdout: Writable, picture: Uint8Array): Promise<void> {
  // What fails is told once more by the stream's error event, which ends the program.
  return new Promise((resolve) => stdout.write(picture, (error) => error || resolve()));
}

/** Writes pictures until the program ends; a reader who is slow misses the slots that passed meanwhile. */
async function run(format: Format): Promise<void> {
  const stdout = openStdout();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read us is gone, and with it the reason to draw.
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

function format(): Format {
  try {
    return parseFormat(process.argv[2] ?? "");
  } catch (error) {
    return fail(error, 2);
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
// One picture at a time is small: threads would cost more than they save.
sharp.concurrency(1);
sharp.cache(false);
await run(format()).catch((error) => fail(error, 1));
