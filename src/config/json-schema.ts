import { z } from "zod";
import { fileSchema } from "./schema.ts";

/** A node of a JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const variable: JsonSchema = { type: "string", pattern: "\\$\\{" };

/** Returns the JSON Schema (draft 2020-12) of configuration files, for editors. It allows a variable for any value. */
export function jsonSchema(): JsonSchema {
  return allowVariables(plainJsonSchema());
}

/**
 * Returns the JSON Schema of configuration files without variables, for documentation. Defaults that are described in
 * words are in `defaultText`.
 */
export function plainJsonSchema(): JsonSchema {
  return z.toJSONSchema(fileSchema, {
    io: "input",
    override({ zodSchema, jsonSchema }) {
      const { default: value, examples } = z.globalRegistry.get(zodSchema) ?? {}; // zod omits these before a transform
      if (value !== undefined) jsonSchema.default = value as typeof jsonSchema.default;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}

/** Allows a string with a variable in place of any other value; keys cannot be variables. */
function allowVariables({ defaultText, ...node }: JsonSchema): JsonSchema {
  const schema =
    defaultText === undefined ? node : { ...node, description: `${node.description} Default: ${defaultText}.` };
  const { anyOf, title, description, default: value, examples, ...rest } = schema as JsonSchema;
  if (isSchemas(anyOf)) {
    const choices = anyOf.map((one) => (isNarrow(one) ? one : allowVariables(one)));
    return { ...schema, anyOf: anyOf.some(isNarrow) ? [...choices, variable] : choices };
  }
  if (isNarrow(schema)) {
    const annotations = Object.entries({ title, description, default: value, examples });
    return {
      ...Object.fromEntries(annotations.filter(([, one]) => one !== undefined)),
      anyOf: [rest, variable],
    };
  }
  const { properties, additionalProperties, items, prefixItems } = schema;
  return {
    ...schema,
    ...(isSchema(properties) ? { properties: each(properties) } : {}),
    ...(isSchema(additionalProperties) ? { additionalProperties: allowVariables(additionalProperties) } : {}),
    ...(isSchema(items) ? { items: allowVariables(items) } : {}),
    ...(isSchemas(prefixItems) ? { prefixItems: prefixItems.map(allowVariables) } : {}),
  };
}

function each(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([key, one]) => [key, isSchema(one) ? allowVariables(one) : one]),
  );
}

/** Tells whether a schema rejects strings with a variable in them. */
function isNarrow({ type, enum: words, const: word, pattern, minLength }: JsonSchema): boolean {
  if (words !== undefined || word !== undefined || pattern !== undefined) return true;
  return type === "number" || type === "integer" || type === "boolean" || Number(minLength) > 1;
}

/** Tells whether a value within a JSON Schema is a schema itself. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSchemas(value: unknown): value is readonly JsonSchema[] {
  return Array.isArray(value) && value.every(isSchema);
}
