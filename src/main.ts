#!/usr/bin/env tsx
import { limitLoading } from "./cli/limit-loading.ts";

limitLoading();
const { adapter } = await import("#adapter");
const { run } = await import("./cli/run.ts");
await run(adapter);
