// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the page shows how variables are written
import { stringify } from "yaml";
import { isSchema, type JsonSchema, plainJsonSchema } from "../config/json-schema.ts";
import { describeType } from "./type.ts";

const introduction = `# Configuration

<!-- Generated from the schema by \`npm run docs:configuration\`. Do not edit. -->

\`teecam --config teecam.yaml\` reads its settings from a file in YAML or JSON:

\`\`\`yaml
server:
  host: 0.0.0.0
  auth: { token: "\${TEECAM_TOKEN}" }
cameras:
  front:
    source: /dev/video0
    on_demand: true
  yard:
    source: "rtsp://user:\${YARD_PASSWORD}@10.0.0.7/stream1"
    fps: 10
    predict: motion
  mine:
    command: [my-camera, --fast]
    env: { API_KEY: "\${API_KEY}" }
\`\`\`

- \`teecam check teecam.yaml\` reports errors with line and column, without starting anything.
- \`teecam schema\` prints the JSON Schema of the file, with which editors complete and check it.
- \`\${NAME}\` in a string is replaced by the environment variable, which may also stand for a number or a boolean. Its value never appears in logs, states or errors. Write \`$\${\` for a plain \`\${\`.
- A duration is a number with \`ms\`, \`s\`, \`min\` or \`h\`. A size is a number of bytes, or a number with \`B\`, \`kB\`, \`MB\`, \`KiB\` or \`MiB\`.
- teecam reloads the file when it changes, and on SIGHUP. Cameras that did not change keep running, and keep their viewers. A file with errors changes nothing. Changes of the \`server\` section take effect at the next start; the log names them.
- Options on the command line override the file. Cameras on the command line are added to those in the file, or replace those with the same name.
`;

interface Section {
  readonly path: string;
  readonly schema: JsonSchema;
}

/** Returns the Markdown of docs/configuration.md: a table of keys for each section of a configuration file. */
export function configurationPage(): string {
  const tables: string[] = [];
  const documented = new Set<string>();
  for (const { path, schema } of sections({ path: "", schema: plainJsonSchema() })) {
    const rows = rowsOf(schema).join("\n");
    if (documented.has(rows)) continue; // `predictors` have the keys of `predict`
    documented.add(rows);
    const title = path === "" ? "Sections" : `\`${path}\``;
    tables.push(`## ${title}\n\n| key | type | default | example | description |\n|---|---|---|---|---|\n${rows}\n`);
  }
  return [introduction, ...tables].join("\n");
}

/** Yields a schema and all schemas below it that are mappings with known keys. */
function* sections({ path, schema }: Section): Generator<Section> {
  const { properties, additionalProperties, items, anyOf } = schema;
  if (isSchema(properties)) {
    yield { path, schema };
    for (const [key, child] of Object.entries(properties)) {
      if (isSchema(child)) yield* sections({ path: path === "" ? key : `${path}.${key}`, schema: child });
    }
  }
  if (isSchema(additionalProperties)) yield* sections({ path: `${path}.NAME`, schema: additionalProperties });
  if (isSchema(items)) yield* sections({ path: `${path}[]`, schema: items });
  for (const choice of Array.isArray(anyOf) ? anyOf : []) yield* sections({ path, schema: choice });
}

function rowsOf({ properties, required }: JsonSchema): string[] {
  const requiredKeys = Array.isArray(required) ? required : [];
  return Object.entries(isSchema(properties) ? properties : {}).map(([key, schema]) => {
    if (!isSchema(schema)) throw new TypeError(`Cannot document ${key}: it has no schema`);
    const { description, default: value, defaultText = "none", examples } = schema;
    if (typeof description !== "string" || !Array.isArray(examples)) {
      throw new TypeError(`Cannot document ${key}: it has no description, or no example`);
    }
    const fallback = requiredKeys.includes(key) ? "required" : defaultText;
    const cells = [
      code(key),
      describeType(schema),
      value === undefined ? fallback : code(toYaml(value)),
      code(`${key}: ${toYaml(examples[0])}`),
    ];
    return `| ${[...cells, description].join(" | ")} |`;
  });
}

function toYaml(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trim();
}

function code(text: string): string {
  return `\`${text}\``;
}
