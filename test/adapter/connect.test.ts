import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { adapter } from "#adapter";
import { type CameraOptions, camera } from "../../src/index.ts";
import { cleanUp } from "../fixtures/clean-up.ts";
import { httpDevice, play, send } from "../fixtures/http-device.ts";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

needs("openssl").describe("A camera with a certificate of its own", () => {
  let folder = "";
  let fingerprint = "";
  const file = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "teecam-camera-"));
    for (const name of ["camera", "other"]) {
      const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=www.camera.example -keyout ${file(`${name}.key`)} -out ${file(`${name}.pem`)}`;
      execFileSync("openssl", words.split(" "), { stdio: "ignore" });
    }
    fingerprint = new X509Certificate(readFileSync(file("camera.pem"))).fingerprint256;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function watch(tls: CameraOptions["tls"]) {
    const jpeg = await picture(0);
    const certificate = {
      cert: readFileSync(file("camera.pem"), "utf8"),
      key: readFileSync(file("camera.key"), "utf8"),
    };
    const device = await httpDevice(
      (socket) => {
        send(socket, "HTTP/1.0 200 OK\r\n\r\n");
        play(socket, [jpeg]);
      },
      { tls: certificate },
    );
    const front = camera({ source: `https://127.0.0.1:${device.port}/s`, tls });
    cleanUp(() => front.close());
    return { front, device };
  }

  it("is not trusted, and the detail names the settings that would", async () => {
    const { front, device } = await watch(undefined);
    const { cause } = await until(() => front.state.cause !== null && front.state, "it fails");
    expect(cause).toMatch(/certificate is not trusted: .*fingerprint.*ca: FILE.*insecure: true/);
    expect(device.requests).toEqual([]);
  });

  it.each<[string, () => CameraOptions["tls"]]>([
    ["insecure", () => ({ insecure: true })],
    ["by its fingerprint", () => ({ fingerprint })],
    ["by its fingerprint without colons", () => ({ fingerprint: fingerprint.replaceAll(":", "").toLowerCase() })],
    ["by a file that holds it, whatever its name", () => ({ ca: file("camera.pem") })],
  ])("is trusted %s", async (_, tls) => {
    const { front } = await watch(tls());
    await until(() => front.state.state === "live", "it is live");
  });

  it("is trusted behind a redirect from HTTP too", async () => {
    const { device } = await watch({ insecure: true });
    const plain = await httpDevice((socket) =>
      send(socket, `HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:${device.port}/s\r\nContent-Length: 0\r\n\r\n`),
    );
    const front = camera({ source: `http://127.0.0.1:${plain.port}/`, tls: { insecure: true } });
    cleanUp(() => front.close());
    await until(() => front.state.state === "live", "it is live");
  });

  it("and an old version of TLS: the cause says what can be done", async () => {
    const port = await freePort();
    const files = ["-key", file("camera.key"), "-cert", file("camera.pem")];
    const old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-www", "-quiet"];
    program(["openssl", "s_server", "-accept", String(port), ...files, ...old]);
    const told = async (tls: CameraOptions["tls"], what: string) => {
      const front = camera({ source: `https://127.0.0.1:${port}/`, tls });
      cleanUp(() => front.close());
      await until(() => front.state.cause?.includes(what), `${what} is said`);
    };
    await told(undefined, "tls: { insecure: true } allows that on Node");
    await told({ insecure: true }, "Deno" in globalThis ? "let curl pull it: teecam -- curl" : "an HTML page");
  });

  it.each<[string, () => CameraOptions["tls"], string]>([
    [
      "another fingerprint",
      () => ({ fingerprint: fingerprint.replace(/^../, "00").replace(/..$/, "00") }),
      "fingerprint of its certificate is",
    ],
    ["another certificate", () => ({ ca: file("other.pem") }), "not trusted"],
    ["a file that is not there", () => ({ ca: file("none.pem") }), "cannot read the certificates of tls.ca"],
  ])("is not trusted with %s", async (_, tls, why) => {
    const { front, device } = await watch(tls());
    const { cause } = await until(() => front.state.cause !== null && front.state, "it fails");
    expect(cause).toContain(why);
    expect(device.requests).toEqual([]);
  });
});

it("A connection is closed when its signal is aborted, before and after it is open", async () => {
  const device = await httpDevice(() => {});
  const address = { hostname: "127.0.0.1", port: device.port };
  const life = new AbortController();
  const { readable } = await adapter.connect(address, { signal: life.signal });
  await until(() => device.open() === 1, "it is open");
  life.abort(new Error("enough"));
  await expect(readable.getReader().read()).rejects.toThrow();
  await until(() => device.open() === 0, "it is closed");
  await expect(adapter.connect(address, { signal: life.signal })).rejects.toThrow("enough");
});
