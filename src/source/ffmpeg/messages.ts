import { Failure } from "../../failure.ts";
import { type ExitStatus, exitFailure } from "../process.ts";

/** Takes out of a line of ffmpeg which of its parts wrote it, and where in memory that was: `[tcp @ 0x55d0c8a7f2c0] `. */
export function tidyLine(line: string): string {
  return line.replace(/^(?:\[[^\]@]*@ 0x[0-9a-f]+\]\s*)+/, "");
}

/** A cause in two texts: for admins, and for everybody. */
interface Cause {
  readonly message: string;
  readonly summary: string;
}

/** Causes that ffmpeg names, in the words of this program. The first pattern that any line matches is the cause. */
const causes: readonly (readonly [pattern: RegExp, describe: (match: RegExpExecArray) => Cause])[] = [
  [/Connection to \w+:\/\/([^/?\s]+).* failed: (.+)$/, ([, peer, why]) => cannotConnect(peer, why)],
  [
    /Failed to resolve hostname ([^\s:]+)/,
    ([, host]) => ({ message: `no such host: ${host}`, summary: "host not found" }),
  ],
  [/\b401 Unauthorized|authorization failed/i, () => same("wrong user name or password (401 Unauthorized)")],
  [/\b403 Forbidden/i, () => same("user name or password not allowed to see this (403 Forbidden)")],
  [/\b404 (Stream )?Not Found/i, () => same("no such stream there (404 Not Found)")],
  [/\b461 Unsupported transport/i, () => same("it refuses this transport; set rtsp_transport to udp or tcp")],
  [/^(.*): No such file or directory$/, ([, file]) => withFile("no such file", file)],
  [/^(.*): Permission denied$/, ([, file]) => withFile("permission denied", file)],
  [/^(.*): Device or resource busy$/, ([, file]) => withFile("another program is using it", file)],
  [/matches no streams/, () => same("there is no video in it")],
  [/^(.*): Invalid data found when processing input$/, () => same("it is nothing that ffmpeg can read")],
];

/** Returns the failure of ffmpeg, the cause first: `connection refused by 10.0.0.7:554 (ffmpeg exited with code 1)`. */
export function ffmpegFailure(program: string, status: ExitStatus, lines: readonly string[]): Failure {
  const tidy = withoutRepeats(lines.map(tidyLine));
  const exit = exitFailure(program, status, []);
  for (const [pattern, describe] of causes) {
    for (const line of tidy) {
      const match = pattern.exec(line);
      if (!match) continue;
      const { message, summary } = describe(match);
      return new Failure(`${message} (${exit.message})`, { summary: `${summary} (${exit.summary})` });
    }
  }
  return exitFailure(program, status, tidy);
}

function cannotConnect(peer = "", why = ""): Cause {
  if (/refused/i.test(why)) return { message: `connection refused by ${peer}`, summary: "connection refused" };
  if (/timed out/i.test(why)) return { message: `no answer from ${peer}`, summary: "no answer" };
  return { message: `cannot connect to ${peer}: ${why.toLowerCase()}`, summary: "cannot connect" };
}

function withFile(summary: string, file = ""): Cause {
  return { message: `${summary}: ${file.replace(/^file:/, "")}`, summary };
}

/** A cause that names nothing of the source. */
function same(message: string): Cause {
  return { message, summary: message };
}

function withoutRepeats(lines: readonly string[]): string[] {
  const isRepeat = (line: string) => /^Last message repeated \d+ times/.test(line.trim());
  return [...new Set(lines.filter((line) => !isRepeat(line)))];
}
