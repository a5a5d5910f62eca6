import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";

/** Which other rooms a room may import. A folder of src is one room, and so is each file beside the folders. */
const rooms: Readonly<Record<string, readonly string[] | "everything">> = {
  media: [],
  relay: ["media", "supervise", "failure"],
  supervise: ["failure"],
  pacing: [],
  session: ["relay"],
  source: ["media", "failure", "loop-share", "nearest", "program-url", "read-file", "redact", "throttle"],
  testcard: ["media"],
  predict: [
    "media",
    "relay",
    "session",
    "source",
    "supervise",
    "failure",
    "log",
    "loop-share",
    "program-url",
    "redact",
  ],
  video: ["media", "relay", "source", "supervise", "failure", "log", "redact"],
  rtc: ["media", "source", "supervise", "failure", "log", "program-url", "redact"],
  camera: ["media", "relay", "source", "supervise", "predict", "video", "log", "redact", "session", "throttle"],
  transport: ["media", "relay", "pacing", "session"],
  auth: ["session", "log", "throttle"],
  metrics: ["camera", "session"],
  routes: ["auth", "metrics", "source", "transport", "camera", "predict", "rtc", "session", "media", "failure", "log"],
  config: ["auth", "nearest", "source", "video", "log", "read-file", "redact"],
  adapter: ["session"], // the contracts it satisfies are types
  nearest: [],
  failure: [],
  "loop-share": [],
  redact: ["path-words"],
  "path-words": [],
  "read-file": [],
  throttle: [],
  log: [],
  "program-url": [],
  build: ["config"],
  embed: ["routes"],
  docs: ["config"],
  app: "everything",
  index: "everything",
  cli: "everything",
  main: "everything",
};
const entries = ["index.ts", "main.ts"];
/** The files that may name "#adapter": the entries, and those of cli. */
const isEntry = (file: string) => entries.includes(file) || room(file) === "cli";
const webOnly = ["media", "relay", "pacing", "session", "supervise"];
/** Programs of their own, which the server starts or never meets. */
const programs = ["testcard/", "predict/host/", "rtc/host/", "build.ts", "embed.ts", "docs/"];

const root = new URL("../src/", import.meta.url);
const files = new Map(
  readdirSync(root, { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => [name, withoutComments(readFileSync(new URL(name, root), "utf8"))]),
);

/** One import: who, what as it is written, the file of src it leads to, if it does, and whether only types cross. */
interface Edge {
  readonly typesOnly: boolean;
  readonly from: string;
  readonly specifier: string;
  readonly to: string | undefined;
}

const edges: readonly Edge[] = [...files].flatMap(([from, source]) =>
  specifiers(source).map((found) => edge(from, found)),
);
const inner = edges.filter((edge) => edge.to !== undefined);

function withoutComments(source: string): string {
  const stringOrComment =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<!\\)\/\/[^\n]*/g;
  return source.replace(stringOrComment, (_, string = "") => string);
}

function withoutStrings(source: string): string {
  return source.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
}

function specifiers(source: string): { readonly specifier: string; readonly typesOnly: boolean }[] {
  const pattern =
    /^(?:import|export)\b([^;"']*?)\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\b(?:typeof )?import\(\s*["']([^"']+)["']/gm;
  return [...source.matchAll(pattern)].map(([whole, names = "", from, bare, dynamic]) => ({
    specifier: from ?? bare ?? dynamic ?? "",
    typesOnly: from === undefined ? whole.startsWith("typeof ") : bringsTypesAlone(names),
  }));
}

/** Returns whether what stands between `import` and `from` is `type …`, or braces in which every name is a type. */
function bringsTypesAlone(names: string): boolean {
  if (/^\s+type\b/.test(names)) return true;
  const [, list] = /^\s*\{([^}]*)\}\s*$/.exec(names) ?? [];
  const inside = list?.split(",").filter((name) => name.trim() !== "") ?? [];
  return inside.length > 0 && inside.every((name) => /^\s*type\b/.test(name));
}

function edge(from: string, { specifier, typesOnly }: { specifier: string; typesOnly: boolean }): Edge {
  const to = specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
  return { from, specifier, to, typesOnly };
}

function room(file: string): string {
  return (file.split("/")[0] ?? "").replace(/\.ts$/, "");
}

