import type { Configuration } from "../../src/config/configuration.ts";
import { ConfigurationError } from "../../src/config/error.ts";
import { parseConfiguration } from "../../src/config/read.ts";
import { parseSource } from "../../src/source/registry.ts";
import { cpuTime } from "../fixtures/machine.ts";
import type { Target, Verdict } from "./target.ts";
import { drawText, mutateText, shrinkText } from "./text.ts";

const secret = "hunter2hunter2";
const environment = { TEECAM_TOKEN: secret, KEY: `${secret}-3`, EMPTY: "" };

const whole = `server:
  host: 127.0.0.1
  port: 8000
  stall_after: 10s
  log: { level: info, format: text }
  auth:
    token: "\${TEECAM_TOKEN}"
    tokens: [{ name: kiosk, token: "\${KEY}", cameras: [front], rights: [view] }]
  allow_hosts: [cam.example.org]
  allow_origins: ["https://dash.example.org"]
  limits: { viewers: 1000, viewers_per_camera: 500, viewers_per_address: 100 }
cameras:
  front:
    source: /dev/video0
    on_demand: 10s
    fps: 10
    max_frame: 8MiB
    warmup: 5
    deadlines: { first_frame: 10s, frame: 5s }
    env: { API_KEY: "\${KEY}" }
  yard:
    command: [my-camera, --fast]
    on_demand: true
  film:
    source: clip.mp4
    loop: true
`;
const json = JSON.stringify({
  cameras: { front: { source: "testcard:" }, back: { source: "tcp-listen://127.0.0.1:9999" } },
});
const examples = ["cameras:\n  front:\n    source: testcard:64x64@5\n", whole, json];
const words = [
  ...["server:", "cameras:", "front:", "source:", "command:", "on_demand:", "fps:", "max_frame:", "deadlines:", "env:"],
  ...[
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    ": ",
    "- ",
    "# ",
    "? ",
    "| ",
    "> ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "<<: *a",
  ],
  ...["!!binary ", "!!js/function ", "!x ", "%YAML 9.9\n", "---\n", "...\n", "__proto__:", "constructor:", "null", "~"],
  ...[
    "true",
    "1e999",
    "-1",
    ".nan",
    "0x10",
    "5s",
    "5",
    "1 fortnight",
    "8MiB",
    "999999999999GiB",
    "2026-11-21",
    '"',
    "'",
  ],
  ...["TEECAM_TOKEN", "KEY", "NOBODY", "EMPTY"].map((name) => `\${${name}}`),
  ...["{KEY}", "{"].map((rest) => `$$${rest}`),
  "$",
];

interface ConfigInput {
  readonly kind: "an example" | "a changed example" | "words";
  readonly text: string;
}

const slow = 5000; // milliseconds of a core; the texts are short

/** The text of a configuration file. */
export const config: Target<ConfigInput> = {
  name: "parseConfiguration",
  make(random) {
    const kind = random.chance(0.05) ? "an example" : random.pick(["a changed example", "words"] as const);
    if (kind === "words") return { kind, text: drawText(random, words) };
    const example = random.pick(examples);
    return { kind, text: kind === "an example" ? example : mutateText(example, random, words) };
  },
  async check({ kind, text }): Promise<Verdict> {
    const spent = cpuTime();
    const fault = faultOf(kind, text);
    return { kind, fault: fault ?? (spent() > slow ? "takes long" : undefined) };
  },
  *shrink({ kind, text }) {
    if (kind === "an example") return;
    for (const shorter of shrinkText(text)) yield { kind, text: shorter };
  },
  describe: ({ text }) => text,
};

function faultOf(kind: ConfigInput["kind"], text: string): string | undefined {
  try {
    return limitsOf(parseConfiguration(text, { file: "/etc/teecam.yaml", environment }));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) return `throws ${error}`;
    if (kind === "an example") return "refuses a good configuration";
    if (error.message.includes(secret)) return "shows a secret";
    const isPlaced = (line: string) => line.startsWith("/etc/teecam.yaml:") || /^and \d+ more/.test(line);
    return error.diagnostics.length > 0 && error.diagnostics.every(isPlaced)
      ? undefined
      : "does not say where it is wrong";
  }
}

/** What the rest of the program relies on. */
function limitsOf({ cameras, server }: Configuration): string | undefined {
  const ids = cameras.map(({ id }) => id);
  if (new Set(ids).size < ids.length || !ids.every((id) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(id)))
    return "takes a name that is none";
  for (const { source, fps, maxFrameSize, warmup, firstFrameAfter, stallAfter } of cameras) {
    if (typeof source === "string") parseSource(source);
    else if (source.length === 0 || source.some((word) => word.includes("\0"))) return "takes a command that is none";
    const numbers = [fps, maxFrameSize, firstFrameAfter, stallAfter].filter((value) => value !== undefined);
    if (!numbers.every((value) => Number.isFinite(value) && value > 0)) return "takes a number that is none";
    if (warmup !== undefined && !(Number.isInteger(warmup) && warmup >= 0))
      return "takes a number of frames that is none";
  }
  const { port } = server;
  return port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65535)
    ? undefined
    : "takes a port that is none";
}
