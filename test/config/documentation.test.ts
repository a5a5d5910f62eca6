import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isSchema, type JsonSchema, jsonSchema } from "../../src/config/json-schema.ts";
import { parseConfiguration } from "../../src/config/read.ts";
import { configurationPage } from "../../src/docs/configuration-page.ts";
import { defaultMaxFrameSize } from "../../src/media/parser-options.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const file = "teecam.yaml";

/** Every key of a configuration file, with its path. */
function* keysOf(schema: JsonSchema, parent = ""): Generator<readonly [path: string, schema: JsonSchema]> {
  const { properties, additionalProperties, items, anyOf } = schema;
  for (const [key, child] of Object.entries(isSchema(properties) ? properties : {})) {
    if (!isSchema(child)) continue;
    yield [parent + key, child];
    yield* keysOf(child, `${parent}${key}.`);
  }
  const others = [additionalProperties, items, ...(Array.isArray(anyOf) ? anyOf : [])];
  for (const other of others) if (isSchema(other)) yield* keysOf(other, parent);
}

const keys = [...keysOf(jsonSchema())];

describe("docs/configuration.md", () => {
  it("is what the schema says: npm run docs:configuration", () => {
    expect(page).toBe(configurationPage());
  });

  it("has a row for every key, with five columns", () => {
    expect(keys.length).toBeGreaterThan(40);
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const documented = new Set(rows.map((row) => /^\| `(\w+)`/.exec(row)?.[1]));
    expect(keys.map(([path]) => path.split(".").at(-1)).filter((key) => !documented.has(key))).toEqual([]);
    expect(rows.filter((row) => row.split("|").length !== 7)).toEqual([]);
  });

  it("begins with a file that can be used as it stands", () => {
    const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, "hunter2hunter2"]);
    const { cameras } = parseConfiguration(text, { file, environment: Object.fromEntries(names) });
    expect(cameras.map(({ id }) => id)).toEqual(["front", "yard", "mine"]);
  });
});

describe("The default and the examples", () => {
  it.each(keys)("of %s can be written in a file", (_, schema) => {
    const { default: value, examples } = schema;
    expect(examples).toHaveLength(1);
    const admits = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    const values = [...(examples as unknown[]), ...(value === undefined ? [] : [value])];
    expect(values.filter((one) => !admits.safeParse(one).success)).toEqual([]);
  });

  it("of max_frame are those of the parsers", () => {
    const value = keys.find(([path]) => path === "cameras.max_frame")?.[1].default;
    const { cameras } = parseConfiguration(JSON.stringify({ cameras: { a: { source: "x", max_frame: value } } }), {
      file,
    });
    expect(cameras[0]?.maxFrameSize).toBe(defaultMaxFrameSize);
  });
});
