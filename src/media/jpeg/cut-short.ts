import type { ByteWindow } from "../byte-window.ts";
import type { Boundary } from "../multipart/boundary.ts";
import type { JpegScanner } from "./scanner.ts";
import { SOI } from "./segment.ts";

// Finds the next picture or part inside what looks like one picture: a picture that was cut short ends in a segment whose
// length leads into whatever follows it.

const cr = 0x0d;
const lf = 0x0a;

/** Finds the next SOI followed by a marker that begins before `to`; otherwise returns `to`, or the start of a possible SOI. */
export function findSoi(
  { view, base, end }: ByteWindow,
  { from, to }: { readonly from: number; readonly to: number },
): { position: number; whole: boolean } {
  const stop = to - base;
  for (let at = from - base; at < stop; at++) {
    if (view[at] !== 0xff) at = view.indexOf(0xff, at);
    if (at < 0 || at >= stop) break;
    const [second, third] = [view[at + 1] ?? SOI, view[at + 2] ?? 0xff];
    if (second === SOI && third === 0xff) return { position: base + at, whole: base + at + 3 <= end };
  }
  return { position: to, whole: false };
}

/**
 * Finds the start of another part inside what looks like one picture: a segment was cut short so that its length leads
 * to a marker in the next part. No comment text contains a delimiter, part headers and an SOI.
 */
export function findPartInside(
  { start, lastOpaqueEnd }: JpegScanner,
  { window, boundary }: { readonly window: ByteWindow; readonly boundary: Boundary },
): number | undefined {
  const { view, base } = window;
  let soi = { position: start, whole: boundary.known };
  for (let from = start; soi.whole; ) {
    const delimiter = boundary.find(window, from, lastOpaqueEnd, true);
    if (typeof delimiter === "number") break;
    from = delimiter.end;
    if (soi.position < from) soi = findSoi(window, { from, to: lastOpaqueEnd }); // otherwise it is after this delimiter too
    const [third, second, first] = view.subarray(soi.position - base - 3, soi.position - base);
    const isEmptyLine = first === lf && (second === lf || (second === cr && third === lf));
    if (soi.whole && isEmptyLine) return delimiter.start;
  }
  return undefined;
}

/** Returns true if the segment at which a scan has failed contains an SOI: by its length it includes the next picture. */
export function hasSoiInFailedSegment({ confirmed, seen }: JpegScanner, { view, base }: ByteWindow): boolean {
  const segment = view.subarray(confirmed + 2 - base, seen - base);
  for (let at = segment.indexOf(SOI); at >= 0; at = segment.indexOf(SOI, at + 1)) {
    if (segment[at - 1] === 0xff) return true;
  }
  return false;
}
