import { readFileSync } from "node:fs";
import process from "node:process";
import { expect } from "vitest";
import { pause } from "../fixtures/machine.ts";
import { countable, descendants, descriptors } from "../fixtures/processes.ts";
import { needs, unless } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";
import { type Client, connect } from "./client.ts";
import { rtcServer } from "./server.ts";

const rounds = 10;

/** The process for WebRTC of this one. */
function hostProcess(): number | undefined {
  const isHost = ({ pid }: { readonly pid: number }) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("rtc/host/main.ts");
    } catch {
      return false; // it has ended in the meantime
    }
  };
  return descendants(process.pid).find(isHost)?.pid;
}

const memory = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

needs("ffmpeg").describe("Peers that come and go", () => {
  unless(!countable && "processes cannot be counted here").it(
    "leave nothing behind: 40 of them, in four ways",
    async () => {
      const server = await rtcServer({ source: "testcard:160x120@10", onDemand: 500 }, 2000);
      const remove = async ({ location }: Client) => {
        expect((await fetch(`${server.url}${location}`, { method: "DELETE" })).status).toBe(200);
      };
      const ways: Record<string, (client: Client) => Promise<unknown>> = {
        "it is deleted": async (client) => {
          await remove(client);
          client.close();
        },
        "it goes on after the end": async (client) => {
          await remove(client);
          const headers = { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" };
          const late = await fetch(`${server.url}${client.location}`, {
            method: "PATCH",
            headers,
            body: "a=mid:0\r\n",
          });
          expect(late.status).toBe(404);
          await pause(50); // for its reports
          client.close();
        },
        "it never connects": async (client) => {
          await remove(client);
          client.close();
        },
      };
      let first: { readonly descriptors: number; readonly memory: number } | undefined;
      const keeps = await connect(server.url); // keeps the process
      for (let round = 0; round < rounds; round++) {
        for (const [way, leave] of Object.entries(ways)) {
          await leave(await connect(server.url, { connects: way !== "it never connects" }));
        }
        await until(() => server.rtc.size === 1, "they are gone");
        const pid = hostProcess() ?? 0;
        if (round === 1) first = { descriptors: descriptors(pid), memory: memory(pid) };
      }
      // The library mostly says nothing when it closes: to the server these vanish, which takes half a minute to notice.
      const vanishing = await Promise.all(Array.from({ length: rounds }, () => connect(server.url)));
      for (const client of vanishing) client.close();
      await until(() => server.rtc.size === 1, "they are gone", 60_000);
      const { left, lost, ...others } = server.rtc.ended;
      expect([left + lost, others]).toEqual([4 * rounds, { never: 0, ended: 0, limit: 0 }]);
      const pid = hostProcess() ?? 0;
      await until(() => descriptors(pid) <= (first?.descriptors ?? 0), "descriptors are as before");
      expect(memory(pid) - (first?.memory ?? 0)).toBeLessThan(40); // megabytes
      expect([server.rtc.restarts, server.hosts.length, server.encoders.length]).toEqual([0, 1, 1]);
      const packets = keeps.packets();
      await until(() => keeps.packets() > packets + 5, "the one that stays loses nothing");

      await remove(keeps);
      keeps.close();
      await until(() => server.camera.state.state === "idle", "the source is idle");
      await Promise.all([...server.hosts, ...server.encoders].map(({ exited }) => exited));
      expect(hostProcess()).toBeUndefined();
    },
  );
});
