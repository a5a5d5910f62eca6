import { nearest } from "../../nearest.ts";
import { invalidSource } from "../spelling.ts";

/** URL schemes of the protocols that builds of ffmpeg can read (https://ffmpeg.org/ffmpeg-protocols.html). */
const protocols = [
  ..."amqp async bluray cache concat concatf crypto data ffrtmpcrypt ffrtmphttp ftp gopher gophers hls ipfs ipns".split(
    " ",
  ),
  ..."mmsh mmst pipe rist rtmp rtmpe rtmps rtmpt rtmpte rtmpts rtp sctp sftp smb srt srtp subfile tls udp".split(" "),
  ..."udplite unix zmq".split(" "),
];

/** Schemes of the drivers, and those that ffmpeg lists under another name. */
const others = ["file", "http", "https", "rtsp", "rtsps", "tcp", "tcp-listen", "testcard"];

/** Throws a `TypeError` for a URL with an unknown scheme; its message suggests the most similar one. */
export function checkScheme(text: string, scheme: string): void {
  if (protocols.includes(scheme.replace(/\+.*/, ""))) return; // "hls+http"
  const known = nearest(scheme, [...others, ...protocols]);
  throw invalidSource(text, `unknown scheme ${scheme}://${known === undefined ? "" : `; did you mean ${known}://?`}`);
}
