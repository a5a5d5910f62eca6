import process from "node:process";
import { defineConfig, type ViteUserConfig } from "vitest/config";

// Vite resolves "#adapter" itself: without this condition the Deno run would test the Node adapter.
const runtime = "Deno" in globalThis ? ["deno"] : [];

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: [...runtime, "module", "node", "development|production"] } },
  test: {
    maxWorkers: 3, // most tests wait for programs more than they compute
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/fixtures/setup.ts"],
    // Nets for what hangs, wide enough for a machine that does ten other things: waits have limits of their own.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 5_000,
    retry: process.env.CI ? 1 : 0, // a machine of others; what passes only then is listed with "retry"
  },
});

export default config;
