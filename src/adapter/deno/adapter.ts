import type { Adapter } from "../adapter.ts";
import { connect } from "../connect.ts";
import { connection } from "./connection.ts";
import { descriptorLimit } from "./fd-limit.ts";
import { currentProcess } from "./process.ts";
import { serve } from "./serve.ts";
import { program, spawn } from "./spawn.ts";
import { dial, listen } from "./tcp.ts";

/** The adapter for Deno. */
export const adapter: Adapter = {
  ...currentProcess,
  serve,
  connection,
  spawn,
  program,
  listen,
  dial,
  connect,
  descriptorLimit,
};
