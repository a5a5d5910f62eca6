import { readFileSync } from "node:fs";
import * as module from "node:module";

const atOnce = 8;
const enoughFiles = 512; // all modules together

// Runs in the thread of the module loader, beside the hooks of tsx, and so cannot import anything.
const hooks = `
let free = ${atOnce};
const waiting = [];
export async function load(url, context, next) {
  if (free > 0) free--;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    return await next(url, context);
  } finally {
    const resolve = waiting.shift();
    if (resolve) resolve();
    else free++;
  }
}`;

/**
 * Makes Node load at most eight modules at the same time if the process may open only few files.
 *
 * Node opens all files that a module imports at once, and ends the process with EMFILE when a low `ulimit -n` does not
 * allow that. Has an effect on modules that are imported later, by `import()`.
 */
export function limitLoading(): void {
  if ("Deno" in globalThis || maxFiles() >= enoughFiles) return;
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

/** Returns how many files the process may open; Infinity where the system does not tell. Reads it here, to load no other module. */
function maxFiles(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return Number(limit ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
