import { createServer } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { dial, freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Tells whether a port of loopback can be listened on. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

it.skipIf("Deno" in globalThis || process.platform === "win32")(
  "npm start ends with its port when it is asked to end",
  async () => {
    const port = await freePort();
    const npm = program(["npm", "start", "--", "--port", `${port}`, "testcard:160x120@5"], { cwd: root });
    await until(() => npm.output().includes(" shows "), `it serves: ${npm.output()}`);
    (await dial(port)).destroy();
    process.kill(npm.pid, "SIGTERM"); // npm alone, as a supervisor does
    await npm.ended;
    await until(() => isFree(port), "the port is free");
  },
);
