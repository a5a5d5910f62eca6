import { describeExit, type ExitStatus } from "../process.ts";

/** Takes out of a line of ffmpeg which of its parts wrote it, and where in memory that was: `[tcp @ 0x55d0c8a7f2c0] `. */
export function tidyLine(line: string): string {
  return line.replace(/^(?:\[[^\]@]*@ 0x[0-9a-f]+\]\s*)+/, "");
}

/** Causes that ffmpeg tells, in the words of this program. The first pattern that any line matches is the cause. */
const causes: readonly (readonly [pattern: RegExp, say: (match: RegExpExecArray) => string])[] = [
  [/Connection to \w+:\/\/([^/?\s]+).* failed: (.+)$/, ([, peer, why = ""]) => failed(peer, why)],
  [/Failed to resolve hostname ([^\s:]+)/, ([, host]) => `no such host: ${host}`],
  [/\b401 Unauthorized|authorization failed/i, () => "wrong user name or password (401 Unauthorized)"],
  [/\b403 Forbidden/i, () => "user name or password not allowed to see this (403 Forbidden)"],
  [/\b404 (Stream )?Not Found/i, () => "no such stream there (404 Not Found)"],
  [/\b461 Unsupported transport/i, () => "it refuses this transport; set rtsp_transport to udp or tcp"],
  [/^(.*): No such file or directory$/, ([, file = ""]) => `no such file: ${file.replace(/^file:/, "")}`],
  [/^(.*): Permission denied$/, ([, file = ""]) => `permission denied: ${file.replace(/^file:/, "")}`],
  [/^(.*): Device or resource busy$/, ([, file = ""]) => `another program is using it: ${file}`],
  [/matches no streams/, () => "there is no video in it"],
  [/^(.*): Invalid data found when processing input$/, () => "it is nothing that ffmpeg can read"],
];

/** Says to people why ffmpeg ended, the cause first: `connection refused by 10.0.0.7:554 (ffmpeg exited with code 1)`. */
export function describeFailure(program: string, status: ExitStatus, lines: readonly string[]): string {
  const tidy = withoutRepeats(lines.map(tidyLine));
  const exit = describeExit(program, status, []);
  for (const [pattern, say] of causes) {
    for (const line of tidy) {
      const match = pattern.exec(line);
      if (match) return `${say(match)} (${exit})`;
    }
  }
  return describeExit(program, status, tidy);
}

function failed(peer = "", why = ""): string {
  if (/refused/i.test(why)) return `connection refused by ${peer}`;
  if (/timed out/i.test(why)) return `no answer from ${peer}`;
  return `cannot connect to ${peer}: ${why.toLowerCase()}`;
}

function withoutRepeats(lines: readonly string[]): string[] {
  const isRepeat = (line: string) => /^Last message repeated \d+ times/.test(line.trim());
  return [...new Set(lines.filter((line) => !isRepeat(line)))];
}
