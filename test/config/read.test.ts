// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration writes variables like this
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigurationError } from "../../src/config/error.ts";
import { jsonSchema } from "../../src/config/json-schema.ts";
import { parseConfiguration } from "../../src/config/read.ts";
import { cpuTime } from "../fixtures/machine.ts";

const secret = "hunter2hunter2";
const environment = {
  SECRET: secret,
  PORT: "8080",
  TEN: "ten",
  HOST: "0.0.0.0",
  YAML: "a\nport: 1",
  EMPTY: "",
  ON: "true",
  FPS: "5",
};
const read = (text: string) => parseConfiguration(text, { file: "teecam.yaml", environment });

function diagnostics(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.diagnostics;
    throw error;
  }
  return [];
}

const whole = `
server:
  host: 127.0.0.1
  port: 8000
  stall_after: 10s
  log: { level: info, format: json }
  auth: { token: "\${SECRET}", tokens: [{ name: kiosk, token: "12345678", cameras: [front], rights: [view] }] }
  allow_hosts: [cam.example.org]
  allow_origins: ["https://dash.example.org"]
  limits: { viewers: 1000, viewers_per_camera: 500, viewers_per_address: 100 }
  tls: { cert: cert.pem, key: /etc/key.pem }
cameras:
  front:
    source: /dev/video0
    on_demand: true
    fps: 10
    max_frame: 8MiB
    warmup: 5
    deadlines: { first_frame: 10s, frame: 500ms }
    env: { API_KEY: "\${SECRET}" }
    predict: motion
    predictors: { faces: { module: ./faces.ts }, cars: { command: [cars, "-v"], deadline: 2min, fps: 0.5 } }
  yard: { source: clip.mp4, loop: true, on_demand: 1h, max_frame: 4096 }
`;

const expected = {
  server: {
    hostname: "127.0.0.1",
    port: 8000,
    stallAfter: 10_000,
    log: { level: "info", format: "json" },
    auth: { token: secret, tokens: [{ name: "kiosk", token: "12345678", cameras: ["front"], rights: ["view"] }] },
    allowHosts: ["cam.example.org"],
    allowOrigins: ["https://dash.example.org"],
    limits: { viewers: 1000, viewersPerCamera: 500, viewersPerAddress: 100 },
    tls: { cert: "/etc/teecam/cert.pem", key: "/etc/key.pem" },
  },
  cameras: [
    {
      id: "front",
      source: "/dev/video0",
      cwd: "/etc/teecam",
      onDemand: true,
      fps: 10,
      maxFrameSize: 8 * 1024 * 1024,
      warmup: 5,
      firstFrameAfter: 10_000,
      stallAfter: 500,
      env: { API_KEY: secret },
      predict: "motion",
      predictors: {
        faces: { module: "/etc/teecam/faces.ts" },
        cars: { command: ["cars", "-v"], deadline: 120_000, fps: 0.5 },
      },
      secrets: [secret],
    },
    {
      id: "yard",
      source: "/etc/teecam/clip.mp4",
      cwd: "/etc/teecam",
      loop: true,
      onDemand: 3_600_000,
      maxFrameSize: 4096,
    },
  ],
  secrets: [secret, "12345678"],
};

describe("A configuration", () => {
  it("is read in the library's words, with paths relative to its file", () => {
    const configuration = parseConfiguration(whole, { file: "/etc/teecam/teecam.yaml", environment });
    expect(configuration).toEqual(expected);
  });

  it("reads the same from JSON", () => {
    const { server, cameras } = read('{"server": {"port": 1}, "cameras": {"a": {"command": ["x", "-y"]}}}');
    expect(server.port).toBe(1);
    expect(cameras).toEqual([{ id: "a", source: ["x", "-y"], cwd: resolve() }]);
  });

  it("keeps the order of its cameras, also of those that are named by numbers", () => {
    const { cameras } = read("cameras: { front: { source: a }, 2: { source: b }, 1: { source: c } }");
    expect(cameras.map(({ id }) => id)).toEqual(["front", "2", "1"]);
  });

  it("may share settings between cameras by anchors and merge keys", () => {
    const { cameras } = read("cameras:\n  a: &a { source: x, fps: 5 }\n  b: { <<: *a, source: y }");
    expect(cameras).toEqual([
      { id: "a", source: resolve("x"), cwd: resolve(), fps: 5 },
      { id: "b", source: resolve("y"), cwd: resolve(), fps: 5 },
    ]);
  });
});

