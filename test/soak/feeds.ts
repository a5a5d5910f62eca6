import { connect, createServer, type Server, type Socket } from "node:net";
import { picture } from "../fixtures/picture.ts";
import type { Random } from "../fuzz/random.ts";

const period = 100; // milliseconds between two pictures
const redial = 200; // milliseconds

/** A writer of pictures that can be made to misbehave. */
export class Feed {
  readonly #close: () => void;
  readonly #jpeg: Uint8Array;
  #socket: Socket | undefined;
  #frame: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  #timer: ReturnType<typeof setInterval>;
  #mood: "well" | "silent" | "garbage" | "truncated" = "well";

  private constructor(jpeg: Uint8Array, close: () => void) {
    this.#jpeg = jpeg;
    this.#close = close;
    this.#timer = setInterval(() => this.#write(), period);
  }

  /** Writes to whoever listens at a port of loopback, and dials again when the connection is lost. */
  static dialling(port: number): Promise<Feed> {
    return Feed.#redialling(port, (feed, socket) => feed.#take(socket));
  }

  /** Pushes in one request without an end, and in another one when that is answered. */
  static pushing(url: string): Promise<Feed> {
    const { host, port, pathname } = new URL(url);
    const type = "Content-Type: video/x-motion-jpeg\r\nTransfer-Encoding: chunked";
    return Feed.#redialling(Number(port), (feed, socket) => {
      socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${type}\r\n\r\n`);
      socket.once("data", () => socket.destroy());
      feed.#take(socket, inChunk);
    });
  }

  static async #redialling(port: number, welcome: (feed: Feed, socket: Socket) => void): Promise<Feed> {
    let over = false;
    const feed = new Feed(await picture(0, { size: 4000 }), () => {
      over = true;
    });
    const open = () => {
      if (over) return;
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("close", () => setTimeout(open, redial));
      welcome(feed, socket);
    };
    open();
    return feed;
  }

  /** Writes to whoever dials; the newest one has it. */
  static async listening(): Promise<{ feed: Feed; port: number }> {
    const server: Server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const feed = new Feed(await picture(0, { size: 4000 }), () => server.close());
    server.on("connection", (socket) => feed.#take(socket));
    const address = server.address();
    return { feed, port: typeof address === "object" && address ? address.port : 0 };
  }

  /** For the next milliseconds it writes nothing, noise, or pictures that are cut. */
  spoil(how: "silent" | "garbage" | "truncated", milliseconds: number): void {
    this.#mood = how;
    setTimeout(() => {
      this.#mood = "well";
    }, milliseconds);
  }

  /** Cuts the connection, in the middle of a picture if it likes. */
  cut(random: Random): void {
    const part = this.#jpeg.subarray(0, random.between(1, this.#jpeg.length));
    if (random.chance(0.5)) this.#socket?.write(this.#frame(part));
    if (random.chance(0.5)) this.#socket?.resetAndDestroy();
    else this.#socket?.destroy();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#close();
    this.#socket?.destroy();
  }

  #take(socket: Socket, frame = this.#frame): void {
    socket.on("error", () => {});
    socket.on("data", () => {});
    this.#socket = socket;
    this.#frame = frame;
  }

  #write(): void {
    if (this.#mood === "silent" || !this.#socket?.writable) return;
    this.#socket.write(this.#frame(this.#bytes()));
  }

  #bytes(): Uint8Array {
    if (this.#mood === "well") return this.#jpeg;
    if (this.#mood === "truncated") return this.#jpeg.subarray(0, this.#jpeg.length >> 1);
    return Uint8Array.from({ length: 3000 }, () => Math.floor(Math.random() * 256));
  }
}

/** As a chunk of a body whose length nobody knows. */
const inChunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
