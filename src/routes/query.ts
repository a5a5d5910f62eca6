import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** Inclusive bounds of a number in a query. */
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** Returns a number of the query, or undefined if it is missing. Throws a 400 if it is invalid. */
export function numberParameter(context: Context, name: string, { min, max, whole }: Bounds): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? "a whole number" : "a number";
    throw new HTTPException(400, { message: `Bad ${name} "${text}": expected ${kind} from ${min} to ${max}` });
  }
  return value;
}

/** Returns a boolean of the query (`1`, `0`, `true`, `false`), or undefined if it is missing. Throws a 400 otherwise. */
export function switchParameter(context: Context, name: string): boolean | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new HTTPException(400, { message: `Bad ${name} "${text}": expected 1 or 0` });
}
