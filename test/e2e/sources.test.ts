import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { FrameParserStream } from "../../src/media/frame-parser.ts";
import { picture } from "../fixtures/picture.ts";
import { dial, freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { rtspCamera } from "../fixtures/rtsp.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { watchSocket, watchStream } from "../fixtures/viewers.ts";

const moving = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=30"];
const quiet = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error"];

/** Has ffmpeg decode the first camera's stream; it is to find nothing to remark on. */
async function decode({ url, output }: Teecam, frames: number): Promise<void> {
  const ffmpeg = program([
    ...["ffmpeg", "-hide_banner", "-nostdin", "-v", "warning", "-i", `${url}/stream`],
    ...["-frames:v", String(frames), "-f", "null", "-"],
  ]);
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    limit = setTimeout(() => resolve(`too late, ${output()}`), 15_000);
  });
  const ended = await Promise.race([ffmpeg.ended, late]);
  clearTimeout(limit);
  expect({ ended, remarks: ffmpeg.output() }).toEqual({ ended: 0, remarks: "" });
}

const hash = (bytes: Uint8Array | undefined) => bytes && createHash("sha256").update(bytes).digest("hex");

/** Writes pictures, each when the one before has arrived: what viewers of both transports see is what was written. */
async function expectByteForByte({ url }: Teecam, write: (jpeg: Uint8Array) => void): Promise<void> {
  const viewers = [await watchStream(`${url}/stream`), await watchSocket(`${url}/stream`)];
  for (let number = 0; number < 10; number++) {
    const jpeg = await picture(number, { size: 1000 + 20_000 * number });
    write(jpeg);
    for (const viewer of viewers) {
      await until(() => viewer.seen > number, `picture ${number} arrives`);
      expect(hash(viewer.newest)).toBe(hash(jpeg));
    }
  }
  expect(viewers.map(({ seen }) => seen)).toEqual([10, 10]);
}

/** Listens on loopback until the test is over. */
async function listening<T extends Server>(server: T): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The pictures in a file, by ffmpeg's own copy. */
async function framesOf(...input: string[]): Promise<Uint8Array[]> {
  const bytes = execFileSync("ffmpeg", [...quiet.slice(1), ...input, "-f", "mjpeg", "-"], { maxBuffer: 1e9 });
  const frames: Uint8Array[] = [];
  const keep = new WritableStream<Frame>({ write: ({ data }) => void frames.push(data) });
  await new Blob([bytes]).stream().pipeThrough(new FrameParserStream()).pipeTo(keep);
  return frames;
}

/** Writes a picture about 30 times a second until the test is over. */
function play(jpegs: readonly Uint8Array[], write: (jpeg: Uint8Array) => void): void {
  let number = 0;
  const timer = setInterval(() => write(jpegs[number++ % jpegs.length] ?? new Uint8Array()), 33);
  onTestFinished(() => clearInterval(timer));
}

/** What a body of parts says of each picture in its headers, for as long as it takes to see `count` of them. */
async function partHeaders(url: string, count: number): Promise<Map<string, string>[]> {
  const response = await fetch(`${url}/stream?frames=${count}`);
  const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
  return [...text.matchAll(/--teecam\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)+)\r\n/g)].map(([, head = ""]) => {
    const lines = head.trim().split("\r\n");
    return new Map(lines.map((line) => line.split(": ") as [string, string]));
  });
}

