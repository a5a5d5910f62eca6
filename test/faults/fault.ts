import { readFileSync } from "node:fs";
import process from "node:process";
import type { Camera } from "../../src/index.ts";
import { descendants } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";
import type { House } from "./house.ts";
import { type Watcher, watch } from "./watcher.ts";

/** A fault, and what is promised. */
export interface Fault {
  readonly name: string;
  /** Commits it, for real, and throws unless what is promised happens; `number` is another one each time. */
  commit(house: House, number: number): Promise<void>;
  /** How many go on at once: many where it is a deadline that takes the time. @default 4 */
  readonly abreast?: number;
}

/** What a fault of a source is committed on. */
export interface Stage {
  readonly house: House;
  readonly camera: Camera;
  /** Watches it from the beginning to the end. */
  readonly viewer: Watcher;
}

/** What is promised for every source: viewers stay and see frames in their order, and other cameras go on. */
export async function onStage(house: House, camera: Camera, commit: (stage: Stage) => Promise<void>): Promise<void> {
  const others = house.steady.newest?.sequence ?? -1;
  const viewer = await watch(house.url, camera.id);
  try {
    await commit({ house, camera, viewer });
    check(!viewer.over, "the viewer was let go");
    check(!viewer.disordered, "frames came in the wrong order");
    await until(() => (house.steady.newest?.sequence ?? -1) > others, "another camera goes on", 1000);
  } finally {
    await viewer.leave();
    await house.remove(camera);
  }
}

/** The viewer, `GET /cameras/{id}` and the log name the fault with all these words within five seconds. */
export async function named({ house, camera, viewer }: Stage, state: RegExp, words: readonly string[]): Promise<void> {
  const isNamed = (text: string | null | undefined) => words.every((word) => text?.includes(word));
  const told = () => viewer.states.some((one) => state.test(one.state) && isNamed(one.detail));
  await until(told, `the viewer is told ${state} and ${words.join(", ")}`, notice);
  const warned = () => house.warnings.some((line) => line.startsWith(`${camera.id} `) && isNamed(line));
  await until(warned, `the log names ${words.join(", ")}`, 500);
  const asked = await house.ask(camera);
  const goesOn = asked.state === "live" || asked.state === "starting"; // it is that far already
  check(goesOn || isNamed(asked.detail), `GET /cameras/${camera.id} says ${JSON.stringify(asked.detail)}`);
}

/** Throws if it is not so. */
export function check(so: unknown, what: string): asserts so {
  if (!so) throw new Error(what);
}

/** The process that runs a script of the house's. */
export function runner(path: string, limit?: number): Promise<number> {
  return until(
    () => descendants(process.pid).find(({ pid, zombie }) => !zombie && commandLine(pid).includes(path))?.pid,
    `${path} runs`,
    limit,
  );
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return ""; // it has ended in the meantime
  }
}

/** Milliseconds: as DESIGN has them, with a little for a machine that is busy. */
export const notice = 5500;
export const back = 2000;
export const firstBackoff = 500;
