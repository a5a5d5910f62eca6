import { nearest } from "../../nearest.ts";
import { invalidSource } from "../spelling.ts";

/** Protocols that some build of ffmpeg reads from, as the beginning of a URL (https://ffmpeg.org/ffmpeg-protocols.html). */
const protocols = [
  ..."amqp async bluray cache concat concatf crypto data ffrtmpcrypt ffrtmphttp ftp gopher gophers hls ipfs ipns".split(
    " ",
  ),
  ..."mmsh mmst pipe rist rtmp rtmpe rtmps rtmpt rtmpte rtmpts rtp sctp sftp smb srt srtp subfile tls udp".split(" "),
  ..."udplite unix zmq".split(" "),
];

/** Schemes of the drivers, and of ffmpeg's sources that it knows by another name. */
const others = ["file", "http", "https", "rtsp", "rtsps", "tcp", "tcp-listen", "testcard"];

/** Throws a `TypeError` for a URL whose scheme nothing reads; it names the one that is probably meant. */
export function checkScheme(text: string, scheme: string): void {
  if (protocols.includes(scheme.replace(/\+.*/, ""))) return; // "hls+http"
  const known = nearest(scheme, [...others, ...protocols]);
  throw invalidSource(text, `nothing reads ${scheme}://${known === undefined ? "" : `; did you mean ${known}://?`}`);
}