needs("ffmpeg", "ffprobe").describe("ffmpeg decodes without a remark", () => {
  let folder: string;
  let jpegs: readonly Uint8Array[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "teecam-"));
    jpegs = await framesOf(...moving, "-frames:v", "60");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Makes a film of four seconds. */
  function film(name: string, ...encoder: string[]): string {
    const file = join(folder, name);
    execFileSync("ffmpeg", [...quiet.slice(1), ...moving, "-t", "4", ...encoder, file]);
    return file;
  }

  it("the test card", async () => {
    await decode(await serve([]), 100);
  });

  it("a program that writes JPEGs", async () => {
    await decode(await serve(["--", ...quiet, "-re", ...moving, "-f", "mjpeg", "-"]), 40);
  });

  it("a program that writes multipart", async () => {
    await decode(await serve(["--", ...quiet, "-re", ...moving, "-f", "mpjpeg", "-"]), 40);
  });

  it("a film in H.264", async () => {
    await decode(await serve([film("clip.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")]), 40);
  });

  it("a film in MPEG-4", async () => {
    await decode(await serve([film("clip.mkv", "-c:v", "mpeg4")]), 40);
  });

  it("a film in MJPEG, which is passed on byte for byte, and ends when it ends", async () => {
    const file = film("clip: 12%.avi", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"); // a name that needs care
    const hashes = (await framesOf("-i", `file:${file}`, "-c:v", "copy")).map(hash);
    expect(hashes).toHaveLength(120);

    const server = await serve([file]);
    const response = await fetch(`${server.url}/stream`);
    const places: number[] = [];
    const place = new WritableStream<Frame>({ write: ({ data }) => void places.push(hashes.indexOf(hash(data))) });
    await Promise.all([decode(server, 40), response.body?.pipeThrough(new FrameParserStream()).pipeTo(place)]);
    expect(places.every((place, at) => place > (places[at - 1] ?? -1))).toBe(true); // -1 is a picture that is not the film's
    expect(places.length).toBeGreaterThan(90);
    expect(places.at(-1)).toBe(119);
    expect((await fetch(`${server.url}/stream`)).status).toBe(410);
  });

  needs("gst-launch-1.0").it("what GStreamer's tcpclientsink writes", async () => {
    const port = await freePort();
    const server = await serve([`tcp-listen://127.0.0.1:${port}`]);
    program(
      `gst-launch-1.0 videotestsrc is-live=true ! video/x-raw,framerate=15/1,width=640,height=480 ! jpegenc ! multipartmux boundary=spionisto ! tcpclientsink host=127.0.0.1 port=${port}`.split(
        " ",
      ),
    );
    await decode(server, 40);
  });

  it("what a peer writes that is dialled", async () => {
    const port = await listening(createServer((socket) => play(jpegs, (jpeg) => socket.write(jpeg))));
    await decode(await serve([`tcp://127.0.0.1:${port}`]), 40);
  });

  it("what another teecam serves", async () => {
    const upstream = await serve(["testcard:320x240@30"]);
    await decode(await serve([`${upstream.url}/stream`]), 40);
  });

  it("a JPEG that is asked for again and again", async () => {
    let number = 0;
    const server = createHttpServer((_, response) => {
      response.writeHead(200, { "Content-Type": "image/jpeg" }).end(jpegs[number++]);
    });
    await decode(await serve([`http://127.0.0.1:${await listening(server)}/snap.jpg`]), 12);
  });

  it("an RTSP camera that wants a password, which nobody sees", async () => {
    const port = await rtspCamera("user:hunter2");
    const server = await serve(["--log-level", "debug", `rtsp://user:hunter2@127.0.0.1:${port}/stream1`]);
    await decode(server, 40);
    expect(server.output() + (await (await fetch(`${server.url}/cameras`)).text())).not.toContain("hunter2");
  });

  it("standard input", async () => {
    const server = await serve(["-"], { stdin: "pipe" });
    server.child.stdin?.on("error", () => {});
    play(jpegs, (jpeg) => server.child.stdin?.write(jpeg));
    await decode(server, 40);
  });
});

it("What is written to standard input leaves byte for byte, and its end ends the camera", async () => {
  const server = await serve(["-"], { stdin: "pipe" });
  const { stdin } = server.child;
  await expectByteForByte(server, (jpeg) => stdin?.write(jpeg));
  const viewer = await watchStream(`${server.url}/stream`);
  stdin?.end();
  await until(() => viewer.over, "the stream ends");
  expect((await fetch(`${server.url}/stream`)).status).toBe(410);
});

it("What a writer writes to a listening socket leaves byte for byte", async () => {
  const port = await freePort();
  const server = await serve([`tcp-listen://127.0.0.1:${port}`]);
  const socket = await dial(port);
  onTestFinished(() => void socket.destroy());
  await expectByteForByte(server, (jpeg) => socket.write(jpeg));
});

it("What a dialled peer writes leaves byte for byte", async () => {
  let peer: Socket | undefined;
  const port = await listening(
    createServer((socket) => {
      peer = socket;
    }),
  );
  const server = await serve([`tcp://127.0.0.1:${port}`]);
  await until(() => peer, "it dials");
  await expectByteForByte(server, (jpeg) => peer?.write(jpeg));
});

it("What a camera serves as multipart leaves byte for byte, and its user name and password are sent", async () => {
  let write: ((jpeg: Uint8Array) => void) | undefined;
  const camera = createHttpServer((request, response) => {
    if (request.headers.authorization !== `Basic ${btoa("user:p@ss")}`) return void response.writeHead(401).end();
    response.writeHead(200, { "Content-Type": 'multipart/x-mixed-replace; boundary="--b=1"' });
    write = (jpeg) => {
      response.write(`--b=1\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      response.write(jpeg);
      response.write("\r\n");
    };
    response.flushHeaders();
  });
  const server = await serve([`http://user:p%40ss@127.0.0.1:${await listening(camera)}/video`]);
  await until(() => write, "it asks");
  await expectByteForByte(server, (jpeg) => write?.(jpeg));
});

it("Pictures of another teecam keep their time, and their number as X-Source-Sequence", async () => {
  const upstream = await serve(["testcard:160x120@20"]);
  const downstream = await serve([`${upstream.url}/stream`]);
  const [first, second] = await Promise.all([partHeaders(upstream.url, 40), partHeaders(downstream.url, 30)]);
  const times = new Map(first.map((part) => [part.get("X-Sequence"), part.get("X-Timestamp")]));
  expect(times.size).toBe(40);
  expect(first.filter((part) => part.has("X-Source-Sequence"))).toEqual([]);
  const common = second.filter((part) => times.has(part.get("X-Source-Sequence")));
  expect(common.length).toBeGreaterThan(20);
  for (const part of common) expect(part.get("X-Timestamp")).toBe(times.get(part.get("X-Source-Sequence")));
});
