import type { IceServer, RtcOptions } from "./options.ts";

/** A message to the process that speaks WebRTC. */
export type ToHost =
  /** Sent first. */
  | ({ readonly type: "configure"; readonly iceServers: readonly IceServer[] } & Pick<RtcOptions, "port" | "hosts">)
  /** Creates a peer that is sent H.264 from an offer; `answer`, or `refused`, follows. */
  | {
      readonly type: "offer";
      readonly peer: string;
      readonly sdp: string;
      readonly mid: string;
      readonly payloadType: number;
      /** Format parameters of the codec. */
      readonly parameters: string;
    }
  | { readonly type: "candidate"; readonly peer: string; readonly candidate: string; readonly mid: string }
  /** Sends the picture behind it, in Annex B, under this time in ticks of 90 kHz. */
  | { readonly type: "picture"; readonly peer: string; readonly time: number }
  /** Closes a peer, which is told the reason if it has opened a data channel. */
  | { readonly type: "close"; readonly peer: string; readonly reason: string };

/** A message of the process that speaks WebRTC. */
export type FromHost =
  /** WebRTC is not available there; the process ends. */
  | { readonly type: "missing"; readonly error: string }
  | { readonly type: "answer"; readonly peer: string; readonly sdp: string }
  | { readonly type: "refused"; readonly peer: string; readonly error: string }
  /** The peer has connected, and can be sent pictures. */
  | { readonly type: "open"; readonly peer: string }
  /** The peer needs a key: PLI or FIR. */
  | { readonly type: "key"; readonly peer: string }
  /** Sent every second for each peer. */
  | ({ readonly type: "stats"; readonly peer: string } & PeerStats)
  /** The peer has closed its side, or nothing has been heard of it. */
  | { readonly type: "closed"; readonly peer: string; readonly reason: "left" | "lost" }
  /** Sent every second. */
  | { readonly type: "alive" };

/**
 * What a WebRTC peer reports of the way to it.
 *
 * @example
 * ```ts
 * const { viewers } = await (await fetch("http://127.0.0.1:8000/cameras/front/viewers")).json();
 * for (const { webrtc } of viewers) if (webrtc) console.log(webrtc.rtt, webrtc.loss);
 * ```
 */
export interface PeerStats {
  /** Round trip in milliseconds; null before the first report. */
  readonly rtt: number | null;
  /** Share of packets lost, from 0 to 1, in the latest report; null before the first. */
  readonly loss: number | null;
  /** Packets that it asked for again. */
  readonly nacks: number;
  /** Keys that it asked for. */
  readonly plis: number;
}
