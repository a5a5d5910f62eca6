import type { Context } from "hono";

const pattern = /^(stream|snapshot)(?:_(\d{1,9}))?$/;

/** Returns what an `action` of mjpg-streamer asks for; undefined if it is unknown. */
export function kindOfAction(action: string): string | undefined {
  return pattern.exec(action)?.[1];
}

/**
 * Returns the number of the camera that an `action` of mjpg-streamer asks for, such as 1, the second, for `snapshot_1`;
 * undefined if the request has none.
 */
export function cameraOfAction(context: Context): number | undefined {
  const number = pattern.exec(context.req.query("action") ?? "")?.[2];
  return number === undefined ? undefined : Number(number);
}
