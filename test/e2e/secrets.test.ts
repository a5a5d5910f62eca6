import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { freePort } from "../fixtures/ports.ts";
import { countable, kill } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { run } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

let made = 0;
/** A secret that appears in nothing else. */
const canary = () => `canary${(++made).toString().padStart(2, "0")}bird`;

/** All of an answer, its headers too. */
async function ask(url: string, headers: Record<string, string> = {}): Promise<string> {
  return await new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let text = JSON.stringify(response.headers);
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    })
      .on("error", reject)
      .setTimeout(5000, () => reject(new Error(`No answer to ${url}`)))
      .end();
  });
}

needs("ffmpeg").it.each(["text", "json"])(
  "No secret of any kind is in any output, with a log in %s at debug level",
  async (format) => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const port = await freePort();
    const secrets = {
      rtsp: canary(),
      http: canary(),
      query: canary(),
      argument: canary(),
      variable: canary(),
      environment: canary(),
      token: canary(),
      kiosk: canary(),
      secret: canary(),
      wrong: canary(),
      signature: canary(),
    };
    const closed = `127.0.0.1:${await freePort()}`;
    const told = 'echo "I was told $API_KEY and $1" >&2; env >&2; sleep 0.2; exit 3';
    const configuration = {
      server: {
        host: "127.0.0.1",
        port,
        log: { level: "debug", format },
        auth: { token: secrets.token, tokens: [{ token: secrets.kiosk, cameras: ["rtsp"] }], secret: secrets.secret },
      },
      cameras: {
        rtsp: { source: `rtsp://user:${secrets.rtsp}@${closed}/1` },
        http: { source: `http://user:${secrets.http}@${closed}/snap.jpg?password=${secrets.query}` },
        program: {
          command: ["sh", "-c", told, "sh", `rtsp://user:${secrets.argument}@${closed}/2`],
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for the program to fill in
          env: { API_KEY: secrets.variable, OTHER: "${TEECAM_TEST_CANARY}" },
        },
        card: { source: "testcard:64x48@10" },
      },
    };
    const file = join(folder, "teecam.yaml");
    writeFileSync(file, JSON.stringify(configuration));
    const program = run(["--config", file], { env: { TEECAM_TEST_CANARY: secrets.environment } });
    onTestFinished(() => kill(program));
    await until(() => program.output().includes(` at http://127.0.0.1:${port}/`), `it listens: ${program.output()}`);

    const url = `http://127.0.0.1:${port}`;
    const all = { authorization: `Bearer ${secrets.token}` };
    let shown = "";
    const look = async (path: string, headers: Record<string, string> = all) => {
      shown += await ask(url + path, headers);
    };
    await until(async () => {
      const answer = JSON.parse((await ask(`${url}/cameras`, all)).replace(/^\{.*?\}(?=\{)/s, ""));
      const failed = (id: string) =>
        answer.cameras.some((one: { id: string; detail: string | null }) => one.id === id && one.detail);
      return ["rtsp", "http", "program"].every(failed);
    }, `all have failed: ${program.output()}`);
    for (const path of ["/cameras", "/cameras/rtsp", "/cameras/http", "/state", "/metrics", "/", "/nothing"]) {
      await look(path);
      await look(path, { authorization: `Bearer ${secrets.kiosk}` });
      await look(path, { authorization: `Bearer ${secrets.wrong}` });
      await look(path, { cookie: `teecam-${port}=${secrets.wrong}` });
      await look(`${path}?token=${secrets.wrong}`);
      await look(`${path}?camera=rtsp&expires=9999999999&signature=${secrets.signature}`, {});
    }
    await look(`/?token=${secrets.token}`, {}); // its cookie is no token
    await look(`/stream?fps=none&token=${secrets.wrong}`);
    await look("/cameras/card/snapshot?max_age=1e9");
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, "teecam.v1", { headers: all });
    onTestFinished(() => socket.terminate());
    socket.on("message", (data: Buffer, binary) => {
      if (!binary) shown += data.toString();
    });
    socket.on("open", () => {
      socket.send(JSON.stringify({ type: "subscribe", cameras: ["rtsp", "http", "program"] }));
    });
    await until(() => /"type":"state".*"program"|"program".*"type":"state"/.test(shown), "states come");
    if (countable) {
      for (const name of ["cmdline", "comm"]) shown += readFileSync(`/proc/${program.child.pid}/${name}`, "utf8");
    }
    expect(await program.stop()).toBe(0);

    const said = program.output();
    expect(said).toContain("I was told ***"); // so that this looks at what it means to
    expect(shown).toContain("***@");
    const leaked = Object.entries(secrets).filter(([, secret]) => (said + shown).includes(secret));
    const where = leaked.map(([name, secret]) => [
      name,
      (said + shown).split("\n").find((line) => line.includes(secret)),
    ]);
    expect(where).toEqual([]);
  },
);
