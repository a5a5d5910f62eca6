import { Buffer } from "node:buffer";
import { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Drainable } from "../../relay/drainable.ts";

const direct = new WeakMap<ReadableStream, Drainable<Uint8Array>>();

/** Marks a body to be written directly to the socket of its response; see `Connection.writeDirectly`. */
export function writeDirectly(body: Drainable<Uint8Array>): void {
  direct.set(body, body);
}

/** Sends a response whose body was marked with {@link writeDirectly} on its socket; returns any other response. */
export function sendDirectly(response: Response, { outgoing }: HttpBindings): Response {
  if (!response.headers.get("content-type")?.startsWith("multipart/")) return response; // node-server buffers a body once it is read
  const body = response.body && direct.get(response.body);
  if (!body || !(outgoing instanceof ServerResponse)) return response;
  writeBody(body, response, outgoing).catch(() => outgoing.destroy());
  return RESPONSE_ALREADY_SENT;
}

/**
 * Writes a body to its socket, one write for each part, each when the previous one has been sent.
 *
 * Writing through the response would take half as much CPU time again. The body needs no chunked encoding, because it
 * ends with the connection.
 */
async function writeBody(body: Drainable<Uint8Array>, response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  const socket = outgoing.socket ?? (await nextSocket(outgoing)); // a pipelined request gets it later
  const source = body.drainTo({
    enqueue(part = new Uint8Array()) {
      if (socket.write(bufferOf(part))) source.pull();
    },
    close: () => void outgoing.end(),
    error: () => void socket.destroy(),
  });
  socket.on("drain", () => source.pull());
  socket.once("close", () => void source.cancel(undefined));
  if (socket.destroyed) source.cancel(undefined);
  else if (!socket.writableNeedDrain) source.pull();
}

const buffers = new WeakMap<Uint8Array, Buffer>();

/** Returns the bytes as the Buffer that a socket would otherwise make of a shared part once for each viewer. */
function bufferOf(part: Uint8Array): Buffer {
  const known = buffers.get(part);
  if (known) return known;
  const buffer = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  buffers.set(part, buffer);
  return buffer;
}

function nextSocket(outgoing: ServerResponse): Promise<Socket> {
  return new Promise((resolve) => outgoing.once("socket", resolve));
}
