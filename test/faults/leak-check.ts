import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { descendants, descriptors } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";

const mark = "TEECAM_FAULTS";

/** Compares the processes, descriptors and timers of this program with those at its construction. */
export class LeakCheck {
  readonly #mark = `${process.pid}.${Date.now()}`;
  readonly #before: Counts;

  constructor() {
    process.env[mark] = this.#mark; // whatever is started from now on has it, and whatever that starts
    this.#before = this.#count();
  }

  /** Waits some seconds for what is more than before to go, and returns what is left, in words. */
  async settled(): Promise<string[]> {
    await until(() => this.#more().length === 0, "nothing is left", 5000).catch(() => {});
    return this.#more();
  }

  #more(): string[] {
    const now = this.#count();
    return (Object.keys(now) as (keyof Counts)[]).flatMap((what) =>
      now[what] > this.#before[what] ? [`${now[what]} ${what}, ${this.#before[what]} before`] : [],
    );
  }

  #count(): Counts {
    const children = descendants(process.pid);
    return {
      processes: this.#marked(),
      zombies: children.filter(({ zombie }) => zombie).length,
      descriptors: descriptors(process.pid),
      timers: timers(),
    };
  }

  /** Processes that were started since, whoever is their parent now. */
  #marked(): number {
    return readdirSync("/proc").filter((entry) => {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false;
      try {
        return readFileSync(`/proc/${entry}/environ`, "latin1").split("\0").includes(`${mark}=${this.#mark}`);
      } catch {
        return false; // it is another's, or has ended
      }
    }).length;
  }
}

interface Counts {
  readonly processes: number;
  readonly zombies: number;
  readonly descriptors: number;
  readonly timers: number;
}

/** Timers that are running, where the runtime tells: Node does. */
function timers(): number {
  if ("Deno" in globalThis) return 0;
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
