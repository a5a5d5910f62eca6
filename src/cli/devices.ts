import { readdir, readFile } from "node:fs/promises";
import { type DeviceFormat, parseFormats } from "../source/ffmpeg/device-formats.ts";
import { tidyLine } from "../source/ffmpeg/messages.ts";
import { readText } from "../source/ffmpeg/probe.ts";
import type { Spawn } from "../source/process.ts";

/** Runs `teecam devices`: returns a line for each camera of this machine and one for each format that it offers. */
export async function devices(spawn: Spawn): Promise<string> {
  const names = (await readdir("/dev").catch(() => [])).filter((name) => /^video\d+$/.test(name));
  const sorted = names.sort(new Intl.Collator("en", { numeric: true }).compare);
  const blocks: string[] = [];
  for (const name of sorted) blocks.push(await describeDevice(name, spawn));
  return blocks.length > 0 ? blocks.join("\n") : "no devices: there is no /dev/video0";
}

async function describeDevice(name: string, spawn: Spawn): Promise<string> {
  const title = await readFile(`/sys/class/video4linux/${name}/name`, "utf8").catch(() => "");
  const text = await listFormats(`/dev/${name}`, spawn);
  const formats = parseFormats(text);
  const last = tidyLine(text.trim().split("\n").at(-1) ?? "");
  const lines = formats.length > 0 ? formats.map(describeFormat) : [`  no pictures: ${last}`];
  return [`/dev/${name}${title.trim() && `: ${title.trim()}`}`, ...lines].join("\n");
}

function describeFormat({ name, description, sizes }: DeviceFormat): string {
  return `  input_format ${name} (${description}), size ${sizes.join(", ")}`;
}

/** Returns what ffmpeg tells of a device. It exits with an error behind that, which means nothing. */
async function listFormats(device: string, spawn: Spawn): Promise<string> {
  const words = ["-hide_banner", "-nostdin", "-f", "v4l2", "-list_formats", "all", "-i", device];
  const { stdout, stderr } = await spawn(["ffmpeg", ...words]);
  const [text] = await Promise.all([readText(stderr), stdout.cancel()]);
  return text;
}
