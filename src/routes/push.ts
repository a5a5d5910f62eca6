import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { JpegParserStream } from "../media/jpeg/parser.ts";
import { BusyError, type PushSource } from "../source/push.ts";
import type { RouteContext } from "./route-context.ts";

/** `POST …/frames`: one JPEG, or an endless body of JPEGs or multipart; answers 204 when the camera has taken it. */
export async function push(app: RouteContext, context: Context): Promise<Response> {
  const camera = app.find(context);
  const { pushSource, maxFrameSize } = camera;
  const body = context.req.raw.body && app.untilExpiry(context, context.req.raw.body);
  if (!pushSource) throw refusal(405, `Camera "${camera.id}" takes no frames: its source is not push`);
  if (!body) throw refusal(400, "Nothing was pushed: the body is empty");
  const clientId = app.connection(context).remote ?? "unknown";
  const type = context.req.header("content-type")?.toLowerCase() ?? "application/octet-stream";
  if (type.startsWith("image/jpeg")) {
    const picture = await readPicture(body, { maxSize: maxFrameSize, patience: app.stallAfter });
    await take(pushSource, { clientId, body: streamOf(picture), keepOpen: true });
  } else if (/^(multipart\/|video\/|application\/octet-stream)/.test(type)) {
    await take(pushSource, { clientId, body, keepOpen: false });
  } else {
    await body.cancel();
    throw refusal(415, `Cannot take ${type}: push image/jpeg, or multipart/x-mixed-replace without an end`);
  }
  return context.body(null, 204);
}

async function take(inlet: PushSource, push: Parameters<PushSource["push"]>[0]): Promise<void> {
  try {
    await inlet.push(push);
  } catch (error) {
    throw refusal(error instanceof BusyError ? 409 : 503, error instanceof Error ? error.message : String(error));
  }
}

/** Reads a body that is to be one picture, and lets go of a client that sends nothing for `patience` milliseconds. */
async function readPicture(
  body: ReadableStream<Uint8Array>,
  { maxSize, patience = 10_000 }: PictureOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  let isLate = false;
  const giveUp = () => {
    isLate = true;
    void reader.cancel().catch(() => {}); // which ends a pending read
  };
  for (;;) {
    const timer = setTimeout(giveUp, patience);
    const { done, value } = await reader
      .read()
      .catch((cause) => {
        throw refusal(400, "Cannot take it: it broke off", { cause });
      })
      .finally(() => clearTimeout(timer));
    if (done) break;
    size += value.length;
    if (size > maxSize) {
      await reader.cancel();
      throw refusal(413, `Cannot take more than ${maxSize} bytes`);
    }
    chunks.push(value);
  }
  if (isLate) throw refusal(408, `Cannot take it: nothing more came for ${patience / 1000} s`);
  const picture = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const parser = streamOf(picture).pipeThrough(new JpegParserStream({ maxFrameSize: maxSize }));
  const { value: frame } = await parser.getReader().read();
  if (!frame) throw refusal(400, "Cannot take it: it is no JPEG");
  return picture;
}

interface PictureOptions {
  readonly maxSize: number;
  /** @default 10000 */
  readonly patience?: number | undefined;
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

function refusal(status: 400 | 405 | 408 | 409 | 413 | 415 | 503, message: string, options?: ErrorOptions) {
  return new HTTPException(status, { message, ...options });
}
