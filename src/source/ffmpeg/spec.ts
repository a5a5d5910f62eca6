import type { SourceSpec } from "../source.ts";

/** A source that ffmpeg reads. */
export interface FfmpegSpec extends SourceSpec {
  readonly kind: "ffmpeg";
  /** A path or a URL. */
  readonly input: string;
  readonly medium: "device" | "rtsp" | "network" | "file";
}

/** Camera settings for sources that ffmpeg reads. */
export interface FfmpegSettings {
  /** RTSP transport: `tcp`, `udp`, `udp_multicast`, `http` or `https`. @default tcp, then udp if tcp is refused */
  readonly rtspTransport?: string | undefined;
  /** Pixel format to request from a device, such as `mjpeg` or `yuyv422`. @default MJPEG if the device offers it */
  readonly inputFormat?: string | undefined;
  /** Size to request from a device: `WIDTHxHEIGHT`. @default chosen by the device */
  readonly size?: string | undefined;
  /** Frames per second to request from a device. @default chosen by the device */
  readonly fps?: number | undefined;
  /** Quality of the JPEGs that ffmpeg encodes, from 1 to 100. @default about 90 */
  readonly quality?: number | undefined;
  /** Milliseconds between two pictures of the source, if they are far apart. @default unknown */
  readonly interval?: number | undefined;
}
