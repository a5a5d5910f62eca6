/** Pixel format that a device offers. */
export interface DeviceFormat {
  /** Its name, as the setting `input_format` takes it: `mjpeg`, `yuyv422`. */
  readonly name: string;
  /** Its name for people. */
  readonly description: string;
  /** Sizes as `WIDTHxHEIGHT`, in the order of the device, or its ranges as ffmpeg prints them. */
  readonly sizes: readonly string[];
}

/** Parses the standard error of `ffmpeg -f v4l2 -list_formats all`. Omits formats that ffmpeg cannot decode. */
export function parseFormats(text: string): DeviceFormat[] {
  const formats: DeviceFormat[] = [];
  for (const line of text.split("\n")) {
    const [, name = "", description = "", sizes = ""] =
      /(?:Raw|Compressed)\s*:\s*(\S.*?)\s*:\s*(.*?)\s*:\s*([\d{][\dx{}, -]*)\s*$/.exec(line) ?? [];
    if (name === "" || name === "Unsupported") continue;
    formats.push({ name, description, sizes: sizes.split(/\s(?![^{]*\})/) });
  }
  return formats;
}
