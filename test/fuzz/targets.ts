import { parsers } from "../media/parse.ts";
import { answers } from "./answers.ts";
import { config } from "./config.ts";
import { makeCorpus, type Specimen } from "./corpus.ts";
import { flv } from "./flv.ts";
import { http } from "./http.ts";
import { messages } from "./messages.ts";
import { fuzz, type RunOptions } from "./run.ts";
import { sdp } from "./sdp.ts";
import { sources } from "./sources.ts";
import { streams } from "./streams.ts";
import type { Report, Target } from "./target.ts";

/** What is fuzzed. */
export interface Fuzzer {
  readonly name: string;
  /** Which `--target` it belongs to, besides its own name. */
  readonly group: Group;
  run(options: RunOptions): Promise<Report>;
}

/** Targets that belong together. */
export type Group = (typeof groups)[number];
export const groups: readonly ["parsers", "sources", "messages", "config", "http"] = [
  "parsers",
  "sources",
  "messages",
  "config",
  "http",
];

/** All fuzzers; the parsers' share these pictures. */
export function fuzzers(specimens: readonly Specimen[]): Fuzzer[] {
  const names = Object.keys(parsers) as (keyof typeof parsers)[];
  return [
    ...names.map((name) => fuzzer("parsers", streams(name, specimens))),
    fuzzer("parsers", flv),
    fuzzer("sources", sources),
    fuzzer("sources", answers),
    fuzzer("messages", messages),
    fuzzer("messages", sdp),
    fuzzer("config", config),
    fuzzer("http", http),
  ];
}

/** Makes the pictures, and says which encoders are not installed. */
export async function pictures(): Promise<readonly Specimen[]> {
  const { specimens, missing } = await makeCorpus();
  if (missing.length > 0) console.warn(`No pictures of ${missing.join(", ")}: not installed`);
  return specimens;
}

function fuzzer<T>(group: Group, target: Target<T>): Fuzzer {
  return { name: target.name, group, run: (options) => fuzz(target, options) };
}
