import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { dial, freePort } from "../fixtures/ports.ts";
import { program } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

it.skipIf("Deno" in globalThis || process.platform === "win32")(
  "npm start ends with its port when it is asked to end",
  async () => {
    const port = await freePort();
    const npm = program(["npm", "start", "--", "--port", `${port}`, "testcard:160x120@5"], { cwd: root });
    await until(() => npm.output().includes(" shows "), `it serves: ${npm.output()}`);
    (await dial(port)).destroy();
    process.kill(npm.pid, "SIGTERM"); // npm alone, as a supervisor does
    await npm.ended;
    const bound = spawn(process.execPath, [
      "-e",
      `require("node:http").createServer().listen(${port}, "127.0.0.1", () => process.exit())`,
    ]);
    onTestFinished(() => void bound.kill());
    expect(await new Promise((resolve) => bound.once("exit", resolve))).toBe(0);
  },
);
