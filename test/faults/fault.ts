import { readFileSync } from "node:fs";
import process from "node:process";
import type { Camera } from "../../src/index.ts";
import { descendants } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";
import type { Harness } from "./harness.ts";
import { type Watcher, watch } from "./watcher.ts";

/** A fault, and the promise that must hold under it. */
export interface Fault {
  readonly name: string;
  /** Injects the fault, and throws unless the promise holds; `number` differs each time. */
  inject(harness: Harness, number: number): Promise<void>;
  /** How many run at the same time: many where a deadline takes most of the time. @default 4 */
  readonly parallel?: number;
}

/** One injection of a fault: the camera it happens to, and a viewer of that camera. */
export interface Trial {
  readonly harness: Harness;
  readonly camera: Camera;
  /** Watches the camera from beginning to end. */
  readonly viewer: Watcher;
}

/** Injects a fault of a source, and checks that its viewer stays and sees frames in order while other cameras go on. */
export async function withViewer(
  harness: Harness,
  camera: Camera,
  inject: (trial: Trial) => Promise<void>,
): Promise<void> {
  const others = harness.steady.newest?.sequence ?? -1;
  const viewer = await watch(harness.url, camera.id);
  try {
    await inject({ harness, camera, viewer });
    check(!viewer.over, "the viewer was let go");
    check(!viewer.disordered, "frames came in the wrong order");
    await until(() => (harness.steady.newest?.sequence ?? -1) > others, "another camera goes on", 1000);
  } finally {
    await viewer.leave();
    await harness.remove(camera);
  }
}

/** The viewer, `GET /cameras/{id}` and the log name the fault with all these words within five seconds. */
export async function named(
  { harness, camera, viewer }: Trial,
  state: RegExp,
  words: readonly string[],
): Promise<void> {
  const isNamed = (text: string | null | undefined) => words.every((word) => text?.includes(word));
  const told = () => viewer.states.some((one) => state.test(one.state) && isNamed(one.detail));
  await until(told, `the viewer is told ${state} and ${words.join(", ")}`, noticeLimit);
  const warned = () => harness.warnings.some((line) => line.startsWith(`${camera.id} `) && isNamed(line));
  await until(warned, `the log names ${words.join(", ")}`, 500);
  const asked = await harness.ask(camera);
  const goesOn = asked.state === "live" || asked.state === "starting"; // it is that far already
  check(goesOn || isNamed(asked.detail), `GET /cameras/${camera.id} says ${JSON.stringify(asked.detail)}`);
}

/** Throws if it is not so. */
export function check(so: unknown, what: string): asserts so {
  if (!so) throw new Error(what);
}

/** Returns the process that runs a script of {@link Harness.script}. */
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

/** Milliseconds within which viewers hear of a fault, and see frames again. */
export const noticeLimit = 5500;
export const recoveryLimit = 2000;
export const firstBackoff = 500;
