import { ByteWindow } from "../media/byte-window.ts";

/** A message between this process and the one that speaks WebRTC: a value of JSON, and bytes. */
export interface WireMessage<T> {
  readonly head: T;
  readonly data: Uint8Array<ArrayBuffer>;
}

const lengths = 8; // bytes: two lengths of 32 bits, of the JSON and of the bytes behind it
const maxSize = 16 * 1024 * 1024; // bytes of a message
const none = new Uint8Array();
const encoder = new TextEncoder();

/** Encodes a message: its lengths, JSON, and bytes. */
export function encodeMessage(head: object, data: Uint8Array = none): Uint8Array<ArrayBuffer> {
  const json = encoder.encode(JSON.stringify(head));
  const message = new Uint8Array(lengths + json.length + data.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, json.length);
  view.setUint32(4, data.length);
  message.set(json, lengths);
  message.set(data, lengths + json.length);
  return message;
}

/**
 * Parses messages, each as soon as its last byte arrives. The type of their JSON is not checked.
 *
 * Errors with a `TypeError` for one of more than 16 MiB, or without JSON. Bound: one message, and those that end in the
 * same chunk of bytes.
 */
export class MessageParserStream<T> extends TransformStream<Uint8Array, WireMessage<T>> {
  constructor() {
    const window = new ByteWindow();
    const decoder = new TextDecoder();
    super({
      transform(chunk, controller) {
        window.append(chunk, 0);
        for (;;) {
          const { view } = window;
          if (view.length < lengths) return;
          const header = new DataView(view.buffer, view.byteOffset);
          const dataStart = lengths + header.getUint32(0);
          const end = dataStart + header.getUint32(4);
          if (end > maxSize) throw new TypeError(`Cannot read message: it has more than ${maxSize} bytes`);
          if (view.length < end) return;
          const head: T = JSON.parse(decoder.decode(view.subarray(lengths, dataStart)));
          controller.enqueue({ head, data: view.slice(dataStart, end) });
          window.release(window.base + end);
        }
      },
    });
  }
}
