import { configureSync, getLogger, getTextFormatter, type LogRecord } from "@logtape/logtape";
import type { Logger, LogOptions } from "../log.ts";
import { redactor } from "../redact.ts";

/** Options for {@link startLog}. */
export interface LoggingOptions extends LogOptions {
  /** Returns the values to remove from every line; called for each line. @default none */
  readonly secrets?: (() => readonly string[]) | undefined;
}

/** Configures logging of the program, one line per event on standard error, and returns its logger. */
export function startLog({ level, format, secrets = () => [] }: LoggingOptions): Logger {
  const write =
    format === "json" ? formatJson : getTextFormatter({ timestamp: "time", value: "bare", format: formatLine });
  let redacted: readonly string[] = [];
  let redact = redactor(redacted);
  configureSync({
    reset: true,
    sinks: {
      stderr(record) {
        if (redacted !== secrets()) {
          redacted = secrets();
          redact = redactor(redacted);
        }
        console.error(escapeControls(redact(write(record).trimEnd())));
      },
    },
    loggers: [
      { category: "teecam", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger("teecam");
}

function formatLine({
  timestamp,
  level,
  message,
}: {
  timestamp: string | null;
  level: string;
  message: string;
}): string {
  return `${timestamp} ${level} ${message}`;
}

const formatMessage = getTextFormatter({ value: "bare", format: ({ message }) => message });

/** Formats the time, level and message of an event together with its properties, such as camera and session. */
function formatJson(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const entries = Object.entries(properties).map(([key, value]) => [
    key,
    value instanceof Error ? String(value) : value,
  ]);
  const event = { time: new Date(timestamp).toISOString(), level, message: formatMessage(record).trimEnd() };
  return JSON.stringify({ ...Object.fromEntries(entries), ...event });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * Escapes what could drive a terminal, forge a line or turn the order of letters: control and invisible formatting characters
 * (Unicode TR36). Names, paths and what programs print come from outside.
 */
function escapeControls(line: string): string {
  return line.replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
