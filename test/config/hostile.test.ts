import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCertificate } from "../../src/cli/certificate.ts";
import { ConfigurationError } from "../../src/config/error.ts";
import { parseConfiguration } from "../../src/config/read.ts";
import { readText } from "../../src/config/text.ts";
import { cpuTime } from "../fixtures/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "teecam-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function diagnostics(text: string): readonly string[] {
  try {
    parseConfiguration(text, { file: "teecam.yaml", environment: { HOME: "/home/somebody" } });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.diagnostics;
    throw error;
  }
  return [];
}

describe("A configuration that is no file", () => {
  const pipe = join(folder, "pipe");
  spawnSync("mkfifo", [pipe]);

  it.each([pipe, "/dev/zero", "/dev/null", "/dev/stdin"])("is refused at once: %s", async (file) => {
    await expect(readText(file)).rejects.toThrow(/is a pipe or a device, not a file$/);
  });

  it("is refused as a certificate too", async () => {
    const files = { cert: pipe, key: pipe };
    await expect(readCertificate(files)).rejects.toThrow(/cannot be read: is a pipe or a device, not a file$/);
  });

  it("is refused when it is large, without reading it to its end", async () => {
    const file = join(folder, "large.yaml");
    writeFileSync(file, "#".repeat(3_000_000));
    await expect(readText(file)).rejects.toThrow(/larger than 1 MiB/);
  });
});

describe("A name that no mapping can have", () => {
  it.each([
    ["cameras:\n  __proto__: { source: push }\n", "teecam.yaml:2:3: "],
    ["cameras:\n  a: { source: push, env: { __proto__: x } }\n", "teecam.yaml:2:29: "],
    ["cameras:\n  a: { source: push, predictors: { __proto__: motion } }\n", "teecam.yaml:2:36: "],
    ["__proto__: { polluted: 1 }\n", "teecam.yaml:1:1: "],
    ['{"cameras": {"__proto__": {"source": "push"}}}', "teecam.yaml:1:14: "],
  ])("is an error: %j", (text, position) => {
    expect(diagnostics(text)).toEqual([`${position}invalid name "__proto__"`]);
  });
});

describe("A configuration of many entries", () => {
  const list = (count: number, entry: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => entry(n)).join("");
  it.each<[string, (count: number) => string]>([
    ["unknown keys", (count) => list(count, (n) => `k${n}: 1\n`)],
    ["keys of one mapping twice", (count) => list(count, (n) => `k${n % (count / 2)}: 1\n`)],
    ["cameras", (count) => `cameras:\n${list(count, (n) => `  c${n}: { source: push }\n`)}`],
    ["variables", (count) => `cameras:\n${list(count, (n) => `  c${n}: { source: "\${HOME}/x${n}" }\n`)}`],
    ["bad cameras", (count) => `cameras:\n${list(count, (n) => `  c${n}: { source: 1 }\n`)}`],
  ])("takes time in proportion to them: %s", (_, make) => {
    const took = (count: number) => {
      const text = make(count);
      const time = cpuTime();
      diagnostics(text);
      return time();
    };
    took(1000); // compiled
    const few = Math.min(took(1000), took(1000), took(1000));
    expect(took(8000)).toBeLessThan(8 * 4 * Math.max(few, 5));
  });
});
