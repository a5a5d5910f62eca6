import { z } from "zod";
import { checkHeaders } from "../source/http/request.ts";
import { durationPattern, parseDuration, parseSize, sizePattern } from "./units.ts";

// The error of each schema is what was expected: it follows the word "expected" in a diagnostic.

/** Makes the schema of a mapping with these keys and no others. The error for an unknown key lists the known ones. */
export function mapping<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? known : `a mapping with the keys ${known}`),
  });
}

/** Makes the schema of a string that is not empty. `expected` says what it is. */
export function text(expected: string): z.ZodString {
  return z.string({ error: expected }).min(1, { error: expected }).refine(hasNoNul, { error: noNul });
}

/** Makes the schema of a string that may be empty. The error advises to quote numbers. */
export function word(): z.ZodString {
  return z.string({ error: "a string; quote numbers" }).refine(hasNoNul, { error: noNul });
}

const noNul = "a string without NUL characters";
const hasNoNul = (text: string) => !text.includes("\0");

/** Makes the schema of a number in a range that includes `from` and `upTo`, and excludes `above`. */
export function number({
  above,
  from,
  upTo,
  whole = false,
}: {
  readonly above?: number;
  readonly from?: number;
  readonly upTo: number;
  readonly whole?: boolean;
}): z.ZodNumber {
  const kind = whole ? "a whole number" : "a number";
  const error = above === undefined ? `${kind} from ${from ?? 0} to ${upTo}` : `${kind} above ${above}, up to ${upTo}`;
  const bounded = z.number({ error }).lte(upTo, { error });
  const all = above === undefined ? bounded.gte(from ?? 0, { error }) : bounded.gt(above, { error });
  return whole ? all.multipleOf(1, { error }) : all;
}

/** Makes the schema of a number of frames per second. */
export function frameRate(): z.ZodNumber {
  return number({ above: 0, upTo: 240 });
}

/** Makes the schema of `true` or `false`. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: "true or false" });
}

/** Makes the schema of one of these words. */
export function oneOf<const T extends readonly string[]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, { error: words.join(" or ") });
}

const maxDuration = 24 * 60 * 60 * 1000; // milliseconds

/** Makes the schema of a duration with its unit; its output is in milliseconds. */
export function duration(): z.ZodType<number, string> {
  const expected = "a duration with its unit, such as 500ms, 5s, 2min or 1h";
  const withinBounds = (text: string) => parseDuration(text) >= 1 && parseDuration(text) <= maxDuration;
  return z
    .string({
      error: ({ input }) => (typeof input === "number" ? `${expected}: write ${input}s or ${input}ms` : expected),
    })
    .regex(durationPattern, { error: expected, abort: true })
    .refine(withinBounds, { error: "a duration from 1ms to 24h" })
    .transform(parseDuration)
    .meta({ title: "duration" });
}

/** Makes the schema of a size with or without a unit; its output is in bytes. */
export function size({
  from,
  upTo,
}: {
  readonly from: number;
  readonly upTo: number;
}): z.ZodType<number, string | number> {
  const range = `from ${from} bytes to ${upTo / 1024 / 1024}MiB`;
  const withinBounds = (bytes: number) => bytes >= from && bytes <= upTo;
  const expected = `a number of bytes, or a size with its unit, such as 512KiB, 8MiB or 8MB, ${range}`;
  const withUnit = z
    .string()
    .regex(sizePattern, { abort: true })
    .refine((text) => withinBounds(parseSize(text)))
    .transform(parseSize);
  return z.union([z.int().gte(from).lte(upTo), withUnit], { error: expected }).meta({ title: "size" });
}

/** Makes the schema of a program and its arguments. */
export function argv(): z.ZodType<readonly [string, ...string[]], readonly [string, ...string[]]> {
  const expected = "a list of strings, a program and its arguments, such as [ffmpeg, -i, clip.mp4]; quote numbers";
  return z.tuple([text("the name of a program")], word(), { error: expected });
}

/** Makes the schema of environment variables by name. */
export function variables(): z.ZodRecord<z.ZodString, z.ZodString> {
  const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a name of letters, digits and _" });
  return z.record(name, word(), { error: "a mapping of names to strings" });
}

/** Makes the schema of header fields by name. */
export function headerFields(): z.ZodType<Record<string, string>, Record<string, string>> {
  return z
    .record(z.string(), word(), { error: "a mapping of header fields to strings" })
    .superRefine((fields, context) => {
      const why = checkHeaders(fields);
      if (why !== undefined) context.addIssue({ code: "custom", message: `header fields: ${why}`, input: fields });
    });
}

/** The schema of the name of a camera or a predictor. */
export const id: z.ZodString = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'a name of a-z, 0-9, "_" and "-", at most 63, a letter or digit first',
  })
  .describe("The name of a camera or predictor in URLs.");
