import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { networkAddresses } from "../../src/cli/addresses.ts";
import { freePort } from "../fixtures/ports.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

const others = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .filter(({ family, internal }) => family === "IPv4" && !internal)
  .map(({ address }) => address);

it("A server that listens everywhere prints the addresses that a phone can open, with the token", async () => {
  const program = await serve(["--host", "0.0.0.0", "testcard:64x48@9"]);
  const lines = await until(() => {
    const found = program
      .output()
      .split("\n")
      .filter((line) => line.startsWith("On your network: "));
    return found.length === networkAddresses("0.0.0.0").length && found;
  }, "the addresses are printed");
  for (const line of lines) {
    const url = new URL(line.replace("On your network: ", ""));
    expect(others).toContain(url.hostname);
    expect((await fetch(url, { redirect: "manual" })).status).toBe(303);
  }
  expect(program.output()).not.toContain("█"); // there is no terminal that shows a QR code
});

it("A server for this machine alone has no such address", () => {
  for (const host of ["127.0.0.1", "::1", "localhost"]) expect(networkAddresses(host)).toEqual([]);
  expect(networkAddresses("192.0.2.7")).toEqual(["192.0.2.7"]);
});

it("Options and the environment name hosts and origins", async () => {
  const port = await freePort();
  const args = [
    "--allow-host",
    "cams.example",
    "--allow-origin",
    "capacitor://localhost",
    "--allow-origin",
    "http://a.b",
  ];
  const program = await serve([...args, "testcard:64x48@9"], { env: { TEECAM_ALLOW_HOSTS: `teecam:${port} x.y` } });
  const origin = "capacitor://localhost";
  const answer = await fetch(`${program.url}/cameras`, { headers: { origin } });
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
  expect((await fetch(`${program.url}/cameras`, { headers: { origin: "http://a.c" } })).status).toBe(403);
  await until(() => program.output().includes("--allow-origin http://a.c"), "the log names origin and option");
});
