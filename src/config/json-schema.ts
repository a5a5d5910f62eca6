import { z } from "zod";
import { file } from "./schema.ts";

type Schema = Readonly<Record<string, unknown>>;

const variable: Schema = { type: "string", pattern: "\\$\\{" };

/** The JSON Schema (draft 2020-12) of a configuration file, for editors: it admits variables wherever the file may. */
export function jsonSchema(): object {
  return admit(z.toJSONSchema(file, { io: "input" }));
}

/** Admits a text with a variable for whatever else is expected of a value; names of keys are no values. */
function admit(schema: Schema): Schema {
  const { anyOf, description, ...rest } = schema;
  if (isSchemas(anyOf)) {
    const choices = anyOf.map((one) => (isNarrow(one) ? one : admit(one)));
    return { ...schema, anyOf: anyOf.some(isNarrow) ? [...choices, variable] : choices };
  }
  if (isNarrow(schema)) return { ...(description === undefined ? {} : { description }), anyOf: [rest, variable] };
  const { properties, additionalProperties, items, prefixItems } = schema;
  return {
    ...schema,
    ...(isSchema(properties) ? { properties: each(properties) } : {}),
    ...(isSchema(additionalProperties) ? { additionalProperties: admit(additionalProperties) } : {}),
    ...(isSchema(items) ? { items: admit(items) } : {}),
    ...(isSchemas(prefixItems) ? { prefixItems: prefixItems.map(admit) } : {}),
  };
}

function each(properties: Schema): Schema {
  return Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, isSchema(one) ? admit(one) : one]));
}

/** Whether it is of one value, and refuses texts that a variable can stand in. */
function isNarrow({ type, enum: words, const: word, pattern, minLength }: Schema): boolean {
  if (words !== undefined || word !== undefined || pattern !== undefined) return true;
  return type === "number" || type === "integer" || type === "boolean" || Number(minLength) > 1;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSchemas(value: unknown): value is readonly Schema[] {
  return Array.isArray(value) && value.every(isSchema);
}
