import { setImmediate } from "node:timers";
import { WSContext } from "hono/ws";
import type { Frame } from "../../src/media/frame.ts";
import type { VideoChunk } from "../../src/media/video-chunk.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import type { TrackName } from "../../src/relay/peer.ts";
import { StateStream } from "../../src/relay/state.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { TeecamV1Connection } from "../../src/transport/teecam-v1/connection.ts";
import { type ClientMessage, parseMessage } from "../../src/transport/teecam-v1/message.ts";
import type { CameraHandle } from "../../src/transport/teecam-v1/subscription.ts";
import { jpeg } from "../media/jpeg-builder.ts";
import type { Random } from "./random.ts";
import type { Target, Verdict } from "./target.ts";
import { drawText, mutateText, shrinkText } from "./text.ts";

/** Names that URLs may have, and that objects of JavaScript have too. */
const names = ["front", "constructor", "toString", "__proto__"];
const examples: readonly unknown[] = [
  { type: "subscribe", cameras: names, ack: true },
  { type: "subscribe", cameras: ["front"], fps: 5 },
  { type: "subscribe", cameras: names, fps: { front: 5 } },
  { type: "subscribe", cameras: ["constructor"], fps: {}, ack: false, predictions: true },
  { type: "subscribe", cameras: [] },
  { type: "subscribe", cameras: names, ack: true, video: ["avc1"] },
  { type: "subscribe", cameras: names, fps: { front: 5 }, video: ["vp09", "avc1"] },
  { type: "ack", camera: "front", sequence: 1, trip: 0.5 },
  { type: "ack", camera: "front", sequence: 0 },
  { type: "ping", id: 7 },
  { type: "ping", id: "deep" },
];
const words = [
  ...[
    '"type"',
    '"subscribe"',
    '"ack"',
    '"ping"',
    '"cameras"',
    '"fps"',
    '"trip"',
    '"video"',
    '"avc1"',
    '"sequence"',
    '"front"',
    '"__proto__"',
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e999",
    "1e-999",
    "9007199254740993",
    "[]",
  ],
  ...['{"type":"ping"}', '"\\ud800"', "{}"],
];

interface Conversation {
  readonly kind: "as documented" | "changed" | "words";
  readonly sent: readonly (string | ArrayBuffer)[];
}

/** What viewers say in `teecam.v1`: each input is a connection of its own, with cameras that show a picture now and then. */
export const messages: Target<Conversation> = {
  name: "teecam.v1",
  make(random) {
    const kind = random.pick(["as documented", "changed", "changed", "words"] as const);
    return { kind, sent: random.list(random.between(1, 8), () => say(kind, random)) };
  },
  check: async ({ kind, sent }): Promise<Verdict> => ({
    kind,
    fault: misread(kind, sent) ?? (await converse(kind, sent)),
  }),
  *shrink({ kind, sent }) {
    for (const at of sent.keys()) yield { kind, sent: sent.toSpliced(at, 1) };
    for (const [at, one] of sent.entries()) {
      if (typeof one === "string") for (const less of shrinkText(one)) yield { kind, sent: sent.with(at, less) };
    }
  },
  describe: ({ sent }) => sent.map((one) => (typeof one === "string" ? one : `${one.byteLength} bytes`)),
};

function say(kind: Conversation["kind"], random: Random): string | ArrayBuffer {
  if (kind !== "as documented" && random.chance(0.03)) return random.bytes(random.below(20_000)).buffer;
  if (kind === "words") return drawText(random, words);
  const example = JSON.stringify(random.pick(examples));
  return kind === "as documented" ? example : mutateText(example, random, words);
}

/** parseMessage gives what its type says, or says what is wrong. */
function misread(kind: Conversation["kind"], sent: Conversation["sent"]): string | undefined {
  for (const text of sent) {
    if (typeof text !== "string") continue;
    try {
      if (!isMessage(parseMessage(text))) return "takes a message that is none";
    } catch (error) {
      if (!(error instanceof TypeError) || error.message === "") return `throws ${error}`;
      if (kind === "as documented") return "refuses a good message";
    }
  }
  return undefined;
}

function isMessage(message: ClientMessage): boolean {
  const isRate = (rate: unknown) => typeof rate === "number" && rate > 0 && rate <= 1000;
  if (message.type === "ping") return message.id !== undefined;
  if (message.type === "ack") {
    const { camera, sequence, trip } = message;
    return typeof camera === "string" && Number.isFinite(sequence) && (trip === undefined || Number.isFinite(trip));
  }
  const { cameras, fps, ack, video = [] } = message;
  if (!video.every((codec) => typeof codec === "string")) return false;
  const rates = fps === undefined || isRate(fps) || (typeof fps === "object" && Object.values(fps).every(isRate));
  return cameras.every((camera) => typeof camera === "string") && rates && typeof ack === "boolean";
}

