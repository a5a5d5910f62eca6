// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration writes variables like this
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/config/error.ts";
import { parseConfiguration } from "../../src/config/read.ts";

const environment = { PASSWORD: "a#b%c@d/e:f", LOGIN: "me:a#b", KEY: "hunter2" };
const read = (camera: unknown) => {
  const { cameras } = parseConfiguration(JSON.stringify({ cameras: { yard: camera } }), {
    file: "/etc/teecam.yaml",
    environment,
  });
  const [yard] = cameras;
  if (!yard) throw new Error("there is no camera");
  return yard;
};
const diagnose = (camera: unknown): string => {
  try {
    read(camera);
    return "";
  } catch (error) {
    if (error instanceof ConfigurationError) return error.diagnostics.join("\n");
    throw error;
  }
};

describe("A variable in a URL's user name and password", () => {
  it.each([
    ["http://me:${PASSWORD}@cam/s", "http://me:a%23b%25c%40d%2Fe%3Af@cam/s"],
    ["rtsp://${KEY}:${PASSWORD}@cam/s?x=${KEY}", "rtsp://hunter2:a%23b%25c%40d%2Fe%3Af@cam/s?x=hunter2"],
    ["http://${LOGIN}@cam/s", "http://me:a%23b@cam/s"],
    ["http://cam/${LOGIN}@x", "http://cam/me:a#b@x"],
    ["${LOGIN}", "/etc/me:a#b"],
  ])("is encoded: %s", (source, expected) => {
    expect(read({ source }).source).toBe(expected);
  });

  it("is a secret as it is and as it is written", () => {
    const { secrets } = read({ source: "http://me:${PASSWORD}@cam/s" });
    expect(secrets).toEqual(["a#b%c@d/e:f", "a%23b%25c%40d%2Fe%3Af"]);
  });

  it("is encoded in the arguments of a command too", () => {
    expect(read({ command: ["ffmpeg", "-i", "rtsp://me:${PASSWORD}@cam/"] }).source).toContain(
      "rtsp://me:a%23b%25c%40d%2Fe%3Af@cam/",
    );
  });
});

describe("A URL that can be read in two ways", () => {
  it("is an error that names the camera and what to write", () => {
    expect(diagnose({ source: "http://me:1/34@127.0.0.1:80/s" })).toMatch(/cameras\.yard\.source: .*write \/ as %2F/);
  });
});

describe("The settings of HTTP cameras", () => {
  it("are read, and a certificate's path is relative to the file", () => {
    const camera = read({
      source: "https://cam/s",
      headers: { "X-Key": "${KEY}" },
      tls: { ca: "camera.pem" },
      allow_link_local: true,
      every: "30s",
    });
    expect(camera).toMatchObject({
      headers: { "X-Key": "hunter2" },
      allowLinkLocal: true,
      every: 30_000,
      secrets: ["hunter2"],
    });
    expect(camera.tls).toEqual({ ca: resolve("/etc/camera.pem") });
  });

  it.each([
    [{ source: "/dev/video0", headers: { a: "b" } }, "cameras.yard.headers"],
    [{ source: "rtsp://cam/", tls: { insecure: true } }, "cameras.yard.tls"],
    [{ command: ["x"], allow_link_local: true }, "cameras.yard.allow_link_local"],
    [{ source: "http://cam/", headers: { "a b": "c" } }, "not a valid name of a header field"],
    [{ source: "http://cam/", headers: { a: "b\r\nc: d" } }, "control character"],
    [{ source: "http://cam/", headers: { Host: "x" } }, "set by teecam"],
    [{ source: "http://cam/", tls: { fingerprint: "12:34" } }, "SHA-256"],
    [{ source: "http://cam/", every: 30 }, "write 30s or 30ms"],
  ])("are refused where they mean nothing: %j", (camera, why) => {
    expect(diagnose(camera)).toContain(why);
  });

  it("show no value of a header field in an error", () => {
    expect(diagnose({ source: "http://cam/", headers: { a: 98765 } })).not.toContain("98765");
  });
});
