import type { Format } from "./format.ts";
import { drawText } from "./glyphs.ts";
import { type Layout, layout } from "./layout.ts";
import { bars, palette } from "./palette.ts";

/** Draws the static parts of the card, as an SVG document of its size without text elements. */
export function backdrop(format: Format): string {
  const card = layout(format);
  const { width, height } = format;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="${palette.ground}"/>` +
    grid(card) +
    brackets(card) +
    dial(card) +
    bands(card) +
    labels(card, format) +
    "</svg>"
  );
}

/** Draws squares centred like the dial, which show if a picture is stretched or cropped. */
function grid({ size: { width, height }, x, y, ring }: Layout): string {
  const step = ring / 4;
  let path = "";
  // Half pixels, so that a line is one pixel sharp.
  for (let at = x % step; at < width; at += step) path += `M${Math.floor(at) + 0.5} 0V${height}`;
  for (let at = y % step; at < height; at += step) path += `M0 ${Math.floor(at) + 0.5}H${width}`;
  return `<path d="${path}" stroke="${palette.grid}" stroke-width="1"/>`;
}

/** Draws marks in the corners, which are missing if a viewer crops the picture. */
function brackets({ size: { width, height }, margin }: Layout): string {
  const line = Math.max(1, Math.round(margin / 12));
  const inset = line / 2;
  const arm = margin * 0.75;
  const corner = `M${inset} ${arm}V${inset}H${arm}`;
  const flips = ["", `translate(${width} 0) scale(-1 1)`, `translate(0 ${height}) scale(1 -1)`];
  flips.push(`translate(${width} ${height}) scale(-1 -1)`);
  const paths = flips.map((flip) => `<path d="${corner}" transform="${flip}"/>`).join("");
  return `<g fill="none" stroke="${palette.quiet}" stroke-width="${line}">${paths}</g>`;
}

/** Draws the ring and its 60 ticks, 100 ms of the ball's way each. */
function dial({ x, y, ring, disc }: Layout): string {
  let minor = "";
  let major = "";
  for (let tick = 0; tick < 60; tick++) {
    const isMajor = tick % 10 === 0;
    const [sine, cosine] = [Math.sin((tick * Math.PI) / 30), Math.cos((tick * Math.PI) / 30)];
    const [from, to] = isMajor ? [0.915, 1] : [0.975, 1];
    const end = (radius: number) =>
      `${(x + ring * radius * sine).toFixed(2)} ${(y - ring * radius * cosine).toFixed(2)}`;
    if (isMajor) major += `M${end(from)}L${end(to)}`;
    else minor += `M${end(from)}L${end(to)}`;
  }
  const line = Math.max(1, ring / 220);
  return (
    `<circle cx="${x}" cy="${y}" r="${ring}" fill="${palette.ground}" stroke="${palette.ring}" stroke-width="${line}"/>` +
    `<path d="${minor}" stroke="${palette.tick}" stroke-width="${line}"/>` +
    `<path d="${major}" stroke="${palette.text}" stroke-width="${line * 1.5}"/>` +
    `<circle cx="${x}" cy="${y}" r="${disc}" fill="${palette.disc}"/>`
  );
}

/** Draws colour bars above the clock, grey steps and gratings below it, clipped to the disc. */
function bands({ x, y, disc }: Layout): string {
  const left = x - disc;
  const gap = Math.max(1, Math.round(disc * 0.014));
  const edge = (at: number) => Math.round(y + disc * at);
  const cells = (colours: readonly string[], top: number, bottom: number) =>
    colours
      .map((colour, index) => {
        const from = Math.round(left + (index * 2 * disc) / colours.length);
        const to = Math.round(left + ((index + 1) * 2 * disc) / colours.length);
        return `<rect x="${from}" y="${top}" width="${to - from}" height="${bottom - top}" fill="${colour}"/>`;
      })
      .join("");
  const greys = Array.from({ length: 11 }, (_, step) => {
    const level = Math.round(step * 25.5);
    return `rgb(${level},${level},${level})`;
  });
  return (
    `<clipPath id="disc"><circle cx="${x}" cy="${y}" r="${disc}"/></clipPath>` +
    `<g clip-path="url(#disc)" shape-rendering="crispEdges">` +
    cells(bars, edge(-0.5), edge(-0.2)) +
    cells(greys, edge(0.2), edge(0.35) - gap) +
    gratings({ left, width: 2 * disc, top: edge(0.35), bottom: edge(0.53) }) +
    "</g>"
  );
}

/** Draws vertical lines, finer from block to block, which show the loss by focus and compression. */
function gratings({ left, width, top, bottom }: { left: number; width: number; top: number; bottom: number }): string {
  const minWidth = Math.max(1, Math.round(width / 480));
  const lines = [6, 4, 3, 2, 1].map((times) => times * minWidth);
  let path = "";
  for (const [block, line] of lines.entries()) {
    const from = Math.round(left + (block * width) / lines.length);
    const to = Math.round(left + ((block + 1) * width) / lines.length);
    // Keeps a space after the last line, so that it does not touch the next block.
    for (let at = from; at + line + minWidth <= to; at += 2 * line) path += `M${at} ${top}h${line}V${bottom}H${at}Z`;
  }
  return `<path d="${path}" fill="${palette.text}"/>`;
}

/** Draws the name, the size and the rate, and the word before the frame counter. */
function labels({ size: { width }, margin, x, y, disc, label, counter }: Layout, format: Format): string {
  const corner = { y: margin + label * 1.25, height: label, colour: palette.quiet };
  const inset = margin * 1.25;
  const name = { height: disc * 0.2, weight: 0.15, tracking: 0.27 };
  return (
    drawText("teecam", { ...name, x, y: Math.round(y - disc * 0.61), colour: palette.text, anchor: "middle" }) +
    drawText("frame", { ...counter, x: counter.word, colour: palette.quiet, anchor: "end" }) +
    drawText(`${format.width}x${format.height}`, { ...corner, x: inset }) +
    drawText(`${format.fps} fps`, { ...corner, x: width - inset, anchor: "end" })
  );
}