/** A stream that we feed, shared among branches. */
function shared<T>(camera: string, kind: TrackName["kind"]) {
  let feed: ReadableStreamDefaultController<T> | undefined;
  const source = new ReadableStream<T>({
    start: (controller) => {
      feed = controller;
    },
  });
  const broadcaster = new Broadcaster(source, { track: { camera, kind } });
  const own = broadcaster.tee(); // or the source would end with its last viewer
  void own.pipeTo(new WritableStream());
  return { broadcaster, give: (chunk: T) => feed?.enqueue(chunk) };
}

/** A camera whose pictures, predictions and states we make. */
function camera(name: string) {
  const pictures = shared<Frame>(name, "pictures");
  const predictions = shared<Prediction>(name, "predictions");
  const video = shared<VideoChunk>(name, "video");
  const states = new StateStream("live");
  return {
    handle: {
      pictures: pictures.broadcaster,
      video: Object.assign(video.broadcaster, { unavailable: async () => undefined }),
      predictor: { predictions: predictions.broadcaster },
      newest: undefined,
      states: () => states.tee(),
    } satisfies CameraHandle,
    watched: () => pictures.broadcaster.size + predictions.broadcaster.size + video.broadcaster.size - 3,
    show(sequence: number) {
      pictures.give({ ...picture, sequence, arrival: performance.now() });
      const coded = { key: true, codec: "avc1.42c01e", time: sequence };
      video.give({ ...picture, ...coded, sequence, arrival: performance.now() });
      predictions.give({ camera: name, sequence, timestamp: 1, started: 1, duration: 1, result: sequence });
    },
    close() {
      states.close();
      return Promise.all([pictures, predictions, video].map(({ broadcaster }) => broadcaster.close()));
    },
  };
}

const picture = { data: jpeg(), timestamp: 1, width: 16, height: 8 };

/** A whole connection: it is told, shown, and closed; nothing may be left of it. */
async function converse(kind: Conversation["kind"], sent: Conversation["sent"]): Promise<string | undefined> {
  const cameras = new Map(names.map((name) => [name, camera(name)]));
  const sessions = new Sessions();
  const heard: string[] = [];
  let frames = 0;
  let closed: number | undefined;
  const socket = new WSContext({
    send(data) {
      if (closed !== undefined) throw new Error("sent behind the end");
      if (typeof data === "string") heard.push(data);
      else frames++;
    },
    close(code) {
      closed ??= code ?? 1000;
    },
    get readyState() {
      return closed === undefined ? 1 : 3;
    },
    raw: undefined,
  });
  const multiplex = new TeecamV1Connection({
    socket,
    session: sessions.create({ transport: "websocket", connection: {} }),
    names: () => names,
    find: (name) => cameras.get(name)?.handle,
  });
  let fault: string | undefined;
  let sequence = 0;
  try {
    for (const one of sent) {
      multiplex.receive(one);
      for (const { show } of cameras.values()) show(sequence++);
      await settle();
      if (closed !== undefined) break;
    }
  } catch (error) {
    fault = `throws ${error}`;
  }
  const errors = heard.filter((text) => JSON.parse(text).type === "error").length;
  if (closed !== undefined && closed !== 1008 && closed !== 1009) fault ??= `closes with ${closed}`;
  if (closed === 1008 && errors < 5) fault ??= "closes a connection that has not erred five times";
  if (kind === "as documented" && (errors > 0 || closed !== undefined))
    fault ??= "answers a good message with an error";
  if (kind === "as documented" && subscribes(sent) && frames === 0) fault ??= "shows nothing to who has subscribed";
  multiplex.close();
  await settle();
  if ([...cameras.values()].some(({ watched }) => watched() > 0)) fault ??= "keeps a branch behind its end";
  if (names.some((name) => sessions.of(name).length > 0)) fault ??= "keeps a session behind its end";
  await Promise.all([...cameras.values()].map(({ close }) => close()));
  return fault;
}

const subscribes = ([first]: Conversation["sent"]) =>
  typeof first === "string" && /"cameras":\[./.test(first) && !first.includes("[]");

/** Streams hand on what they have in the next few turns of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
