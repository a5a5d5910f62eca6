import type { HttpSpec } from "../../src/source/drivers/http.ts";
import type { PushSpec } from "../../src/source/drivers/push.ts";
import type { StdinSpec } from "../../src/source/drivers/stdin.ts";
import type { DialSpec, ListenSpec } from "../../src/source/drivers/tcp.ts";
import type { TestcardSpec } from "../../src/source/drivers/testcard.ts";
import type { FfmpegSpec } from "../../src/source/ffmpeg/spec.ts";
import { describeSource, parseSource } from "../../src/source/registry.ts";
import { cpuTime } from "../fixtures/machine.ts";
import type { Target, Verdict } from "./target.ts";
import { drawText, mutateText, shrinkText } from "./text.ts";

const secret = "hunter2";
const examples = [
  ...["-", "testcard:", "testcard:640x480@15", "testcard:64x64@7.5", "/dev/video0", "clip.mp4", "12:30.mp4"],
  ...["file:clip.mp4", "C:\\clip.mp4", "tcp-listen://127.0.0.1:9999", "tcp-listen://[::1]:9999", "tcp://camera:5000/"],
  ...["http://10.0.0.8:8080/stream", `https://user:${secret}@cam.example.org/snap.jpg?x=1#y`],
  ...[`rtsp://user:${secret}@10.0.0.7:554/stream1`, `rtmp://10.0.0.7/live?token=${secret}`, "srt://10.0.0.7:9000"],
  ...[`http://admin:100%${secret}@cam/s`, `rtsp://admin:a#${secret}@10.0.0.7/user=x_password=${secret}_channel=1`],
];
const words = [
  "://",
  ":",
  "//",
  "@",
  "/",
  "x",
  "-",
  "[",
  "]",
  "?",
  "#",
  "&",
  "=",
  "%2",
  "65536",
  "99999999999999999999",
];

interface SourceInput {
  readonly text: string;
  readonly kind: "an example" | "a changed example" | "words";
}

/** Whatever a text can be read as. */
type AnySpec = DialSpec | FfmpegSpec | HttpSpec | ListenSpec | PushSpec | StdinSpec | TestcardSpec;

const slow = 100; // milliseconds of a core: a thousand times what it takes

/** What the command line and the configuration take for a source. */
export const sources: Target<SourceInput> = {
  name: "parseSource",
  make(random) {
    const kind = random.pick(["an example", "a changed example", "a changed example", "words"] as const);
    const vocabulary = [...words, ...examples];
    if (kind === "words") return { kind, text: drawText(random, vocabulary) };
    const text = random.pick(examples);
    return { kind, text: kind === "an example" ? text : mutateText(text, random, vocabulary) };
  },
  async check({ kind, text }): Promise<Verdict> {
    const fault = faultOf(kind, text);
    if (fault !== undefined) return { kind, fault };
    for (let attempt = 0; attempt < 3; attempt++) {
      const spent = cpuTime();
      faultOf(kind, text);
      if (spent() < slow) return { kind, fault: undefined }; // otherwise the collector may have been at work
    }
    return { kind, fault: "takes long" };
  },
  *shrink({ kind, text }) {
    if (kind === "an example") return;
    for (const shorter of shrinkText(text)) yield { kind, text: shorter };
  },
  describe: ({ text }) => text,
};

function faultOf(kind: SourceInput["kind"], text: string): string | undefined {
  let source: AnySpec;
  try {
    source = parseSource(text) as AnySpec;
  } catch (error) {
    if (!(error instanceof TypeError)) return `throws ${error}`;
    if (kind === "an example") return "refuses a good source";
    return /^Cannot use source ".*": ./s.test(error.message) ? undefined : "does not say what is wrong";
  }
  const described = describeSource(source);
  if (typeof described !== "string") return "has no words for a source";
  if (kind === "an example" && described.includes(secret)) return "shows a secret";
  return limitsOf(source);
}

/** What the rest of the program relies on. */
function limitsOf(source: AnySpec): string | undefined {
  if (source.kind === "listen" || source.kind === "dial") {
    const { hostname, port } = source;
    const good = hostname !== "" && !/[\s/@[\]]/.test(hostname) && Number.isInteger(port) && port > 0 && port < 65536;
    return good ? undefined : "takes an address that is none";
  }
  if (source.kind === "http")
    return /^https?:$/.test(new URL(source.url).protocol) ? undefined : "takes a URL of another kind";
  if (source.kind === "testcard") return /^\d+x\d+@[\d.]+$/.test(source.size) ? undefined : "takes a size that is none";
  if (source.kind !== "ffmpeg") return undefined;
  if (source.input.includes("\0")) return "takes a NUL byte"; // which no program can be given
  return source.medium !== "file" && source.input.startsWith("-") ? "takes an option for an input" : undefined;
}
