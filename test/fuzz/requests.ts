import { Buffer } from "node:buffer";
import type { Random } from "./random.ts";
import { drawText, mutateText } from "./text.ts";

/** One thing that a client does on its connection. */
export type Step =
  /** Sends bytes, written as Latin-1. */
  | { readonly send: string }
  /** Waits, in milliseconds. */
  | { readonly wait: number }
  /** Stops to read, or goes on. */
  | { readonly read: boolean }
  /** Ends its side of the connection. */
  | { readonly end: true };

const end = "\r\n\r\n";
const host = "HTTP/1.1\r\nHost: 127.0.0.1";
const push = `POST /cameras/push/frames ${host}\r\nContent-Type: image/jpeg`;
const picture = "\xff\xd8\xff\xdb\x00\x02\xff\xd9";
const requests = [
  ...["/livez", "/", "/cameras", "/cameras/front", "/metrics", "/state", "/viewer.js"].map(
    (path) => `GET ${path} ${host}${end}`,
  ),
  `GET /cameras/front/stream ${host}${end}`,
  `GET /stream?frames=2&fps=5&advance_headers=1 ${host}${end}`,
  `GET /snapshot?max_age=100000 ${host}${end}`,
  `HEAD /stream ${host}${end}`,
  `GET /cameras/front/predictions ${host}\r\nAccept: text/event-stream${end}`,
  `OPTIONS /cameras ${host}\r\nOrigin: http://evil.example${end}`,
  `GET /cameras ${host}\r\nUpgrade: h2c\r\nConnection: Upgrade${end}`,
  `GET /livez ${host}\r\nContent-Length: 4${end}abcd`,
  `${push}\r\nContent-Length: ${picture.length}${end}${picture}`,
  `${push}\r\nContent-Length: 999999999999${end}${picture}`,
  `${push}\r\nTransfer-Encoding: chunked${end}8\r\n${picture}\r\n0${end}`,
  `${push}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked${end}0${end}GET /livez ${host}${end}`,
  `POST /cameras/push/frames ${host}\r\nContent-Type: video/x\r\nContent-Length: 99999${end}${picture.repeat(50)}`,
];
const words = [
  ...[
    "\r\n",
    "\n",
    "\r",
    end,
    ":",
    " ",
    "HTTP/1.1",
    "HTTP/1.0",
    "GET ",
    "POST ",
    "Host: ",
    "0\r\n\r\n",
    "ffffffff\r\n",
  ],
  ...[
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Upgrade: websocket",
  ],
  ...["%", "%00", "%2f", "/..", "?action=stream", "&fps=0", "Range: bytes=0-1", "Sec-WebSocket-Version: 8", "\0"],
];
const upgrade = `GET /ws ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==`;

const said = [
  { type: "subscribe", cameras: ["front"], ack: true },
  { type: "subscribe", cameras: ["front", "push"], fps: { front: 3 }, predictions: true },
  { type: "subscribe", cameras: ["nobody"] },
  { type: "subscribe", cameras: [] },
  { type: "ack", camera: "front", sequence: 1e9 },
  { type: "ping", id: 7 },
].map((message) => JSON.stringify(message));

/** Draws what one client does: requests, several in one piece or one in several, or a conversation over a WebSocket. */
export function drawSteps(random: Random): Step[] {
  const talks = random.chance(0.4);
  const texts = talks ? drawConversation(random) : random.list(random.between(1, 4), () => drawRequest(random));
  const steps = texts.flatMap((text) => inPieces(text, random));
  const between = steps.flatMap((step): Step[] => (random.chance(0.3) ? [step, drawPause(random)] : [step]));
  return random.chance(0.3) ? [...between, { end: true }] : between;
}

function drawRequest(random: Random): string {
  const request = random.pick(requests);
  if (random.chance(0.3)) return request;
  return random.chance(0.1) ? latin(drawText(random, words)) : latin(mutateText(request, random, words));
}

function drawConversation(random: Random): string[] {
  const protocol = random.chance(0.8) ? "\r\nSec-WebSocket-Protocol: teecam.v1" : "";
  const flood = random.chance(0.2) ? 500 : 1;
  const messages = random.list(random.between(1, 8), () => drawFrame(random).repeat(flood));
  return [`${upgrade}${protocol}${end}`, ...messages];
}

/** A frame of RFC 6455, section 5.2, mostly a good one. */
function drawFrame(random: Random): string {
  const text = random.chance(0.7) ? random.pick(said) : latin(mutateText(random.pick(said), random, words));
  const opcode = random.pick([0x81, 0x81, 0x81, 0x81, 0x82, 0x89, 0x8a, 0x88, 0x01, 0x80, 0x83, 0xf1]);
  const body = (opcode & 0x08) !== 0 ? text.slice(0, random.pick([10, 10, 125, 126])) : text;
  const length = body.length;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, (length >> 8) & 255, length & 255];
  return `${Buffer.from([opcode, ...size, 0, 0, 0, 0]).toString("latin1")}${body}`; // a mask of zeros changes nothing
}

function inPieces(text: string, random: Random): Step[] {
  if (random.chance(0.7)) return [{ send: text }];
  const at = random.below(text.length);
  return [
    { send: text.slice(0, at) },
    { wait: random.below(10) },
    ...(random.chance(0.8) ? [{ send: text.slice(at) }] : []),
  ];
}

function drawPause(random: Random): Step {
  return random.chance(0.5) ? { wait: random.below(40) } : { read: random.chance(0.4) };
}

const latin = (text: string) => Buffer.from(text, "utf8").toString("latin1");
