import { HttpConnection } from "../../src/source/http/connection.ts";
import { chunkedBytes } from "../source/http/bytes.ts";
import type { Random } from "./random.ts";
import type { Target, Verdict } from "./target.ts";
import { drawText, mutateText, shrinkText } from "./text.ts";

const examples = [
  "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext",
  "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\nHTTP/1.1 204 No\n\nHTTP/1.1 200 OK\n\nlast",
  'HTTP/1.0 401 No\r\nWWW-Authenticate: Digest realm="a, b", nonce="c"\r\nConnection: keep-alive\r\n\r\n',
  "HTTP/1.1 100 Continue\r\n\r\nICY 200 OK\r\nname : value\r\n folded\r\n\r\n--frame\r\n\r\n",
];
const words = [
  ...[
    "HTTP/1.1 200 OK",
    "HTTP/1.0 302",
    "ICY 200",
    "\r\n",
    "\n",
    "\r\n\r\n",
    ": ",
    ";",
    ",",
    "4",
    "ffffffffffff",
    "-1",
    "0",
  ],
  ...[
    "Content-Length: ",
    "Content-Length: 999999999999",
    "Transfer-Encoding: chunked",
    "Content-Encoding: identity",
    "body",
  ],
];
const maxAnswers = 8;

interface AnswerInput {
  readonly kind: "an example" | "a changed example" | "words";
  readonly text: string;
  /** Bytes that come at a time. */
  readonly size: number;
}

/** What HTTP cameras answer: each input is a connection on which one request follows the other while it is kept. */
export const answers: Target<AnswerInput> = {
  name: "HttpConnection",
  make(random: Random) {
    const kind = random.pick(["an example", "a changed example", "a changed example", "words"] as const);
    const size = random.pick([1, 3, 64, 100_000]);
    if (kind === "words") return { kind, size, text: drawText(random, words) };
    const text = random.pick(examples);
    return { kind, size, text: kind === "an example" ? text : mutateText(text, random, words) };
  },
  async check({ kind, text, size }): Promise<Verdict> {
    const bytes = Buffer.from(text, "latin1");
    const whole = await converse(bytes, bytes.length || 1);
    const cut = await converse(bytes, size);
    const fault =
      whole.fault ?? cut.fault ?? (whole.read === cut.read ? undefined : "reads otherwise when it is cut otherwise");
    return { kind, fault };
  },
  *shrink({ kind, text, size }) {
    if (kind === "an example") return;
    for (const shorter of shrinkText(text)) yield { kind, size, text: shorter };
  },
  describe: (input) => input,
};

async function converse(bytes: Uint8Array, size: number): Promise<{ readonly read: string; readonly fault?: string }> {
  const connection = new HttpConnection({
    readable: chunkedBytes(bytes, size),
    writable: new WritableStream(),
    remote: "10.0.0.7:80",
  });
  let read = "";
  let length = 0;
  try {
    for (let isFree = true, count = 0; isFree && count < maxAnswers; count++) {
      isFree = false;
      const answer = await connection.request("GET / HTTP/1.1\r\n\r\n", () => {
        isFree = true;
      });
      if (!(answer.status >= 0 && answer.status < 1000)) return { read, fault: "gives a status that is none" };
      read += `${answer.status} ${JSON.stringify([...answer.fields])} `;
      for await (const chunk of answer.body) {
        length += chunk.length;
        read += Buffer.from(chunk).toString("latin1");
      }
    }
  } catch (error) {
    if (!(error instanceof Error)) return { read, fault: `throws ${error}` };
    read += error.message;
  }
  return length > bytes.length ? { read, fault: "gives more than came" } : { read };
}
