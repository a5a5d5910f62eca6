import { parseArgs } from "node:util";
import { type Argv, parseSource } from "./capture/source.ts";

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];
const logLevels = ["debug", "info", "warning", "error"] as const;

/** What the command line asks for. */
export interface Arguments {
  readonly help: boolean;
  readonly version: boolean;
  readonly hostname: string;
  readonly port: number;
  readonly noAuth: boolean;
  readonly open: boolean;
  readonly logLevel: LogLevel;
  /** At least one; ids differ. */
  readonly cameras: readonly { readonly id: string; readonly source: string | Argv }[];
}

/** What `teecam --help` prints. */
export const help: string = `teecam: live pictures from anything that makes JPEGs, to everyone, newest first

Usage:  teecam [options] [[--name ID] SOURCE]... [[--name ID] -- COMMAND ARG...]

Sources:
  (none)                      the built-in test card; testcard:640x480@15 for another size
  /dev/video0                 a webcam, by ffmpeg
  rtsp://..., clip.mp4, ...   anything ffmpeg reads
  http://..., https://...     a multipart/x-mixed-replace stream, or a JPEG to poll
  tcp-listen://HOST:PORT      waits for a writer such as GStreamer's tcpclientsink
  tcp://HOST:PORT             dials one
  push                        takes what is POSTed to /cameras/ID/frames
  -                           standard input
  -- COMMAND ARG...           any program that writes JPEGs or multipart to its standard output

Options:
  --name ID                   names the next camera; otherwise camera, camera-2, ...
  --host ADDRESS              where to listen (127.0.0.1)
  --port PORT                 which port (8000); 0 takes a free one
  --no-auth                   be silent about who can look, when --host is not this machine alone
  --open                      open the page in the browser
  --log-level LEVEL           ${logLevels.join(", ")} (info)
  --help, --version

Examples:
  teecam
  teecam --name front /dev/video0 --name yard rtsp://user:password@10.0.0.7/stream1
  teecam -- ffmpeg -re -i clip.mp4 -f mjpeg -
`;

/** Reads the command line. Throws a `TypeError` that says what is wrong with it and what would be right. */
export function parseArguments(args: readonly string[]): Arguments {
  const terminator = args.indexOf("--");
  const [options, command] = terminator < 0 ? [args, []] : [args.slice(0, terminator), args.slice(terminator + 1)];
  const { values, tokens } = parse(options);

  const cameras: { id: string; source: string | Argv }[] = [];
  let name: string | undefined;
  const add = (source: string | Argv) => {
    const id = name ?? (cameras.length === 0 ? "camera" : `camera-${cameras.length + 1}`);
    if (cameras.some((camera) => camera.id === id)) throw new TypeError(`Cannot name two cameras "${id}"`);
    cameras.push({ id, source });
    name = undefined;
  };
  for (const token of tokens) {
    if (token.kind === "positional") {
      parseSource(token.value);
      add(token.value);
    } else if (token.kind === "option" && token.name === "name") {
      if (name !== undefined) throw new TypeError(`Cannot name a camera "${name}": no source follows the name`);
      name = token.value;
    }
  }
  const [program, ...rest] = command;
  if (program !== undefined) add([program, ...rest]);
  else if (terminator >= 0) throw new TypeError('Cannot run a command: none follows "--"');
  if (cameras.length === 0) add("testcard:");
  if (name !== undefined) throw new TypeError(`Cannot name a camera "${name}": no source follows the name`);
  if (cameras.filter(({ source }) => source === "-").length > 1) {
    throw new TypeError('Cannot read standard input twice: "-" is given to two cameras');
  }

  return {
    help: values.help ?? false,
    version: values.version ?? false,
    hostname: values.host ?? "127.0.0.1",
    port: parsePort(values.port ?? "8000"),
    noAuth: values["no-auth"] ?? false,
    open: values.open ?? false,
    logLevel: parseLogLevel(values["log-level"] ?? "info"),
    cameras,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
        name: { type: "string", multiple: true },
        host: { type: "string" },
        port: { type: "string" },
        "no-auth": { type: "boolean" },
        open: { type: "boolean" },
        "log-level": { type: "string" },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [sentence = message] = message.split(/\. (?=To specify)|\n/); // the rest advises what does not help here
    throw new TypeError(sentence, { cause: error });
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535)
    throw new TypeError(`Cannot use port "${text}": it goes from 0 to 65535`);
  return port;
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (!level) throw new TypeError(`Cannot log at level "${text}": it is one of ${logLevels.join(", ")}`);
  return level;
}
