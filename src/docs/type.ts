import { isSchema, type JsonSchema } from "../config/json-schema.ts";

/** Describes the type that a JSON Schema allows: "`info` or `debug`", "whole number from 0 to 65535", "list of strings". */
export function describeType(schema: JsonSchema): string {
  const { title, type, anyOf, enum: words, const: word, items, properties, additionalProperties } = schema;
  if (title === "duration" || title === "size") return title;
  if (Array.isArray(anyOf)) return anyOf.map(describeType).join(" or ");
  if (Array.isArray(words)) return words.map((one) => `\`${one}\``).join(", ");
  if (word !== undefined) return `\`${word}\``;
  switch (type) {
    case "boolean":
      return "`true` or `false`";
    case "number":
    case "integer":
      return describeNumber(schema);
    case "string":
      return Number(schema.minLength) > 1 ? `string of at least ${schema.minLength} characters` : "string";
    case "array":
      return isSchema(items) ? `list of ${plural(describeType(items))}` : "list";
    case "object":
      if (isSchema(properties)) return "mapping";
      if (isSchema(additionalProperties)) return `mapping of names to ${plural(describeType(additionalProperties))}`;
  }
  throw new TypeError(`Cannot describe a type: ${JSON.stringify(schema)}`);
}

function plural(type: string): string {
  return /^(string|mapping)$/.test(type) ? `${type}s` : type;
}

function describeNumber({ type, minimum, exclusiveMinimum, maximum, multipleOf }: JsonSchema): string {
  const kind = type === "integer" || multipleOf === 1 ? "whole number" : "number";
  const from = exclusiveMinimum === undefined ? `from ${minimum}` : `above ${exclusiveMinimum}`;
  return `${kind} ${from} to ${maximum}`;
}
