import { Failure } from "../../failure.ts";
import { redact } from "../../redact.ts";
import type { Driver } from "../driver.ts";
import { type OpenBytes, ParsedRuns } from "../parse.ts";
import { invalidSource } from "../spelling.ts";

/** A URL that answers with multipart/x-mixed-replace, or with a JPEG to ask for again and again. */
export interface HttpSpec {
  readonly kind: "http";
  readonly url: string;
}

/** Pulls from an HTTP server: `http://…`, `https://…`. */
export const http: Driver<HttpSpec> = {
  kind: "http",
  parse({ text, scheme }) {
    if (scheme !== "http" && scheme !== "https") return undefined;
    if (!URL.canParse(text)) throw invalidSource(text, "it is not a valid URL");
    return { kind: "http", url: text };
  },
  describe: ({ url }) => redact(url),
  canStart: () => true,
  create: ({ url }, options) => new ParsedRuns(pull(url), options),
};

const pollInterval = 200; // milliseconds between two requests for a camera that only gives single pictures

/**
 * Returns a function that asks for a URL and returns the body of the answer.
 *
 * multipart/x-mixed-replace is passed on as it comes. A single JPEG is asked for again up to five times a second; an
 * answer that equals the one before is no new picture and is left out, so that a frozen camera is seen to be frozen.
 * A user name and password in the URL become a Basic `Authorization` header. Any other answer is an error.
 */
function pull(url: string): OpenBytes {
  const { target, headers } = request(url);

  return async (signal) => {
    const response = await ask(target, headers, signal);
    const type = response.headers.get("content-type")?.toLowerCase() ?? "";
    if (response.body && type.startsWith("multipart/")) return response.body;
    if (type.startsWith("image/")) return poll(response, () => ask(target, headers, signal));
    await response.body?.cancel();
    throw new Failure(
      `Cannot pull ${redact(url)}: it is ${type || "of no stated type"}, not multipart/x-mixed-replace or image/jpeg; ` +
        "for video, let ffmpeg read it: teecam -- ffmpeg -i URL -f mjpeg -",
      { summary: "the answer is no picture and no stream of pictures" },
    );
  };
}

function request(url: string): { target: URL; headers: Headers } {
  const target = new URL(url);
  const headers = new Headers({ accept: "multipart/x-mixed-replace, image/jpeg" });
  if (target.username || target.password) {
    const credentials = `${decode(target.username)}:${decode(target.password)}`;
    headers.set("authorization", `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(credentials)))}`);
    target.username = target.password = "";
  }
  return { target, headers };
}

/** Decodes a part of a URL; one with a lone % stays as it is written, as `curl` has it. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function ask(target: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(target, { headers, signal });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error; // fetch itself says only "fetch failed"
    throw new Error(redact(`Cannot pull ${target.href}: ${cause instanceof Error ? cause.message : cause}`), {
      cause: error,
    });
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Failure(`Cannot pull ${redact(target.href)}: it answered ${response.status} ${response.statusText}`, {
    summary: `it answered ${response.status}`,
  });
}

function poll(first: Response, again: () => Promise<Response>): ReadableStream<Uint8Array> {
  let response: Response | undefined = first;
  let before = new Uint8Array();
  let asked = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          if (!response) {
            const rest = asked + pollInterval - performance.now();
            await new Promise((resolve) => {
              timer = setTimeout(resolve, rest);
            });
            asked = performance.now();
            response = await again();
          }
          const picture: Uint8Array<ArrayBuffer> = new Uint8Array(await response.arrayBuffer());
          response = undefined;
          if (equal(picture, before)) continue;
          before = picture;
          return controller.enqueue(picture);
        }
      },
      cancel: () => clearTimeout(timer),
    },
    { highWaterMark: 0 },
  );
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
