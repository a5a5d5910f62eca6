import type { Adapter } from "../adapter.ts";
import { connect } from "../connect.ts";
import { createServe } from "../http/serve.ts";
import { createServeInto } from "../http/serve-into.ts";
import { connection } from "./connection.ts";
import { currentProcess } from "./process.ts";
import { killAfter, program, spawn } from "./spawn.ts";
import { dial, listen } from "./tcp.ts";
import { kernel } from "./tcp-info.ts";
import { createUpgradeWebSocket } from "./upgrade.ts";

const serveByNode = createServe(kernel, { overrideGlobalObjects: false }); // Deno.serve takes Deno's own alone
const host = createServeInto(kernel);

/** The adapter for Deno. */
export const adapter: Adapter = {
  ...currentProcess,
  async serve(create, options) {
    if (options.descriptor !== undefined) throw new Error("Deno cannot take over a socket that listens already");
    return await serveByNode(create, options);
  },
  serveInto: host.serveInto,
  upgradeWebSocket: (protocols) => createUpgradeWebSocket({ byNode: host.upgradeWebSocket, protocols }),
  connection,
  spawn,
  killAfter,
  program,
  listen,
  dial,
  connect,
  descriptorLimit: kernel.descriptorLimit,
};
