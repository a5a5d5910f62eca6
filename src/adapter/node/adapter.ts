import type { Adapter } from "../adapter.ts";
import { connect } from "../connect.ts";
import { createConnection } from "../http/connection.ts";
import { createServe } from "../http/serve.ts";
import { createServeInto } from "../http/serve-into.ts";
import { currentProcess } from "./process.ts";
import { killAfter, program, spawn } from "./spawn.ts";
import { dial, listen } from "./tcp.ts";
import { kernel } from "./tcp-info.ts";

const host = createServeInto(kernel);

/** The adapter for Node.js. */
export const adapter: Adapter = {
  ...currentProcess,
  serve: createServe(kernel),
  serveInto: host.serveInto,
  upgradeWebSocket: () => host.upgradeWebSocket,
  connection: createConnection(kernel),
  spawn,
  killAfter,
  program,
  listen,
  dial,
  connect,
  descriptorLimit: kernel.descriptorLimit,
};