const told = ({ from, specifier }: Edge) => `${from} imports "${specifier}"`;
const isProgram = (file: string) => programs.some((program) => file.startsWith(program));

describe("Imports", () => {
  it("were found", () => {
    expect(files.size).toBeGreaterThan(40);
    expect(edges.map(told)).toContain('main.ts imports "#adapter"');
    expect(edges.map(told)).toContain('relay/broadcaster.ts imports "./branch.ts"');
    expect(edges.map(told)).toContain('adapter/serve.ts imports "hono/ws"'); // a type
  });

  it("lead to files that exist", () => {
    expect(inner.filter(({ to }) => !files.has(to ?? "")).map(told)).toEqual([]);
  });

  it("come from rooms that are known here", () => {
    expect([...files.keys()].filter((file) => !Object.hasOwn(rooms, room(file)))).toEqual([]);
  });

  it.each(Object.entries(rooms))("of %s, but for types, lead to no other room than %j", (name, allowed) => {
    const foreign = inner.filter(
      ({ from, to = "", typesOnly }) => !typesOnly && room(from) === name && room(to) !== name,
    );
    const unwanted =
      allowed === "everything"
        ? foreign.filter(({ to = "" }) => room(to) === "adapter" || entries.includes(to))
        : foreign.filter(({ to = "" }) => !allowed.includes(room(to)));
    expect(unwanted.map(told)).toEqual([]);
  });

  it("reach the adapter, but for types, from the entries and cli alone, by its name", () => {
    const named = edges.filter(({ specifier }) => specifier === "#adapter").map(({ from }) => from);
    expect(named).toEqual(expect.arrayContaining(entries));
    expect(named.filter((file) => !isEntry(file))).toEqual([]);
    const byPath = inner.filter(
      ({ from, to = "", typesOnly }) => !typesOnly && room(to) === "adapter" && room(from) !== "adapter",
    );
    expect(byPath.map(told)).toEqual([]);
  });

  it.each(webOnly)("of %s stay in src", (name) => {
    const outside = edges.filter(({ from, to }) => room(from) === name && to === undefined);
    const allowed = name === "session" ? ["node:async_hooks"] : []; // the web has none of its own
    expect(outside.filter(({ specifier }) => !allowed.includes(specifier)).map(told)).toEqual([]);
  });

  it("bring in Hono's servers for Node in adapter/http/ alone", () => {
    const servers = edges.filter(({ specifier }) => /^@hono\/node-(server|ws)\b/.test(specifier));
    expect(servers.length).toBeGreaterThan(0);
    expect(servers.filter(({ from }) => !from.startsWith("adapter/http/")).map(told)).toEqual([]);
  });

  it("make no cycle, types included", () => {
    const done = new Set<string>();
    const cycleFrom = (file: string, way: readonly string[]): readonly string[] | undefined => {
      if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const { from, to = "" } of inner) {
        const cycle = from === file ? cycleFrom(to, [...way, file]) : undefined;
        if (cycle) return cycle;
      }
      done.add(file);
      return undefined;
    };
    for (const file of files.keys()) expect(cycleFrom(file, [])?.join(" → ")).toBeUndefined();
  });
});

describe("A runtime's own", () => {
  const outside = [...files].filter(([file]) => room(file) !== "adapter");

  it("global Deno is named in the adapters alone", () => {
    const named = outside.filter(([, source]) => /\bDeno\b/.test(withoutStrings(source)));
    expect(named.map(([file]) => file)).toEqual([]);
  });

  it("global process is named in the adapters alone, and in programs of their own", () => {
    const own = /\b(?:const|let)\s+process\b/; // a variable of that name is not the global
    const named = outside.filter(
      ([file, source]) => /\bprocess\./.test(withoutStrings(source)) && !own.test(source) && !isProgram(file),
    );
    expect(named.map(([file]) => file)).toEqual([]);
    const imported = edges.filter(({ from, specifier }) => specifier === "node:process" && room(from) !== "adapter");
    expect(imported.filter(({ from }) => !isProgram(from)).map(told)).toEqual([]);
  });

  it.each(webOnly)("globals are not named in %s, which runs on web APIs alone", (name) => {
    const named = [...files].filter(
      ([file, source]) =>
        room(file) === name && /\b(?:Buffer|setImmediate|global|require)\b\s*[.([]/.test(withoutStrings(source)),
    );
    expect(named.map(([file]) => file)).toEqual([]);
  });
});
