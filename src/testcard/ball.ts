import { type Box, type Layout, layout, type Size } from "./layout.ts";

/** The ball's red, green and blue: nothing else on the card but its own trail is orange. */
export const BALL_COLOUR: readonly [number, number, number] = [255, 122, 26];

/** How long the ball takes round the dial, in milliseconds; it passes the top at whole multiples since the epoch. */
export const BALL_PERIOD = 6000;

/** Where the middle of the ball is at a time in milliseconds since the epoch: clockwise from the top, in pixels. */
export function ballAt(time: number, { x, y, ring }: Layout): { readonly x: number; readonly y: number } {
  const angle = ((time % BALL_PERIOD) / BALL_PERIOD) * 2 * Math.PI;
  return { x: x + ring * Math.sin(angle), y: y - ring * Math.cos(angle) };
}

/**
 * Where the moving ball is in a card of this size: the box that just holds it, without its trail.
 *
 * `time` is that of the drawing in milliseconds since the epoch, as the card's timecode tells it. The box lies wholly
 * within the picture.
 */
export function ballBox(time: number, size: Size): Box {
  const card = layout(size);
  const { x, y } = ballAt(time, card);
  return { x: x - card.ball, y: y - card.ball, width: 2 * card.ball, height: 2 * card.ball };
}
