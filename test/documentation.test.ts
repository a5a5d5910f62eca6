// Every block of code in the documents: run where this machine can, checked where it cannot, and listed with the reason here.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseCliOptions } from "../src/cli/arguments.ts";
import { subcommands } from "../src/cli/subcommands.ts";
import { parseConfiguration } from "../src/config/read.ts";
import { needs } from "./fixtures/programs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Block {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
];
const blocks: readonly Block[] = pages
  .filter((page) => page.endsWith(".md"))
  .flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", code = ""], at) => ({
      where: `${page}, block ${at + 1}`,
      language,
      text: code,
    }));
  });
const of = (language: string) =>
  blocks.filter((block) => block.language === language).map((block) => [block.where, block] as const);

/** Commands that are not run here, and why. The program itself is run with its sources by the tests of those. */
const notRun: readonly (readonly [RegExp, reason: string])[] = [
  [/^npm ci$/, "downloads what is installed already; CI begins with it"],
  [/^npm start$/, "test/cli/npm-start.test.ts runs it"],
  [/^(npm test|npx vitest run |deno task test )/, "would run these tests in themselves"],
  [/^npm run check$/, "CI runs it"],
  [/^deno task start /, "needs a webcam; the tests start the program with these permissions"],
  [/^gst-launch-1\.0 /, "test/e2e/sources.test.ts runs it"],
  [/^(curl|ffmpeg) .*\/cameras\/door\/frames$/, "test/e2e/sources.test.ts and test/source/push.test.ts push like this"],
  [/^some-program$/, "stands for any program"],
  [/^vlc /, "opens a window; test/clients/clients.test.ts reads as such players do"],
  [/^ffmpeg -use_wallclock_as_timestamps /, "never ends; test/clients/clients.test.ts reads as such players do"],
  [/^npx teecam sign /, "test/cli/sign.test.ts runs it"],
  [/^npx teecam (check|devices|schema)\b/, "test/cli has a test of each"],
];

/** Configurations of other programs, by their first key. */
const foreign = /^(?:go2rtc|scrape_configs):/; // for go2rtc and Frigate, and for Prometheus

/** Names that a document's code uses without saying where they are from. */
const declarations = `
declare const source: { open(signal: AbortSignal): Promise<ReadableStream<Frame>> };
declare const part: (frame: Frame) => Uint8Array;
declare const pacer: undefined;
declare const session: undefined;
declare const signal: AbortSignal;
declare const response: { body: ReadableStream<Uint8Array> };
declare function openMyFrames(signal: AbortSignal): Promise<ReadableStream<Frame>>;
declare function show(frame: Frame): Promise<void>;
declare const file: { write(data: Uint8Array): Promise<void> };
`;

/** Splits a line of a shell into its commands' words; comments are left out. */
function commandsOf(line: string): string[][] {
  const code = line.replace(/(^|\s)#.*$/, "").trim();
  return code
    .split(/\s(?:&&|\|)\s/)
    .map((part) => [...part.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ""));
}

describe("The documents' code", () => {
  it("is of languages that are tried here", () => {
    expect(blocks.length).toBeGreaterThan(25);
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(["", "sh", "yaml", "ts", "js", "python"])); // "" are drawings
  });

  it.each(of("yaml").filter(([, { text }]) => !foreign.test(text)))("is a configuration: %s", (_, { text }) => {
    const environment = Object.fromEntries(
      [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, "hunter2hunter2"]),
    );
    const whole = text.replace("7E:0A:…", Array(32).fill("7E").join(":"));
    expect(() => parseConfiguration(whole, { file: "teecam.yaml", environment })).not.toThrow();
  });

  it.each(of("sh"))("are commands that are understood: %s", (_, { text }) => {
    for (const line of text.replaceAll("\\\n", "").split("\n").filter(Boolean)) {
      for (const words of commandsOf(line).filter(({ length }) => length > 0)) {
        const [npx, program, ...args] = words;
        if (npx === "npx" && program === "teecam" && !subcommands.includes(args[0] ?? ""))
          expect(() => parseCliOptions(args), line).not.toThrow();
        else
          expect(
            notRun.filter(([pattern]) => pattern.test(words.join(" "))),
            `${words.join(" ")}: is it run?`,
          ).toHaveLength(1);
      }
    }
  });

  it("is typed as the library is", () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-documents-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "code"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const names = "Broadcaster, FrameParserStream, Track, camera, type Frame";
    for (const [at, [where, { text }]] of of("ts").entries()) {
      const head = /^import /m.test(text) ? "" : `import { ${names} } from "teecam";\n${declarations}`;
      writeFileSync(join(folder, `code/block-${at}.ts`), `// ${where}\n${head}${text}export {};\n`);
    }
    const compilerOptions = {
      paths: { teecam: [join(root, "src/index.ts")] },
      rootDir: "/",
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedDeclarations: false,
      declaration: false,
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: ["code"] }),
    );
    const tsc = join(root, "node_modules/@typescript/native/bin/tsc");
    const { stdout } = spawnSync("node", [tsc, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  });

  it.each(of("js"))(
    "is JavaScript: %s, which test/docs.test.ts runs in a browser where it is a whole client",
    (_, { text }) => {
      expect(() => new Script(`(async () => {${text}\n})`)).not.toThrow();
    },
  );

  needs("python3").it.each(of("python"))(
    "is Python: %s, of which test/docs.test.ts runs the clients",
    (_, { text }) => {
      execFileSync("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: text });
    },
  );
});