describe("A variable", () => {
  it("is put into any text, also more than one, and what it holds is not read as YAML", () => {
    const { cameras, server } = read(
      "server:\n  host: ${HOST}\ncameras: { a: { source: 'rtsp://u:${SECRET}@${YAML}' } }",
    );
    expect(cameras[0]?.source).toBe(`rtsp://u:${secret}@a\nport: 1`);
    expect([server.hostname, server.port]).toEqual(["0.0.0.0", undefined]);
  });

  it("fills numbers and switches too, which are no secrets then", () => {
    expect(read("server: { port: '${PORT}' }").server.port).toBe(8080);
    const { cameras, secrets } = read(`cameras:
  a:
    source: x.mp4
    loop: "\${ON}"
    on_demand: "\${ON}"
    max_frame: "\${PORT}"
    predict: { command: [x], fps: "\${FPS}" }`);
    const predict = { command: ["x"], fps: 5 };
    const same = { loop: true, onDemand: true, maxFrameSize: 8080, predict };
    expect(cameras).toEqual([{ id: "a", source: resolve("x.mp4"), cwd: resolve(), ...same }]);
    expect(secrets).toEqual([]);
  });

  it("is not put in for $${, nor read again out of a value", () => {
    const tricky = parseConfiguration("cameras: { a: { command: [x, '$${A} ${A}'] } }", {
      file: "f",
      environment: { A: "${B}" },
    });
    expect(tricky.cameras[0]?.source).toEqual(["x", "${A} ${B}"]);
  });

  it.each(["${NOT_SET}", "${toString}"])("that is missing is an error which names it: %s", (text) => {
    const name = text.slice(2, -1);
    expect(diagnostics(`server:\n  host: "${text}"`)).toEqual([
      `teecam.yaml:2:9: server.host: environment variable ${name} is not set`,
    ]);
  });

  it.each(["${", "${}", "${A B}", "${1}"])("that is written wrong is an error: %s", (text) => {
    expect(diagnostics(`server:\n  host: "${text}"`)[0]).toMatch(
      /^teecam\.yaml:2:9: server\.host: expected \$\{NAME\}/,
    );
  });

  it("appears by its name alone in errors, and what it holds among the secrets", () => {
    const text = "cameras:\n  a: { source: 'testcard:${SECRET}', fps: '${SECRET}', max_frame: '${SECRET}' }";
    expect(diagnostics(text).length).toBe(3);
    expect(diagnostics(text).join()).toContain("found the value of ${SECRET}");
    expect(diagnostics(text).join()).not.toContain(secret);
    expect(read("cameras: { a: { source: 'http://x/?k=${SECRET}' } }").secrets).toEqual([secret]);
    expect(read("server: { host: '${HOST}' }").secrets).toEqual([]);
  });

  it("that is missing in a place with a choice is reported once", () => {
    expect(diagnostics("cameras: { a: { source: x, predict: { command: [x], fps: '${NOT_SET}' } } }").length).toBe(1);
  });

  it("is known as a secret of its camera alone", () => {
    const { cameras } = read("cameras: { a: { source: 'http://x/${SECRET}' }, aa: { source: x } }");
    expect(cameras.map(({ secrets }) => secrets)).toEqual([[secret], undefined]);
  });
});

