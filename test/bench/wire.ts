import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cleanUpAtExit } from "./cleanup.ts";

/** What a wire does to packets, both ways alike. */
export interface WireOptions {
  /** kbit/s. */
  readonly rate: number;
  /** Milliseconds each way. */
  readonly delay: number;
  /** Thousands of bytes that wait before the rest is dropped. */
  readonly queue: number;
}

/** Two hosts with a wire between them. */
export interface Wire {
  /** Command lines begin with these words to run on a host. */
  readonly server: readonly string[];
  readonly viewer: readonly string[];
  /** The server's address. */
  readonly address: string;
  /** Changes the rate, in kbit/s. */
  setRate(rate: number): void;
  /** Takes it down; whoever strings a wire does, and ends what runs on its hosts before. */
  down(): void;
}

let program: string | undefined;
let strung = 0;

/** Says why no wire can be strung here, if none can. */
export function whyNoWire(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "a wire between network namespaces needs root on Linux";
  try {
    accessSync("/dev/net/tun");
    execFileSync("ip", ["netns", "list"], { stdio: "ignore" });
    program ??= compile();
  } catch (error) {
    return `a wire between network namespaces needs ip, cc and /dev/net/tun: ${error instanceof Error ? error.message : error}`;
  }
  return undefined;
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), "teecam-link-"));
  cleanUpAtExit(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "link");
  execFileSync("cc", ["-O2", "-Wall", "-o", file, fileURLToPath(new URL("link.c", import.meta.url))], {
    stdio: "pipe",
  });
  return file;
}

/**
 * Strings a wire between two new network namespaces. The kernel's own netem would do, where it is built in; `link.c`
 * does everywhere. Nothing of the machine's own network is touched.
 */
export async function stringWire({ rate, delay, queue }: WireOptions): Promise<Wire> {
  program ??= compile();
  const name = `teecam-lag-${process.pid}-${++strung}`;
  const hosts = [`${name}-server`, `${name}-viewer`] as const;
  const remove = hosts.map((host) => {
    ip("netns", "add", host);
    return cleanUpAtExit(() => ip("netns", "del", host));
  });
  const link = spawn(program, [...hosts, rate, delay, queue].map(String), { stdio: ["pipe", "pipe", "inherit"] });
  const cut = cleanUpAtExit(() => link.kill());
  link.stdin.on("error", () => {});
  const [ended] = await Promise.race([once(link.stdout, "data").then(() => []), once(link, "exit")]);
  if (ended !== undefined) throw new Error(`Cannot string a wire: link ended with ${ended}`);
  for (const [n, host] of hosts.entries()) {
    ip("-n", host, "link", "set", "lo", "up");
    ip("-n", host, "link", "set", "wire", "txqueuelen", "2000", "up");
    ip("-n", host, "address", "add", `10.91.0.${n + 1}/24`, "dev", "wire");
    if (process.env.CC) {
      ip("netns", "exec", host, "sysctl", "-qw", `net.ipv4.tcp_congestion_control=${process.env.CC}`);
    }
  }
  return {
    server: ["ip", "netns", "exec", hosts[0]],
    viewer: ["ip", "netns", "exec", hosts[1]],
    address: "10.91.0.1",
    setRate: (kbit) => void link.stdin.write(`${kbit}\n`),
    down() {
      cut();
      for (const clean of remove) clean();
    },
  };
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });
}
