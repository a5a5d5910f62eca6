import { connect, createServer, type Server, type Socket } from "node:net";
import { picture } from "../fixtures/picture.ts";
import type { Random } from "../fuzz/random.ts";

const period = 100; // milliseconds between two pictures
const redial = 200; // milliseconds

/** A writer of pictures that can be made to misbehave. */
export class Feed {
  readonly #open: () => void;
  readonly #close: () => void;
  readonly #jpeg: Uint8Array;
  #socket: Socket | undefined;
  #timer: ReturnType<typeof setInterval>;
  #mood: "well" | "silent" | "garbage" | "truncated" = "well";

  private constructor(jpeg: Uint8Array, open: (feed: Feed) => void, close: () => void) {
    this.#jpeg = jpeg;
    this.#open = () => open(this);
    this.#close = close;
    this.#timer = setInterval(() => this.#write(), period);
  }

  /** Writes to whoever listens at a port of loopback, and dials again when the connection is lost. */
  static async dialling(port: number): Promise<Feed> {
    let over = false;
    const feed = new Feed(
      await picture(0, { size: 4000 }),
      (feed) => {
        if (over) return;
        const socket = connect({ port, host: "127.0.0.1", noDelay: true });
        socket.once("close", () => setTimeout(() => feed.#open(), redial));
        feed.#take(socket);
      },
      () => {
        over = true;
      },
    );
    feed.#open();
    return feed;
  }

  /** Writes to whoever dials; the newest one has it. */
  static async listening(): Promise<{ feed: Feed; port: number }> {
    const server: Server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const feed = new Feed(
      await picture(0, { size: 4000 }),
      () => {},
      () => server.close(),
    );
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
    if (random.chance(0.5)) this.#socket?.write(this.#jpeg.subarray(0, random.below(this.#jpeg.length)));
    if (random.chance(0.5)) this.#socket?.resetAndDestroy();
    else this.#socket?.destroy();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#close();
    this.#socket?.destroy();
  }

  #take(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("data", () => {});
    this.#socket = socket;
  }

  #write(): void {
    if (this.#mood === "silent" || !this.#socket?.writable) return;
    const noise = () => Uint8Array.from({ length: 3000 }, () => Math.floor(Math.random() * 256));
    if (this.#mood === "well") this.#socket.write(this.#jpeg);
    else this.#socket.write(this.#mood === "garbage" ? noise() : this.#jpeg.subarray(0, this.#jpeg.length >> 1));
  }
}
