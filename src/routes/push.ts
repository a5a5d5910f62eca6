import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Frame } from "../media/frame.ts";
import { BusyError, type Push } from "../source/push.ts";
import { formatTimestamp } from "../transport/part.ts";
import { type Beginning, concat, PushBody } from "./push-body.ts";
import type { RouteContext } from "./route-context.ts";

/** `POST` or `PUT …/frames`: pictures, or a stream of them. Responds 204 when the camera has accepted the body. */
export async function push(app: RouteContext, context: Context): Promise<Response> {
  const camera = app.find(context);
  const { pushSource, maxFrameSize } = camera;
  const { body } = context.req.raw;
  if (!pushSource) throw refusal(405, `Camera "${camera.id}" accepts no frames: its source is not push`);
  if (context.req.raw.bodyUsed || body?.locked) throw refusal(400, readBefore);
  if (!body) throw refusal(400, "Cannot accept the body: it is empty");
  const clientId = app.connection(context).remote ?? "unknown";
  const type = context.req.header("content-type")?.toLowerCase() ?? "application/octet-stream";
  if (neverPicture.test(type)) throw refusal(415, `Cannot accept ${type}: push JPEGs or multipart/x-mixed-replace`);
  const length = context.req.header("content-length");
  const pushed = new PushBody(app.untilExpiry(context, body), { maxFrameSize, timeout: app.stallAfter });
  try {
    await pushSource.push(clientId, () =>
      read(pushed, { type, length: length === undefined ? undefined : Number(length) }),
    );
  } catch (error) {
    await pushed.cancel();
    if (error instanceof HTTPException) throw error;
    throw refusal(error instanceof BusyError ? 409 : 503, error instanceof Error ? error.message : String(error));
  }
  return context.body(null, 204);
}

/** Types that nobody gives a picture by mistake. */
const neverPicture = /^(text\/html|application\/(xhtml\+xml|json))\b/;

const readBefore =
  "Cannot accept the body: it has already been read; mount teecam before the body parser of the host app";

/** Declared type and length of a body. Pictures are found in the bytes, whatever the type. */
interface Label {
  readonly type: string;
  readonly length: number | undefined;
}

/** Reads a body up to its first picture if it may be endless, else to its end. */
async function read(body: PushBody, label: Label): Promise<Push> {
  const beginning = isEndless(label, body.maxSize) ? await body.readFirst() : await body.readAll();
  const { chunks, pictures, isOver } = beginning;
  if (chunks.length === 0 && label.length) throw refusal(400, readBefore);
  if (pictures.length === 0) throw refuseBytes(beginning, label);
  if (isOver) return { body: partsOf(pictures), keepOpen: true };
  return { body: body.rest(chunks), keepOpen: false };
}

/** Tells whether a body may be endless, so that its pictures are delivered as they arrive. */
function isEndless({ type, length }: Label, maxSize: number): boolean {
  if (!/^(multipart\/|video\/|application\/octet-stream)/.test(type) || type.startsWith("multipart/form-data"))
    return false;
  return length === undefined || length > maxSize;
}

function refuseBytes({ explanation = "it is empty" }: Beginning, { type }: Label): HTTPException {
  const isMeant = /^(image|video|multipart)\/|^application\/octet-stream/.test(type);
  if (isMeant) return refusal(400, `Cannot accept the body: ${explanation}`);
  return refusal(415, `Cannot accept ${type}: ${explanation}; push JPEGs or multipart/x-mixed-replace`);
}

const delimiter = "--teecam-push";
const encoder = new TextEncoder();

/**
 * Returns pictures as a multipart stream, so that those that have been repaired are recognized, and those of another teecam
 * keep their times. The bodies of several requests may follow each other.
 */
function partsOf(pictures: readonly Frame[]): ReadableStream<Uint8Array> {
  const parts = pictures.flatMap((frame) => {
    const upstream =
      frame.upstream === undefined ? "" : `X-Timestamp: ${formatTimestamp(frame)}\r\nX-Sequence: ${frame.upstream}\r\n`;
    const headers = `${delimiter}\r\nContent-Length: ${frame.data.length}\r\n${upstream}\r\n`;
    return [encoder.encode(headers), frame.data, encoder.encode("\r\n")];
  });
  const bytes = concat([...parts, encoder.encode(`${delimiter}--\r\n`)]);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

function refusal(status: 400 | 405 | 409 | 415 | 503, message: string, options?: ErrorOptions) {
  return new HTTPException(status, { message, ...options });
}
