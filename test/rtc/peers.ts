import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { cleanUp } from "../fixtures/clean-up.ts";
import { tied } from "../fixtures/processes.ts";
import { pythonWith } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";
import { leave, peerPage, shown, watch } from "./chromium.ts";
import type { RtcServer } from "./server.ts";

/** A WebRTC peer of a test that watches the camera of a server. */
export interface TestPeer {
  /** Returns how many pictures it has received. */
  pictures(): Promise<number>;
  /** Returns how it knows that the server has ended it, once it does: the reason, or the error of its track. */
  end(): Promise<string | undefined>;
  /** Returns the path of its session. */
  location(): Promise<string>;
  /** Leaves as a page or program does that is done. */
  close(): Promise<void>;
  /** Is gone from one moment to the next. */
  vanish(): Promise<void>;
}

/** Starts a peer. */
export type StartPeer = (server: Pick<RtcServer, "url">) => Promise<TestPeer>;

/** Starts peers in a browser. */
export function chromiumPeers(browser: () => Browser): StartPeer {
  return async ({ url }) => {
    const page = await peerPage(browser(), url);
    await watch(page, "/cameras/front/whep", { readsTimecodes: false });
    const received = `(async () => {
      const stats = [...(await peers[0].pc.getStats()).values()];
      return stats.find(({ type }) => type === "inbound-rtp")?.framesReceived ?? 0;
    })()`;
    return {
      pictures: () => page.evaluate(received),
      end: async () => (await shown(page)).end,
      location: async () => (await shown(page)).location,
      close: () => leave(page),
      vanish: async () => {
        const session = await page.context().newCDPSession(page);
        await Promise.race([session.send("Page.crash"), new Promise((resolve) => page.once("crash", resolve))]);
      },
    };
  };
}

/** A Python that has aiortc. */
export const aiortcPython: string = pythonWith("aiortc");

/** Starts a peer by aiortc. */
export const aiortcPeer: StartPeer = async ({ url }) => {
  const script = fileURLToPath(new URL("peer.py", import.meta.url));
  const [program, ...rest] = tied([aiortcPython, script, `${url}/cameras/front/whep`]);
  const child = spawn(program, rest, { stdio: "pipe" });
  cleanUp(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (data) => {
    output += data;
  });
  const told = () =>
    output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const isGone = () => child.exitCode !== null;
  await until(() => output.includes("location") || isGone(), "it has an answer");
  if (isGone()) throw new Error(errors.trim().split("\n").at(-1));
  return {
    pictures: async () => told().filter(({ pts }) => pts !== undefined).length,
    end: async () => told().find(({ end }) => end)?.end, // by RTCP: its data channel does not open
    location: async () => told().find(({ location }) => location).location,
    async close() {
      child.stdin.write("close\n");
      await gone;
    },
    async vanish() {
      child.kill("SIGKILL");
      await gone;
    },
  };
};
