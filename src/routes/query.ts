import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** Bounds of a number in a query, both included. */
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** Returns a number of the query, or undefined where it is absent; throws a 400 that names the parameter if it is out of bounds. */
export function numberParameter(context: Context, name: string, { min, max, whole }: Bounds): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? "a whole number" : "a number";
    throw new HTTPException(400, { message: `Bad ${name} "${text}": it is ${kind} from ${min} to ${max}` });
  }
  return value;
}

/** Returns a switch of the query (`1`, `0`, `true`, `false`), or undefined where it is absent; throws a 400 for anything else. */
export function switchParameter(context: Context, name: string): boolean | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new HTTPException(400, { message: `Bad ${name} "${text}": it is 1 or 0` });
}
