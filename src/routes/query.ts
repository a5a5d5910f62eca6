import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/** What a number in a query may be. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

/** A number of the query, or undefined where it is absent; a 400 that names the parameter where it is not in bounds. */
export function numberParameter(context: Context, name: string, { least, most, whole }: Bounds): number | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    const kind = whole ? "a whole number" : "a number";
    throw new HTTPException(400, { message: `Bad ${name} "${text}": it is ${kind} from ${least} to ${most}` });
  }
  return value;
}

/** A switch of the query (`1`, `0`, `true`, `false`), or undefined where it is absent; a 400 where it is anything else. */
export function switchParameter(context: Context, name: string): boolean | undefined {
  const text = context.req.query(name);
  if (text === undefined) return undefined;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new HTTPException(400, { message: `Bad ${name} "${text}": it is 1 or 0` });
}
