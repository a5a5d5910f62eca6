import { readFileSync } from "node:fs";

/** Returns the soft limit of /proc/self/limits; undefined outside Linux, and where it is unlimited. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
