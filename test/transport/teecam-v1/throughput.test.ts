import { once } from "node:events";
import { it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { host } from "../../fixtures/host.ts";
import { until } from "../../fixtures/until.ts";

const cameras = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

/** Opens a WebSocket that counts its pictures, until the test is over. */
async function open(url: string, protocols: string[] = []) {
  const counter = { pictures: 0, socket: new WebSocket(url.replace("http", "ws"), protocols) };
  onTestFinished(() => counter.socket.terminate());
  counter.socket.on("message", (_, isBinary) => {
    if (isBinary) counter.pictures++;
  });
  await once(counter.socket, "open");
  return counter;
}

it("One connection carries eight cameras at 30 frames a second as eight connections of one camera each do", async () => {
  const served = await host(cameras);
  onTestFinished(() => served.close());
  for (const feed of served.feeds) {
    const { stop } = feed.play(30);
    onTestFinished(stop);
  }
  const alone = await Promise.all(cameras.map((camera) => open(`${served.url}/cameras/${camera}/ws`)));
  const all = await open(`${served.url}/ws`, ["teecam.v1"]);
  all.socket.send(JSON.stringify({ type: "subscribe", cameras }));
  const sum = () => alone.reduce((total, { pictures }) => total + pictures, 0);
  await until(() => all.pictures > 20 && sum() > 20, "all begin");
  const shares: number[] = [];
  await until(async () => {
    const before = { all: all.pictures, alone: sum() };
    await until(() => sum() - before.alone >= 480, "two seconds of pictures");
    shares.push((all.pictures - before.all) / (sum() - before.alone)); // on a busy machine some pictures miss their turn
    return Math.max(...shares) > 0.85;
  }, `one connection keeps up: ${shares}`);
});
