#!/usr/bin/env tsx
import * as adapter from "#adapter";
import { run } from "./cli/run.ts";

await run(adapter);
