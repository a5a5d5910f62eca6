import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CameraOptions } from "../../src/camera/options.ts";
import { type Camera, camera, connection, createApp, type Server, serve } from "../../src/index.ts";
import type { Logger } from "../../src/log.ts";
import { picture } from "../fixtures/picture.ts";

/** A server in this process, into which one fault after the other is injected, each on a camera of its own. */
export class Harness {
  readonly url: string;
  /** Warnings and errors that the cameras have logged. */
  readonly warnings: string[] = [];
  /** One picture, as the writers of {@link writing} write it. */
  readonly jpeg: Uint8Array;
  /** The file of a picture that fills buffers. */
  readonly great: string;
  /** A camera without faults. */
  readonly steady: Camera;
  readonly #cameras: Map<string, Camera>;
  readonly #folder = mkdtempSync(join(tmpdir(), "teecam-faults-"));
  readonly #server: Server;
  readonly #log: Logger;
  #count = 0;

  private constructor(
    server: Server,
    cameras: Map<string, Camera>,
    { jpeg, great }: { jpeg: Uint8Array; great: Uint8Array },
  ) {
    const fill = (message: string, values: Record<string, unknown> = {}) =>
      message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
    const quiet = () => {};
    const warn = (message: string, values?: Record<string, unknown>) => void this.warnings.push(fill(message, values));
    this.#log = { debug: quiet, info: quiet, warn, error: warn };
    this.url = `http://127.0.0.1:${server.port}`;
    this.jpeg = jpeg;
    this.#server = server;
    this.#cameras = cameras;
    this.great = this.path("great.jpg");
    writeFileSync(this.great, great);
    writeFileSync(this.path("picture.jpg"), jpeg);
    this.steady = this.add([this.script("steady", writing)]);
  }

  static async open(): Promise<Harness> {
    const cameras = new Map<string, Camera>();
    const server = await serve((upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection }), {
      hostname: "127.0.0.1",
      port: 0,
    });
    return new Harness(server, cameras, {
      jpeg: await picture(1, { size: 4000 }),
      great: await picture(1, { size: 200_000 }),
    });
  }

  /** Adds a camera to the server. */
  add(source: NonNullable<CameraOptions["source"]>, options: CameraOptions = {}): Camera {
    const id = `camera-${++this.#count}`;
    const made = camera({ id, source, log: this.#log, ...options });
    this.#cameras.set(id, made);
    return made;
  }

  /** Ends a camera, and waits until nothing of it is left. */
  async remove(camera: Camera): Promise<void> {
    this.#cameras.delete(camera.id);
    await camera.close();
  }

  /** Returns what `GET /cameras/{id}` answers. */
  async ask({ id }: Camera): Promise<{
    state: string;
    detail: string | null;
    viewers: number;
    input: { skipped: number };
  }> {
    return (await (await fetch(`${this.url}/cameras/${id}`, { headers: { connection: "close" } })).json()) as Answer;
  }

  /** Returns the path of a script of this name. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Writes a shell script, in which `$picture` is the path of a JPEG, and returns its path. */
  script(name: string, lines: string, { executable = true }: { readonly executable?: boolean } = {}): string {
    const path = this.path(name);
    writeFileSync(path, `#!/bin/sh\npicture=${this.path("picture.jpg")}\n${lines}\n`);
    chmodSync(path, executable ? 0o755 : 0o644);
    return path;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#cameras.values()].map((camera) => camera.close()));
    await this.#server.close(1000);
    rmSync(this.#folder, { recursive: true });
  }
}

/** The part of `GET /cameras/{id}` that faults are checked against. */
export interface Answer {
  readonly state: string;
  readonly detail: string | null;
  readonly viewers: number;
  readonly input: { readonly skipped: number };
}

/** Lines of a script that writes ten pictures a second for ever. */
export const writing = 'while :; do cat "$picture"; sleep 0.1; done';

/** A server that writes to whoever dials it, for a source such as `tcp://…`. */
export async function peer(welcome: (socket: Socket) => void): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("close", () => sockets.delete(socket));
    welcome(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
