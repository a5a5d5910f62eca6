import { parseArgs } from "node:util";
import { type LogFormat, type LogLevel, logFormats, logLevels } from "../log.ts";
import { parseSource } from "../source/registry.ts";
import type { Argv } from "../source/source.ts";

/** What the command line asks for. */
export interface CliOptions {
  readonly help: boolean;
  readonly version: boolean;
  /** A configuration file to be checked, instead of everything else. */
  readonly check?: string | undefined;
  /** The JSON Schema of configuration files is to be printed, instead of everything else. */
  readonly schema: boolean;
  /** A configuration file. */
  readonly config?: string | undefined;
  readonly hostname?: string | undefined;
  readonly port?: number | undefined;
  readonly noAuth: boolean;
  readonly open: boolean;
  readonly logLevel?: LogLevel | undefined;
  readonly logFormat?: LogFormat | undefined;
  /** Files in PEM, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** In their order; ids differ. */
  readonly cameras: readonly { readonly id: string; readonly source: string | Argv }[];
}

/** What `teecam --help` prints. */
export const help: string = `teecam: live pictures from anything that makes JPEGs, to everyone, newest first

Usage:  teecam [options] [[--name ID] SOURCE]... [[--name ID] -- COMMAND ARG...]
        teecam sign CAMERA [--for 1h] [--right view|push] [--config FILE]
                              prints a query that opens one camera to whoever has it
        teecam check FILE     tells what is wrong with a configuration file, and starts nothing
        teecam schema         prints the JSON Schema of configuration files, for editors

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
  --config FILE               a configuration in YAML or JSON, read again when it changes;
                              options given here win, and cameras given here come behind its
                              own, or take the place of those of the same name
  --name ID                   names the next camera; otherwise camera, camera-2, ...
  --host ADDRESS              where to listen (127.0.0.1)
  --port PORT                 which port (8000); 0 takes a free one
  --no-auth                   let everybody look; otherwise only this machine, or who has a token
  --cert FILE, --key FILE     serve HTTPS with this certificate and its key, in PEM
  --open                      open the page in the browser
  --log-level LEVEL           ${logLevels.join(", ")} (info)
  --log-format FORMAT         ${logFormats.join(", ")} (text on a terminal, json elsewhere)
  --help, --version

Examples:
  teecam
  teecam --name front /dev/video0 --name yard rtsp://user:password@10.0.0.7/stream1
  teecam -- ffmpeg -re -i clip.mp4 -f mjpeg -
`;

const usage = { check: "check FILE", schema: "schema" } as const;

/** Reads the command line. Throws a `TypeError` that says what is wrong with it and what would be right. */
export function parseCliOptions(args: readonly string[]): CliOptions {
  const terminator = args.indexOf("--");
  const [options, command] = terminator < 0 ? [args, []] : [args.slice(0, terminator), args.slice(terminator + 1)];
  const { values, tokens, positionals } = parse(options);
  const [first, file, ...more] = positionals;
  if (first === "check" || first === "schema") {
    const isWhole = first === "check" ? file !== undefined && more.length === 0 : file === undefined;
    if (!isWhole || terminator >= 0) throw new TypeError(`Cannot ${first}: write teecam ${usage[first]}`);
  }
  const isCommand = first === "check" || first === "schema";

  const cameras: { id: string; source: string | Argv }[] = [];
  let name: string | undefined;
  const add = (source: string | Argv) => {
    const id = name ?? (cameras.length === 0 ? "camera" : `camera-${cameras.length + 1}`);
    if (cameras.some((camera) => camera.id === id)) throw new TypeError(`Cannot name two cameras "${id}"`);
    cameras.push({ id, source });
    name = undefined;
  };
  for (const token of tokens) {
    if (token.kind === "positional" && !isCommand) {
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
  if (name !== undefined) throw new TypeError(`Cannot name a camera "${name}": no source follows the name`);
  if (cameras.filter(({ source }) => source === "-").length > 1) {
    throw new TypeError('Cannot read standard input twice: "-" is given to two cameras');
  }

  return {
    help: values.help ?? false,
    version: values.version ?? false,
    check: first === "check" ? file : undefined,
    schema: first === "schema",
    config: values.config,
    hostname: values.host,
    port: values.port === undefined ? undefined : parsePort(values.port),
    noAuth: values["no-auth"] ?? false,
    open: values.open ?? false,
    logLevel: chosen("log at level", values["log-level"], logLevels),
    logFormat: chosen("log as", values["log-format"], logFormats),
    tls: parseTls(values),
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
        config: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        "no-auth": { type: "boolean" },
        open: { type: "boolean" },
        "log-level": { type: "string" },
        "log-format": { type: "string" },
        cert: { type: "string" },
        key: { type: "string" },
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

function parseTls({ cert, key }: { cert?: string; key?: string }): CliOptions["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new TypeError("Cannot serve HTTPS: --cert and --key belong together");
  }
  return { cert, key };
}

function chosen<T extends string>(what: string, text: string | undefined, known: readonly T[]): T | undefined {
  const found = known.find((one) => one === text);
  if (text !== undefined && found === undefined) {
    throw new TypeError(`Cannot ${what} "${text}": it is one of ${known.join(", ")}`);
  }
  return found;
}
