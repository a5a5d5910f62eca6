import { ByteWindow } from "../media/byte-window.ts";
import type { VideoChunk } from "../media/video-chunk.ts";
import { type AvcConfiguration, parseConfiguration, toAnnexB } from "./avc.ts";

/** A coded picture: a {@link VideoChunk} without the frame that it was made from. */
export type CodedPicture = Pick<VideoChunk, "data" | "key" | "codec" | "time">;

/** Options for {@link FlvParserStream}. */
export interface FlvParserOptions {
  /** Maximum size of a picture in bytes. @default 8 MiB */
  readonly maxSize?: number | undefined;
}

const step = 64 * 1024; // bytes taken from a chunk at a time, so that a large chunk needs no equally large window
const tagHead = 11; // bytes
const videoHead = 5; // bytes
const trailer = 4; // bytes
const [videoTag, avc, configurationPacket, picturePacket] = [9, 7, 0, 1];

/**
 * Parses FLV (https://rtmp.veriskope.com/pdf/video_file_format_spec_v10.pdf) into pictures of H.264, each as soon as its
 * last byte arrives. Skips sound and scripts; the bytes after the last whole picture are dropped.
 *
 * Errors with a `TypeError` for what is no FLV with H.264, and for a picture of more than `maxSize`. Bound: one picture,
 * and those that end in the same chunk of bytes.
 */
export class FlvParserStream extends TransformStream<Uint8Array, CodedPicture> {
  constructor({ maxSize = 8 * 1024 * 1024 }: FlvParserOptions = {}) {
    const parser = new FlvParser(maxSize);
    super({
      transform(chunk, controller) {
        for (let start = 0; start < chunk.length; start += step) {
          parser.append(chunk.subarray(start, start + step));
          for (let next = parser.next(); next; next = parser.next()) if (next !== "skipped") controller.enqueue(next);
        }
      },
    });
  }
}

class FlvParser {
  readonly #window = new ByteWindow();
  readonly #maxSize: number;
  #hasHead = false;
  #configuration: AvcConfiguration | undefined;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  append(bytes: Uint8Array): void {
    this.#window.append(bytes, 0);
  }

  /** Returns the next picture, or `skipped` for anything else; undefined while more bytes are needed. */
  next(): CodedPicture | "skipped" | undefined {
    const { view } = this.#window;
    if (!this.#hasHead) return this.#readHead(view);
    if (view.length < tagHead) return undefined;
    const [type = 0, ...rest] = view.subarray(0, tagHead);
    const [size0 = 0, size1 = 0, size2 = 0, time0 = 0, time1 = 0, time2 = 0, time3 = 0] = rest;
    const size = (size0 << 16) | (size1 << 8) | size2;
    if (size > this.#maxSize) throw new TypeError(`Cannot read FLV: a picture of more than ${this.#maxSize} bytes`);
    const end = tagHead + size;
    if (view.length < end + trailer) return undefined;
    const time = ((time3 << 24) | (time0 << 16) | (time1 << 8) | time2) >>> 0;
    const picture = (type & 31) === videoTag ? this.#readVideo(view.subarray(tagHead, end), time) : undefined;
    this.#skip(end + trailer);
    return picture ?? "skipped";
  }

  #readHead(view: Uint8Array): "skipped" | undefined {
    if (view.length < 9) return undefined;
    if (String.fromCharCode(...view.subarray(0, 3)) !== "FLV") throw new TypeError("Cannot read FLV: it is none");
    const length = new DataView(view.buffer, view.byteOffset).getUint32(5);
    if (length < 9 || length > step) throw new TypeError("Cannot read FLV: its head has a wrong length");
    if (view.length < length + trailer) return undefined;
    this.#hasHead = true;
    this.#skip(length + trailer);
    return "skipped";
  }

  #readVideo(data: Uint8Array, time: number): CodedPicture | undefined {
    const [kind = 0, packet] = data;
    if (data.length < videoHead || (kind & 15) !== avc) throw new TypeError("Cannot read FLV: its video is not H.264");
    const content = data.subarray(videoHead);
    if (packet === configurationPacket) this.#configuration = parseConfiguration(content);
    if (packet !== picturePacket) return undefined;
    if (!this.#configuration) throw new TypeError("Cannot read FLV: a picture comes before the parameter sets");
    const { codec, parameterSets } = this.#configuration;
    const key = kind >> 4 === 1;
    return { data: toAnnexB(content, key ? parameterSets : undefined), key, codec, time };
  }

  #skip(length: number): void {
    this.#window.release(this.#window.base + length);
  }
}
