import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { TokenStore } from "../auth/token-store.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

const maxSeconds = 366 * 24 * 3600;

/**
 * Handles `GET /cameras/{id}/signature?seconds=3600`: a query that lets anyone view the camera for a time, to be appended to
 * the URL of its stream, snapshot or WebSocket; empty in an app without tokens, where everyone may.
 */
export async function signature(
  app: RouteContext,
  context: Context,
  tokens: TokenStore | undefined,
): Promise<Response> {
  app.require(context, "view"); // nobody gives away what they do not have
  const camera = app.find(context).id;
  const seconds = Number(context.req.query("seconds") ?? 3600);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > maxSeconds) {
    throw new HTTPException(400, { message: `Bad seconds: expected a whole number from 1 to ${maxSeconds}` });
  }
  if (!tokens) return context.json({ query: "", expires: null }, 200, liveHeaders);
  if (!tokens.canSign) throw new HTTPException(501, { message: "Cannot sign URLs: there is neither secret nor token" });
  const expires = Math.ceil(Date.now() / 1000) + seconds;
  const query = await tokens.sign({ camera, right: "view", expires });
  return context.json({ query, expires: expires * 1000 }, 200, liveHeaders);
}
