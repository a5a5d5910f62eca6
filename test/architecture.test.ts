import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const page = readFileSync(new URL("docs/architecture.md", root), "utf8");

/** The steps of the walks: `1. \`FILE\` \`NAME\`: …`. */
const steps = [...page.matchAll(/^\d+\. `([^`]+)` `([^`]+)`:/gm)].map(([, file = "", name = ""]) => ({ file, name }));

describe("The architecture page", () => {
  it("has five walks", () => {
    const walks = page.split(/^### /m).slice(1);
    expect(walks).toHaveLength(5);
    for (const walk of walks) expect(walk.match(/^\d+\. `/gm)?.length).toBeGreaterThan(5);
  });

  it.each(steps)("names $name of $file, which exists there", ({ file, name }) => {
    const source = readFileSync(new URL(file, root), "utf8");
    expect(source).toMatch(new RegExp(`^export (async )?(function\\*?|const|class) ${name}\\b`, "m"));
  });

  it("names no file or folder that does not exist", () => {
    const named = [...page.matchAll(/`((?:src|test|public|docs)\/[\w./-]*)`/g)].map(([, path = ""]) => path);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((path) => !path.includes("NAME") && !existsSync(new URL(path, root)))).toEqual([]);
  });
});
