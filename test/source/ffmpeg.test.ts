import { describe, expect, it } from "vitest";
import { again } from "../../src/source/ffmpeg/again.ts";
import { convertArguments, probeArguments } from "../../src/source/ffmpeg/arguments.ts";
import { parseProbe } from "../../src/source/ffmpeg/probe.ts";
import type { FfmpegSpec } from "../../src/source/ffmpeg/spec.ts";

const spec = (medium: FfmpegSpec["medium"], input: string): FfmpegSpec => ({ kind: "ffmpeg", medium, input });
const device = spec("device", "/dev/video0");
const rtsp = spec("rtsp", "rtsp://h/1");
const film = spec("file", "clip.avi");
const mjpeg = { codec: "mjpeg", isInterlaced: false };
const h264 = { codec: "h264", isInterlaced: false };
const fpsMode = "-fps_mode";

describe("The command line of ffmpeg", () => {
  it.each([
    ["copies MJPEG", film, { video: mjpeg }, "-c:v copy"],
    ["decodes what is something else", film, { video: h264 }, "-c:v mjpeg -q:v 4"],
    ["decodes what is not known", film, {}, "-c:v mjpeg"],
    [
      "weaves the fields of interlaced MJPEG",
      film,
      { video: { ...mjpeg, isInterlaced: true } },
      "-vf yadif -c:v mjpeg",
    ],
    ["encodes in the quality that is asked for", film, { video: mjpeg, quality: 100 }, "-c:v mjpeg -q:v 2"],
    ["starts a film again", film, { video: { ...h264, canRepeat: true }, loop: true }, "-stream_loop -1 -i"],
    ["repeats no frame of a slow stream", rtsp, { video: h264 }, "-fps_mode passthrough"],
    ["tries RTSP over TCP, then over UDP", rtsp, { video: h264 }, "-rtsp_flags prefer_tcp"],
    ["takes the RTSP transport that is asked for", rtsp, { video: h264, rtspTransport: "udp" }, "-rtsp_transport udp"],
    ["waits for a slow RTSP camera", rtsp, { video: h264, interval: 60_000 }, "-timeout 120000000"],
    ["asks a device for MJPEG if it has that", device, { video: mjpeg }, "-f v4l2 -input_format mjpeg -i /dev/video0"],
    [
      "asks a device for what is wanted of it",
      device,
      { video: mjpeg, inputFormat: "yuyv422", size: "640x480", fps: 15 },
      "-input_format yuyv422 -video_size 640x480 -framerate 15 -i",
    ],
  ])("%s", (_, source, options, words) => {
    expect(convertArguments(source, { ...options, fpsMode }).join(" ")).toContain(words);
  });

  it("asks a device for the same when it is looked at", () => {
    const words = probeArguments(device, { size: "640x480", fps: 15 }).join(" ");
    expect(words).toContain("-input_format mjpeg -video_size 640x480 -framerate 15 -i /dev/video0");
  });
});

describe("What ffprobe says", () => {
  it.each([
    ["", undefined],
    ['format.format_name="mov,mp4"\n', undefined],
    [
      'streams.stream.0.codec_name="h264"\nstreams.stream.0.field_order="progressive"\nformat.format_name="rtsp"\n',
      { codec: "h264", format: undefined, isInterlaced: false, canRepeat: false },
    ],
    [
      'streams.stream.0.codec_name="mjpeg"\nstreams.stream.0.field_order="tt"\nformat.format_name="mjpeg"\n',
      { codec: "mjpeg", format: "mjpeg", isInterlaced: true, canRepeat: true },
    ],
    ...(
      [
        ["mpeg4", "avi", true],
        ["h264", "avi", false],
        ["h264", "mov,mp4,m4a,3gp,3g2,mj2", true],
        ["h264", "mpegts", false],
        ["mpeg2video", "mpeg", false],
        ["png", "png_pipe", true],
      ] as const
    ).map(([codec, name, canRepeat]): [string, object] => [
      `streams.stream.0.codec_name="${codec}"\nformat.format_name="${name}"\n`,
      expect.objectContaining({ codec, canRepeat }),
    ]),
  ])("is read from %j", (text, video) => {
    expect(parseProbe(text)).toEqual(video);
  });
});

describe("again", () => {
  const bytes = (...chunks: number[]) => new Blob(chunks.map((one) => new Uint8Array([one]))).stream();
  const all = async (stream: ReadableStream<Uint8Array>) => [
    ...new Uint8Array(await new Response(stream).arrayBuffer()),
  ];

  it("joins runs until one is empty", async () => {
    const runs = [bytes(1, 2), bytes(3), bytes()];
    const open = again(async () => runs.shift() ?? bytes(9));
    expect(await all(await open(new AbortController().signal))).toEqual([1, 2, 3]);
  });

  it("errors as a run does", async () => {
    const failing = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("gone")) });
    const runs = [bytes(1), failing];
    const open = again(async () => runs.shift() ?? bytes(9));
    await expect(all(await open(new AbortController().signal))).rejects.toThrow("gone");
  });
});
