#!/usr/bin/env tsx
import { adapter } from "#adapter";
import { run } from "./cli/run.ts";

await run(adapter);
