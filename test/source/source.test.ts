import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact } from "../../src/redact.ts";
import { describeSource, parseSource } from "../../src/source/registry.ts";

describe("parseSource", () => {
  it.each([
    ["testcard:", { kind: "testcard", size: "1280x720@30" }],
    ["testcard:640x480@15", { kind: "testcard", size: "640x480@15" }],
    ["testcard:640x480", { kind: "testcard", size: "640x480@30" }],
    ["-", { kind: "stdin" }],
    ["/dev/video0", { kind: "ffmpeg", input: "/dev/video0", medium: "device" }],
    ["clip.mp4", { kind: "ffmpeg", input: "clip.mp4", medium: "file" }],
    ["12:30.mp4", { kind: "ffmpeg", input: "12:30.mp4", medium: "file" }],
    ["C:\\clip.mp4", { kind: "ffmpeg", input: "C:\\clip.mp4", medium: "file" }],
    ["file:a.avi", { kind: "ffmpeg", input: "a.avi", medium: "file" }],
    ["rtsp://u:p@h/1", { kind: "ffmpeg", input: "rtsp://u:p@h/1", medium: "rtsp" }],
    ["file:///films/a.avi", { kind: "ffmpeg", input: "/films/a.avi", medium: "file" }],
    ["frames/*.jpg", { kind: "slides", pattern: "frames/*.jpg" }],
    ["srt://h:1", { kind: "ffmpeg", input: "srt://h:1", medium: "network" }],
    ["http://h/stream", { kind: "http", url: "http://h/stream" }],
    ["tcp-listen://127.0.0.1:9999", { kind: "listen", hostname: "127.0.0.1", port: 9999 }],
    ["tcp-listen://[::1]:9999", { kind: "listen", hostname: "::1", port: 9999 }],
    ["tcp://host:80", { kind: "dial", hostname: "host", port: 80 }],
  ])("reads %s", (text, source) => {
    expect(parseSource(text)).toEqual(source);
  });

  it.each([
    ["", "it is empty"],
    ["-x", "looks like an option"],
    ["testcard:big", "testcard:WIDTHxHEIGHT@FPS"],
    ["testcard:8x8@30", "16 to 4096"],
    ["testcard:640x480@0", "1 to 120"],
    ["tcp-listen://127.0.0.1", "a host and a port"],
    ["tcp-listen://127.0.0.1:0", "from 1 to 65535"],
    ["tcp://h:99999", "from 1 to 65535"],
    ["http://", "not a valid URL"],
    ["http://cam:65536/", "from 1 to 65535"],
    ["http://u:p@cam:0/", "from 1 to 65535"],
    ["a\0b", "NUL"],
    ["rtps://h/1", "unknown scheme rtps://; did you mean rtsp"],
    ["rstp://h/1", "did you mean rtsp://?"],
    ["rmtp://h/1", "did you mean rtmp://?"],
    ["htpp://h/1", "did you mean http://?"],
    ["gibberish://h/1", "unknown scheme gibberish://"],
    ["a*/b*.jpg", "only the last part of a path may have a *"],
  ])("refuses %j and says why", (text, why) => {
    expect(() => parseSource(text)).toThrow(TypeError);
    expect(() => parseSource(text)).toThrow(why);
  });

  it("never throws anything but a TypeError that names the source, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((s) => `tcp-listen:${s}`),
        ),
        (text) => {
          try {
            describeSource(parseSource(text));
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
            expect(String(error)).toContain("Cannot use source");
          }
        },
      ),
    );
  });
});

describe("redact", () => {
  it.each([
    ["rtsp://admin:hunter2@10.0.0.7/1", "rtsp://***@10.0.0.7/1"],
    ["Did you mean file:rtsp://u:p%40ss@h:554/x?", "Did you mean file:rtsp://***@h:554/x?"],
    ["http://user@h/ and http://a:b@c/", "http://***@h/ and http://***@c/"],
    ["rtsp://u:p@ss@h/1", "rtsp://***@h/1"],
    ["mail me@home, http://h/a@b", "mail me@home, http://h/a@b"],
  ])("%s becomes %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it("is applied to whatever a source is described as", () => {
    for (const text of ["rtsp://u:secret@h/1", "http://u:secret@h/1", "srt://u:secret@h:1"]) {
      expect(describeSource(parseSource(text))).not.toContain("secret");
    }
    expect(describeSource(parseSource(["ffmpeg", "-i", "rtsp://u:secret@h"]))).not.toContain("secret");
    expect(() => parseSource("http://u:secret@h:bad/")).toThrow(/^(?!.*secret)/);
  });
});
