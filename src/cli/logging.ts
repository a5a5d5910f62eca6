import { configureSync, getLogger, getTextFormatter, type LogRecord } from "@logtape/logtape";
import type { LogFormat, Logger, LogLevel } from "../log.ts";
import { redactor } from "../redact.ts";

/** What is logged, and how. */
export interface LoggingOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** What must appear in no line; read at each line. @default nothing */
  readonly secrets?: (() => readonly string[]) | undefined;
}

/** Sets up the log of the program, one line an event on standard error, and gives its logger. May be called once more. */
export function startLog({ level, format, secrets = () => [] }: LoggingOptions): Logger {
  const write =
    format === "json" ? formatJson : getTextFormatter({ timestamp: "time", value: "bare", format: formatLine });
  let known: readonly string[] = [];
  let hide = redactor(known);
  configureSync({
    reset: true,
    sinks: {
      stderr(record) {
        if (known !== secrets()) {
          known = secrets();
          hide = redactor(known);
        }
        console.error(hide(write(record).trimEnd()));
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

const sentence = getTextFormatter({ value: "bare", format: ({ message }) => message });

/** Time, level and message, and what else is known of the event: its camera, its session. */
function formatJson(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const known = Object.entries(properties).map(([key, value]) => [key, value instanceof Error ? String(value) : value]);
  const event = { time: new Date(timestamp).toISOString(), level, message: sentence(record).trimEnd() };
  return JSON.stringify({ ...Object.fromEntries(known), ...event });
}
