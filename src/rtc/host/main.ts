// The program that speaks WebRTC in its own process. A crash of its native code affects only its peers, and the sockets of
// peers are not inherited by the programs of cameras.
import process from "node:process";
import { Readable } from "node:stream";
import type { FromHost, ToHost } from "../messages.ts";
import type { RtcOptions } from "../options.ts";
import { encodeMessage, MessageParserStream } from "../wire.ts";
import { farewell, type Library, Peer } from "./peer.ts";

const reportInterval = 1000; // milliseconds

const log = (error: unknown) => console.error(error instanceof Error ? error.message : String(error));
process.on("uncaughtException", log);
process.on("unhandledRejection", log);
console.log = console.info = console.debug = console.error; // standard output carries messages
await main();
process.exit(0);

async function main(): Promise<void> {
  const library = await import("node-datachannel").then(
    (module) => module.default,
    (error) => send({ type: "missing", error: error instanceof Error ? error.message : String(error) }),
  );
  if (!library) return await flush();
  library.initLogger("Error", (_, message) => log(message));
  const peers = new Map<string, Peer>();
  let options: RtcOptions = {};
  const timer = setInterval(() => report(peers), reportInterval);
  const input = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
  for await (const { head, data } of input.pipeThrough(new MessageParserStream<ToHost>())) {
    if (head.type === "configure") options = head;
    else if (head.type === "offer") open(head, { library, options, peers });
    else if (head.type === "candidate") peers.get(head.peer)?.addCandidate(head.candidate, head.mid);
    else if (head.type === "picture") peers.get(head.peer)?.sendPicture(data, head.time);
    else if (head.type === "close") {
      peers.get(head.peer)?.close(head.reason);
      peers.delete(head.peer);
    }
  }
  clearInterval(timer);
  for (const peer of peers.values()) peer.close("ended");
  await new Promise((resolve) => setTimeout(resolve, farewell + 50));
  library.cleanup();
}

interface Context {
  readonly library: Library;
  readonly options: RtcOptions;
  readonly peers: Map<string, Peer>;
}

function open(offer: Extract<ToHost, { type: "offer" }>, { library, options, peers }: Context): void {
  const sendOf = (message: FromHost) => {
    if (message.type === "closed") peers.delete(message.peer);
    send(message);
  };
  try {
    peers.set(offer.peer, new Peer({ ...options, library, offer, send: sendOf }));
  } catch (error) {
    send({ type: "refused", peer: offer.peer, error: error instanceof Error ? error.message : String(error) });
  }
}

function report(peers: ReadonlyMap<string, Peer>): void {
  for (const [peer, { stats }] of peers) send({ type: "stats", peer, ...stats });
  send({ type: "alive" });
}

function send(message: FromHost): void {
  process.stdout.write(encodeMessage(message));
}

function flush(): Promise<void> {
  return new Promise((resolve) => process.stdout.write("", () => resolve()));
}
