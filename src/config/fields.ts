import { z } from "zod";
import { durationPattern, parseDuration, parseSize, sizePattern } from "./units.ts";

// Each schema's error is what was expected, as the reader of the file is told behind "expected".

/** A mapping with these keys and no others; of an unknown key the error is the list of the known ones. */
export function mapping<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? known : `a mapping with the keys ${known}`),
  });
}

/** A text that is not empty, and what it is. */
export function text(expected: string): z.ZodString {
  return z.string({ error: expected }).min(1, { error: expected }).refine(hasNoNul, { error: noNul });
}

/** A text that may be empty, where a number is an easy mistake. */
export function word(): z.ZodString {
  return z.string({ error: "a text; quote numbers" }).refine(hasNoNul, { error: noNul });
}

const noNul = "no NUL character";
const hasNoNul = (text: string) => !text.includes("\0");

/** A number in a range, both ends included; `above` is a lower end that is not. */
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

/** `true` or `false`. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: "true or false" });
}

/** One of some words. */
export function oneOf<const T extends readonly string[]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, { error: words.join(" or ") });
}

const maxDuration = 24 * 60 * 60 * 1000; // milliseconds

/** A time with its unit, in milliseconds. */
export function duration(): z.ZodType<number, string> {
  const expected = "a time with its unit, such as 500ms, 5s, 2min or 1h";
  const withinBounds = (text: string) => parseDuration(text) >= 1 && parseDuration(text) <= maxDuration;
  return z
    .string({
      error: ({ input }) => (typeof input === "number" ? `${expected}: write ${input}s or ${input}ms` : expected),
    })
    .regex(durationPattern, { error: expected, abort: true })
    .refine(withinBounds, { error: "a time from 1ms to 24h" })
    .transform(parseDuration);
}

/** A size in bytes, with or without a unit. */
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
  return z.union([z.int().gte(from).lte(upTo), withUnit], { error: expected });
}

/** A program and its arguments. */
export function argv(): z.ZodType<readonly [string, ...string[]], readonly [string, ...string[]]> {
  const expected = "a list of texts, a program and its arguments, such as [ffmpeg, -i, clip.mp4]; quote numbers";
  return z.tuple([text("the name of a program")], word(), { error: expected });
}

/** The name of a camera, or of a predictor. */
export const id: z.ZodString = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
    error: 'a name of a-z, 0-9, "_" and "-", at most 63, a letter or digit first',
  })
  .describe("Its name in URLs.");
