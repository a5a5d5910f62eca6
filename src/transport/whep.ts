import type { VideoChunk } from "../media/video-chunk.ts";
import { RtpPacer } from "../pacing/rtp-pacer.ts";
import type { RtcPeer } from "../rtc/peer.ts";
import type { Session } from "../session/session.ts";
import type { Teeable } from "./viewer.ts";

/** Options for {@link sendVideo}. */
export interface SendVideoOptions {
  readonly peer: RtcPeer;
  readonly session: Session;
  /** Called when the session reads the pictures, or has ended without that. */
  readonly onConnected: () => void;
  /** Ends the peer, as the end of the server does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends coded pictures to a WebRTC peer, in order, from a key on that is made when it has connected.
 *
 * Settles when the peer has ended, which it does with the pictures. Never rejects.
 */
export async function sendVideo(
  video: Teeable<VideoChunk>,
  { peer, session, onConnected, signal }: SendVideoOptions,
): Promise<void> {
  const onAbort = () => peer.close("ended");
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const cancelExpiry = session.onExpiry(() => peer.close("limit"));
  await peer.connected;
  // Pictures that wait for a way to the peer would be late for ever, so none is taken before there is one.
  const pacer = new RtpPacer({ rtt: () => peer.stats.rtt });
  const chunks = video.tee({ retention: "since-key", pacer, peer: session, encode: (chunk) => chunk });
  onConnected();
  await chunks.pipeTo(peer.video).catch(() => {}); // the peer has ended
  await peer.closed;
  cancelExpiry();
  signal?.removeEventListener("abort", onAbort);
}
