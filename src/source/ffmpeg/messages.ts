import { Failure } from "../../failure.ts";
import { type ExitStatus, exitFailure } from "../process.ts";

/** Removes the component and its memory address from a line of ffmpeg: `[tcp @ 0x55d0c8a7f2c0] `. */
export function tidyLine(line: string): string {
  return line.replace(/^(?:\[[^\]@]*@ 0x[0-9a-f]+\]\s*)+/, "");
}

/** Cause of a failure: `message` for admins, `summary` for all viewers. */
interface Cause {
  readonly message: string;
  readonly summary: string;
}

/** Messages of ffmpeg and their causes. The first pattern that any line matches determines the cause. */
const causes: readonly (readonly [pattern: RegExp, describe: (match: RegExpExecArray) => Cause])[] = [
  [/Connection to \w+:\/\/([^/?\s]+).* failed: (.+)$/, ([, peer, why]) => cannotConnect(peer, why)],
  [
    /Failed to resolve hostname ([^\s:]+)/,
    ([, host]) => ({ message: `no such host: ${host}`, summary: "host not found" }),
  ],
  [/\b401 Unauthorized|authorization failed/i, () => same("wrong user name or password (401 Unauthorized)")],
  [/\b403 Forbidden/i, () => same("user name or password not allowed to see this (403 Forbidden)")],
  [/\b404 (Stream )?Not Found/i, () => same("no such stream (404 Not Found)")],
  [/\b461 Unsupported transport/i, () => same("the camera refuses this transport; set rtsp_transport to udp or tcp")],
  [/^(.*): No such file or directory$/, ([, file]) => withFile("no such file", file)],
  [/^(.*): Permission denied$/, ([, file]) => withFile("permission denied", file)],
  [/^(.*): Device or resource busy$/, ([, file]) => withFile("another program is using it", file)],
  [/matches no streams/, () => same("it contains no video")],
  [/^(.*): Invalid data found when processing input$/, () => same("ffmpeg cannot read it: invalid data")],
];

/** Returns the failure of ffmpeg, with the cause first: `connection refused by 10.0.0.7:554 (ffmpeg exited with code 1)`. */
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

/** Returns a cause whose message is safe for all viewers. */
function same(message: string): Cause {
  return { message, summary: message };
}

function withoutRepeats(lines: readonly string[]): string[] {
  const isRepeat = (line: string) => /^Last message repeated \d+ times/.test(line.trim());
  return [...new Set(lines.filter((line) => !isRepeat(line)))];
}
