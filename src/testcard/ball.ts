import { type Box, type Layout, layout, type Size } from "./layout.ts";

/** Colour of the ball. Nothing else on the card is orange, except the ball's trail. */
export const ballColour: readonly [number, number, number] = [255, 122, 26];

/** Milliseconds for one turn around the dial. The ball is at the top at multiples of it since the epoch. */
export const ballPeriod = 6000;

/** Returns the centre of the ball in pixels, at `time` in milliseconds since the epoch. It moves clockwise. */
export function ballAt(time: number, { x, y, ring }: Layout): { readonly x: number; readonly y: number } {
  const angle = ((time % ballPeriod) / ballPeriod) * 2 * Math.PI;
  return { x: x + ring * Math.sin(angle), y: y - ring * Math.cos(angle) };
}

/**
 * Returns the bounding box of the ball on a card of this size, without its trail.
 *
 * `time` is when the card was drawn, in milliseconds since the epoch, as in its timecode. The box is always within the
 * picture.
 */
export function ballBox(time: number, size: Size): Box {
  const card = layout(size);
  const { x, y } = ballAt(time, card);
  return { x: x - card.ball, y: y - card.ball, width: 2 * card.ball, height: 2 * card.ball };
}
