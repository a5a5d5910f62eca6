import { defineConfig, type ViteUserConfig } from "vitest/config";

// Vite resolves "#adapter" itself: without this condition the Deno run would test the Node adapter.
const runtime = "Deno" in globalThis ? ["deno"] : [];

// In CI, for the sake of time, the page's own tests run on Node alone.
const alike = ["page", "e2e/page", "e2e/boxes"];
const isBrief = "Deno" in globalThis && process.env.CI === "true";

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: [...runtime, "module", "node", "development|production"] } },
  // Ages and rates are measured beside a browser and two encoders: on a busy machine one second may not be like the next.
  test: {
    maxWorkers: 3, // most tests wait for programs more than they compute
    retry: process.env.CI === "true" ? 1 : 0,
    include: ["test/**/*.test.ts"],
    exclude: isBrief ? alike.flatMap((name) => [`test/${name}.test.ts`, `test/${name}/**`]) : [],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
  },
});

export default config;