describe("An error", () => {
  it.each<[text: string, line: string]>([
    [
      "cameras:\n  a:\n    source: x\n    fps: ten",
      '4:10: cameras.a.fps: found "ten", expected a number above 0, up to 240',
    ],
    ["server:\n  prot: 1", "2:3: server.prot: unknown key, did you mean port?"],
    ["cameras: { a: { source: x, ondemand: true } }", "1:28: cameras.a.ondemand: unknown key, did you mean on_demand?"],
    ["sever: 1", "1:1: sever: unknown key, did you mean server?"],
    ["quux: 1", "1:1: quux: unknown key, expected one of server, cameras"],
    [
      "server:\n  stall_after: 10",
      "2:16: server.stall_after: found 10, expected a duration with its unit, such as 500ms, 5s, 2min or 1h: write 10s or 10ms",
    ],
    ["server:\n  stall_after: 0s", '2:16: server.stall_after: found "0s", expected a duration from 1ms to 24h'],
    ["server: { port: 65536 }", "1:17: server.port: found 65536, expected a whole number from 0 to 65535"],
    ["server: { port: 1.5 }", "1:17: server.port: found 1.5, expected a whole number from 0 to 65535"],
    [
      "server: { log: { level: loud } }",
      '1:25: server.log.level: found "loud", expected debug or info or warning or error',
    ],
    [
      "server: { auth: some }",
      '1:17: server.auth: found "some", expected none, or a mapping with token, tokens and secret',
    ],
    [
      "server: { auth: { token: abc } }",
      "1:26: server.auth.token: found a value (not shown), expected a token of 8 characters or more",
    ],
    [
      "server: { auth: { secret: abcdefgh } }",
      "1:17: server.auth: found a mapping with secret, expected token or tokens, or auth: none",
    ],
    ["server: { tls: { cert: a } }", "1:16: server.tls.key: found nothing, expected the path of a PEM file"],
    [
      "server: { allow_origins: ['https://a.b/c'] }",
      '1:27: server.allow_origins[0]: found "https://a.b/c", expected an origin such as https://dash.example.org, without a path',
    ],
    [
      "cameras: { Front: { source: x } }",
      '1:12: cameras.Front: invalid name, expected a name of a-z, 0-9, "_" and "-", at most 63, a letter or digit first',
    ],
    ["cameras: { a: { fps: 5 } }", "1:15: cameras.a: found a mapping with fps, expected either source or command"],
    [
      "cameras: { a: { source: x, command: [y] } }",
      "1:15: cameras.a: found a mapping with source, command, expected either source or command",
    ],
    [
      "cameras: { a: { source: 'testcard:huge' } }",
      '1:25: cameras.a.source: found "testcard:huge", expected a source: write testcard:WIDTHxHEIGHT@FPS, such as testcard:1280x720@30',
    ],
    [
      "cameras: { a: { source: 'rtsp://u:p@h', loop: true } }",
      "1:47: cameras.a.loop: found true, expected false: only a file can be played again",
    ],
    [
      "cameras: { a: { source: '-', on_demand: 5s } }",
      '1:41: cameras.a.on_demand: found "5s", expected false: this source comes by itself, only what teecam starts can wait',
    ],
    [
      "cameras: { a: { source: x, on_demand: 5 } }",
      "1:39: cameras.a.on_demand: found 5, expected true, false, or the time to continue after the last viewer, such as 10s",
    ],
    ["cameras: { a: { command: [] } }", "1:26: cameras.a.command[0]: found nothing, expected the name of a program"],
    ["cameras: { a: { command: [x, 5] } }", "1:30: cameras.a.command[1]: found 5, expected a string; quote numbers"],
    [
      "cameras: { a: { source: x, max_frame: 8GB } }",
      '1:39: cameras.a.max_frame: found "8GB", expected a number of bytes, or a size with its unit, such as 512KiB, 8MiB or 8MB, from 1024 bytes to 1024MiB',
    ],
    [
      "cameras: { a: { source: x, predict: moton } }",
      '1:37: cameras.a.predict: found "moton", expected motion, or a mapping with command or module',
    ],
    [
      "cameras: { a: { source: x, predict: { fps: 1 } } }",
      "1:37: cameras.a.predict: found a mapping with fps, expected either command or module",
    ],
    [
      "cameras: { a: { source: x, predict: { module: m, fsp: 1 } } }",
      "1:50: cameras.a.predict.fsp: unknown key, did you mean fps?",
    ],
    [
      'cameras: { a: { command: ["x\\0"] } }',
      '1:27: cameras.a.command[0]: found "x\\u0000", expected a string without NUL characters',
    ],
    ["cameras: [x]", "1:10: cameras: found a list, expected a mapping of names to cameras"],
    ["- a", "1:1: found a list, expected a mapping with the keys server, cameras"],
    ["server: 1\nserver: 2", "2:1: Map keys must be unique"],
    ["cameras: { 1: { source: x }, '1': { source: y } }", "1:30: Map keys must be unique"],
    ["server:\n\tport: 1", "2:1: Tabs are not allowed as indentation"],
    ["server: { port: 1", "1:18: Flow map in block collection must be sufficiently indented and end with a }"],
    ["server: !!js/x aGk=", "1:9: Unresolved tag: tag:yaml.org,2002:js/x"],
  ])("names line, column, key, what was found and what is expected: %j", (text, line) => {
    expect(diagnostics(text)).toEqual([`teecam.yaml:${line}`]);
  });

  it.each<[what: string, text: string, line: RegExp]>([
    ["an empty file", "", /^teecam\.yaml: empty file; expected a mapping/],
    ["a file of comments", "# nothing\n", /^teecam\.yaml: empty file/],
    ["two documents", "server: {}\n---\nserver: {}", /^teecam\.yaml:\d:\d: Source contains multiple documents/],
    ["an alias of nothing", "server: *x", /Unresolved alias.*x/],
    ["a million brackets", "[".repeat(1_000_000), /nested more than 50 levels deep/],
    ["a million dashes", "- ".repeat(500_000), /nested more than 50 levels deep/],
    ["a hundred thousand empty lines", "\n".repeat(100_000), /^teecam\.yaml: empty file/],
    [
      "a long stair",
      Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      /more than 50 levels deep/,
    ],
    ["a long stair of lists", Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}-`).join("\n"), /50 levels deep/],
    ["an alias inside of its own anchor", "cameras: &a { front: *a }", /alias refers to a value that contains it/],
    ["a list that holds itself", "&a [*a, *a]", /alias refers to a value that contains it/],
    [
      "a bomb of aliases",
      `a: &a0 [x]\n${Array.from({ length: 9 }, (_, i) => `a${i}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`).join("")}`,
      /its aliases expand to too much data/,
    ],
  ])("tells of %s in one line, at once", (_, text, line) => {
    const spent = cpuTime();
    const lines = diagnostics(text);
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(line);
    expect(spent()).toBeLessThan(5000);
  });

  it("tells of each key that is there twice, and not what follows from a bracket that is missing", () => {
    const twice = "server: {}\nserver: {}\ncameras: {}\ncameras: {}\n";
    expect(diagnostics(twice).map((line) => line.slice(0, 16))).toEqual(["teecam.yaml:2:1:", "teecam.yaml:4:1:"]);
    expect(diagnostics(`${twice}a: [\nb: ]\nc: }`).length).toBe(3);
  });

  it("tells all that is wrong in the order of the file, 20 lines at most", () => {
    const many = `server: { prot: 1 }\ncameras:\n${Array.from({ length: 30 }, (_, i) => `  c${i}: { fps: 0 }\n`).join("")}`;
    const lines = diagnostics(many);
    expect(lines.length).toBe(20);
    expect(lines[0]).toContain(":1:11: server.prot");
    expect(lines[1]).toContain(":3:7: cameras.c0");
    expect(lines.at(-1)).toMatch(/^and \d+ more errors$/);
  });

  it("shows no password of a URL", () => {
    expect(diagnostics("cameras: { a: { source: 'http://u:hunter2@[' } }").join()).not.toContain("hunter2");
  });

  it("is all that any text leads to: a configuration comes out, or one ConfigurationError", () => {
    const words = fc.constantFrom(
      ...[
        "server",
        "cameras",
        "front",
        "source",
        ":",
        " ",
        "\n",
        "  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a",
        "*a",
        "<<",
      ],
      ...["'", '"', "x", "1", "null", "~", "${A}", "${", "|", ">", "#", "?", "!", "__proto__", "---", "\t", "true"],
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(words, { maxLength: 60 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (any) => void diagnostics(any)),
      { numRuns: 500 },
    );
  });
});

describe("The JSON Schema, for editors", () => {
  const schema = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  const admits = (text: string) => schema.safeParse(parse(text)).success;

  it("admits all that a file may say", () => {
    expect(admits(whole)).toBe(true);
  });

  it.each([
    "server: { port: '${PORT}', stall_after: '${T}', log: { level: '${L}' }, auth: { token: '${K}' } }",
    "cameras: { a: { source: x, loop: '${L}', fps: '${F}', max_frame: '${M}', predict: { command: ['${A}'], fps: '${F}' } } }",
  ])("admits variables for whatever is not a key: %s", (text) => {
    expect(admits(text)).toBe(true);
  });

  it.each([
    "server: { prot: 1 }",
    "server: { port: '8000' }",
    "server: { port: 65536 }",
    "server: { stall_after: 10 }",
    "server: { stall_after: 10 parsecs }",
    "server: { log: { level: loud } }",
    "server: { auth: { token: short } }",
    "server: { tls: { cert: a } }",
    "cameras: { Front: { source: x } }",
    "cameras: { '${A}': { source: x } }",
    "cameras: { a: { source: x, loop: yes } }",
    "cameras: { a: { command: [] } }",
    "cameras: { a: { source: x, predict: moton } }",
  ])("refuses what a file may not say: %s", (text) => {
    expect(admits(text)).toBe(false);
    expect(diagnostics(text).length).toBeGreaterThan(0);
  });

  it("has a text for every key", () => {
    const nameless = [...keysOf(jsonSchema() as Schema)].filter(([, { description }]) => !description);
    expect(nameless.map(([path]) => path)).toEqual([]);
  });
});

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** Every key that a schema names, with its path. */
function* keysOf(schema: Schema, above = ""): Generator<readonly [path: string, schema: Schema]> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield [above + key, value];
    yield* keysOf(value, `${above}${key}.`);
  }
  const { additionalProperties: named, items, anyOf = [] } = schema;
  for (const one of [named, items, ...anyOf]) if (typeof one === "object") yield* keysOf(one, above);
}
