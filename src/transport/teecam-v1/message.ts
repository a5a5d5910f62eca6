import type { Frame } from "../../media/frame.ts";
import type { VideoChunk } from "../../media/video-chunk.ts";
import type { Prediction } from "../../predict/prediction.ts";
import { formatPrediction } from "../predictions.ts";

/** A text message of a viewer in `teecam.v1`. */
export type ClientMessage =
  /** Subscribes to these cameras, and no others. `fps` caps all or each; with `ack` the viewer acknowledges frames. */
  | {
      readonly type: "subscribe";
      readonly cameras: readonly string[];
      readonly fps: number | Readonly<Record<string, number>> | undefined;
      readonly ack: boolean;
      /** Whether predictions are sent too. */
      readonly predictions: boolean;
      /** The codecs that the viewer can decode. @default none, it gets JPEGs */
      readonly video?: readonly string[] | undefined;
    }
  /** Acknowledges this frame and all before it, drawn or given up; `trip` is the shortest round trip seen, in milliseconds. */
  | { readonly type: "ack"; readonly camera: string; readonly sequence: number; readonly trip: number | undefined }
  | { readonly type: "ping"; readonly id: PingId };

/** What a ping is told apart by: its pong has the same. */
export type PingId = string | number | null;

/** A text message of the server in `teecam.v1`, besides predictions. */
export type ServerMessage =
  | { readonly type: "hello"; readonly session: string; readonly cameras: readonly string[] }
  | {
      readonly type: "state";
      readonly camera: string;
      readonly state: string;
      /** Milliseconds since the newest frame arrived. */
      readonly age: number | null;
      readonly detail: string | null;
    }
  /** `now` in milliseconds since the epoch; `clock` in those of a clock that nobody sets, as in the header of a frame. */
  | { readonly type: "pong"; readonly id: PingId; readonly now: number; readonly clock: number }
  | { readonly type: "error"; readonly error: string };

const maxCameras = 256;
const maxCodecs = 16;
const maxNameLength = 64; // characters

/** Parses a viewer's message. Throws a `TypeError` that says what is wrong with it. */
export function parseMessage(text: string): ClientMessage {
  const message = parseObject(text);
  switch (message.type) {
    case "subscribe":
      return {
        type: "subscribe",
        cameras: cameraList(message.cameras),
        fps: rates(message.fps),
        ack: optional(message.ack, "boolean", "ack") ?? false,
        predictions: optional(message.predictions, "boolean", "predictions") ?? false,
        video: codecs(message.video),
      };
    case "ack":
      return {
        type: "ack",
        camera: required(message.camera, "string", "camera"),
        sequence: required(message.sequence, "number", "sequence"),
        trip: optional(message.trip, "number", "trip"),
      };
    case "ping":
      return { type: "ping", id: pingId(message.id) };
    default:
      throw new TypeError(`Unknown type ${shorten(message.type)}: it is subscribe, ack or ping`);
  }
}

/** Returns a prediction's message: its JSON with a `type`. Made once, for all viewers. */
export function packPrediction(prediction: Prediction): string {
  const known = announced.get(prediction);
  if (known !== undefined) return known;
  const message = `{"type":"prediction",${formatPrediction(prediction).slice(1)}`;
  announced.set(prediction, message);
  return message;
}

const announced = new WeakMap<Prediction, string>();
const encoder = new TextEncoder();
const packed = new WeakMap<Frame | VideoChunk, Uint8Array<ArrayBuffer>>();

/** Returns a frame's binary message: a 16-bit big-endian length, so many bytes of JSON, the JPEG. Made once a frame, for all viewers. */
export function packFrame(camera: string, frame: Frame): Uint8Array<ArrayBuffer> {
  const { sequence, timestamp, width, height } = frame;
  return packed.get(frame) ?? pack(frame, { camera, sequence, timestamp, clock: clockOf(frame), width, height });
}

/** Returns the binary message of a coded picture: that of a frame with `codec` and `key`. Made once a chunk, for all viewers. */
export function packChunk(camera: string, chunk: VideoChunk): Uint8Array<ArrayBuffer> {
  const { sequence, timestamp, width, height, codec, key } = chunk;
  const header = { camera, sequence, timestamp, clock: clockOf(chunk), width, height, codec, key };
  return packed.get(chunk) ?? pack(chunk, header);
}

/** Returns the time of arrival on this machine's clock of milliseconds, in microseconds' precision. */
function clockOf({ arrival }: Frame | VideoChunk): number {
  return Math.round(arrival * 1000) / 1000;
}

function pack(frame: Frame | VideoChunk, header: object): Uint8Array<ArrayBuffer> {
  const { data } = frame;
  const head = encoder.encode(JSON.stringify(header));
  const message = new Uint8Array(2 + head.length + data.length);
  message.set([head.length >> 8, head.length & 255]);
  message.set(head, 2);
  message.set(data, 2 + head.length);
  packed.set(frame, message);
  return message;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError("A message is a JSON object, and this is no JSON", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("A message is a JSON object");
  return value as Record<string, unknown>;
}

/** Returns JSON of what a viewer has sent, short enough to be sent back. */
function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > maxNameLength ? `${text.slice(0, maxNameLength)}…` : text;
}

function pingId(id: unknown = null): PingId {
  if (id === null || typeof id === "number") return id;
  if (typeof id === "string" && id.length <= maxNameLength) return id;
  throw new TypeError(`Bad "id": it is a number, or a string of at most ${maxNameLength} characters`);
}

function cameraList(value: unknown): string[] {
  const isName = (camera: unknown) => typeof camera === "string" && camera.length <= maxNameLength;
  if (!Array.isArray(value) || !value.every(isName)) {
    throw new TypeError(`Bad "cameras": it is a list of names of at most ${maxNameLength} characters`);
  }
  if (value.length > maxCameras) throw new TypeError(`Bad "cameras": it has at most ${maxCameras} names`);
  return [...new Set<string>(value)];
}

function codecs(value: unknown = []): string[] {
  const isCodec = (codec: unknown) => typeof codec === "string" && codec.length <= maxNameLength;
  if (Array.isArray(value) && value.length <= maxCodecs && value.every(isCodec)) return value;
  throw new TypeError(`Bad "video": it is a list of at most ${maxCodecs} codecs, such as ["avc1"]`);
}

function rates(value: unknown): number | Record<string, number> | undefined {
  const isRate = (rate: unknown) => typeof rate === "number" && rate > 0 && rate <= 1000;
  if (value === undefined || isRate(value)) return value as number | undefined;
  if (typeof value === "object" && value !== null && Object.values(value).every(isRate)) {
    return value as Record<string, number>;
  }
  throw new TypeError('Bad "fps": it is a number above 0, up to 1000, or such a number for each camera');
}

interface Types {
  boolean: boolean;
  number: number;
  string: string;
}

function optional<K extends keyof Types>(value: unknown, type: K, name: string): Types[K] | undefined {
  return value === undefined ? undefined : required(value, type, name);
}

function required<K extends keyof Types>(value: unknown, type: K, name: string): Types[K] {
  if (typeof value !== type || (type === "number" && !Number.isFinite(value))) {
    throw new TypeError(`Bad "${name}": it is a ${type}`);
  }
  return value as Types[K];
}
