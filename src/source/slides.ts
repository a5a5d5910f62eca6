import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure } from "../failure.ts";
import { defaultMaxFrameSize } from "../media/parser-options.ts";
import { readFile } from "../read-file.ts";
import type { SourceOptions } from "./driver.ts";
import { type OpenBytes, ParsedRuns } from "./parse.ts";

/** The files of a slide show. */
export interface Slides {
  /** Lists the files of one pass, in their order. */
  list(): Promise<readonly string[]>;
}

type SlideOptions = Pick<SourceOptions, "interval" | "fps" | "loop" | "maxFrameSize">;

const defaultInterval = 1000; // milliseconds

/** Reads picture files in order, `fps` per second or one per `interval` milliseconds, each when it is due. */
export class SlideRuns extends ParsedRuns {
  constructor(slides: Slides, options: SlideOptions) {
    super(show(slides, options), options);
  }
}

/** Returns the paths that match a pattern with `*` in its last part, sorted with numbers in numeric order. */
export async function matchFiles(pattern: string): Promise<readonly string[]> {
  const folder = dirname(pattern);
  const parts = basename(pattern)
    .split("*")
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const matcher = new RegExp(`^${parts.join(".*")}$`, "su");
  const names = (await readdir(folder)).filter((name) => matcher.test(name) && !name.startsWith("."));
  return names.sort(new Intl.Collator("en", { numeric: true }).compare).map((name) => join(folder, name));
}

function show(slides: Slides, options: SlideOptions): OpenBytes {
  const { fps, loop = false, maxFrameSize = defaultMaxFrameSize } = options;
  const { interval = fps === undefined ? defaultInterval : 1000 / fps } = options;
  return async () => {
    const isOver = new AbortController();
    let files = [...(await slides.list())];
    let due = performance.now();
    if (files.length === 0) throw new Failure("no file matches the pattern");
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (files.length === 0 && loop) files = [...(await slides.list())];
          const file = files.shift();
          await pause(due - performance.now(), isOver.signal);
          if (isOver.signal.aborted) return;
          due = Math.max(due + interval, performance.now());
          if (file === undefined) controller.close();
          else controller.enqueue(await readPicture(file, maxFrameSize));
        },
        cancel: () => isOver.abort(),
      },
      { highWaterMark: 0 },
    );
  };
}

/** Reads a whole file, which may grow meanwhile; throws if it has more than `maxSize` bytes. */
async function readPicture(file: string, maxSize: number): Promise<Uint8Array> {
  const bytes = await readFile(file, maxSize).catch((cause) => {
    throw new Failure(`${file}: ${cause instanceof Error ? cause.message : cause}`, {
      summary: "a file of the slide show cannot be read",
    });
  });
  if (bytes.length <= maxSize) return bytes;
  const excess = `has more than max_frame (${maxSize} bytes)`;
  throw new Failure(`${file} ${excess}`, { summary: `a file ${excess}` });
}

/** Resolves after some milliseconds, or when `signal` is aborted. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, milliseconds));
    signal.addEventListener("abort", end, { once: true });
  });
}
