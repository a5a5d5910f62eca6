import type { SourceSpec } from "../source.ts";

/** Anything that ffmpeg reads. */
export interface FfmpegSpec extends SourceSpec {
  readonly kind: "ffmpeg";
  /** A path or a URL. */
  readonly input: string;
  readonly medium: "device" | "rtsp" | "network" | "file";
}

/** Settings for what ffmpeg reads, as a camera has them. */
export interface FfmpegSettings {
  /** How an RTSP camera sends: `tcp`, `udp`, `udp_multicast`, `http` or `https`. @default tcp, and udp where that is refused */
  readonly rtspTransport?: string | undefined;
  /** The pixel format that is asked of a device, such as `mjpeg` or `yuyv422`. @default MJPEG if it has that */
  readonly inputFormat?: string | undefined;
  /** The size that is asked of a device: `WIDTHxHEIGHT`. @default the device's own */
  readonly size?: string | undefined;
  /** Frames a second that are asked of a device. @default the device's own */
  readonly fps?: number | undefined;
  /** Quality of the JPEGs that ffmpeg makes, from 1 to 100. @default about 90 */
  readonly quality?: number | undefined;
  /** Milliseconds between two pictures of the source, where they are far apart. @default it is not known */
  readonly interval?: number | undefined;
}
