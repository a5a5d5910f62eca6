import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";

/**
 * Returns the headers that uStreamer adds to each part with `extra_headers=1`, and that PiKVM reads. Frames are not encoded
 * here, so that all times before the sending are that of the capture. A frame whose age is above ten seconds is of a camera
 * that is offline.
 *
 * @see https://github.com/pikvm/ustreamer, `src/ustreamer/http/server.c`
 */
export function ustreamerHeaders({ width, height, timestamp, arrival }: Frame, session: Session): string[] {
  const [branch] = session.branches;
  const latency = Math.max(0, performance.now() - arrival) / 1000;
  const captured = (timestamp / 1e6).toFixed(6);
  return [
    `X-UStreamer-Online: ${latency < offlineAfter}`,
    `X-UStreamer-Dropped: ${branch?.dropped.replaced ?? 0}`,
    `X-UStreamer-Width: ${width}`,
    `X-UStreamer-Height: ${height}`,
    `X-UStreamer-Client-FPS: ${Math.round(branch?.rate ?? 0)}`,
    `X-UStreamer-Grab-Timestamp: ${captured}`,
    `X-UStreamer-Encode-Begin-Timestamp: ${captured}`,
    `X-UStreamer-Encode-End-Timestamp: ${captured}`,
    `X-UStreamer-Expose-Begin-Timestamp: ${captured}`,
    `X-UStreamer-Expose-Cmp-Timestamp: ${captured}`,
    `X-UStreamer-Expose-End-Timestamp: ${captured}`,
    `X-UStreamer-Send-Timestamp: ${(timestamp / 1e6 + latency).toFixed(6)}`,
    `X-UStreamer-Latency: ${latency.toFixed(6)}`,
  ];
}

const offlineAfter = 10; // seconds
