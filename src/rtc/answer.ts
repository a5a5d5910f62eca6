/** Options for {@link finishAnswer}. */
export interface AnswerOptions {
  /** Identification of the video section. */
  readonly mid: string;
  /** Addresses to announce in addition to those of this machine. */
  readonly hosts: readonly string[];
  /** Addresses that nobody else can reach, such as those of bridges to containers. */
  readonly unreachable: ReadonlySet<string>;
}

const lowerPriority = 1000; // of an announced address, below that of the machine's own

/**
 * Finishes an SDP answer: nothing but video is sent, unreachable addresses are left out, and the announced ones are added,
 * at the ports of the machine's own.
 */
export function finishAnswer(sdp: string, { mid, hosts, unreachable }: AnswerOptions): string {
  const [session = "", ...media] = sdp.split(/^(?=m=)/m);
  const sections = media.map((section) => {
    const isVideo = new RegExp(`^a=mid:${quoted(mid)}\\s*$`, "m").test(section);
    const isSilent = isVideo || section.startsWith("m=application");
    return isSilent ? section : section.replace(/^a=(sendonly|sendrecv|recvonly)(?=\s*$)/m, "a=inactive");
  });
  return [session, ...sections]
    .join("")
    .replace(/^a=candidate:.*\r?\n/gm, (line) => candidates(line, hosts, unreachable));
}

/** Returns the candidates to announce instead of one. */
function candidates(line: string, hosts: readonly string[], unreachable: ReadonlySet<string>): string {
  const fields = line.split(" ");
  const [foundation = "", component, transport, priority, address = "", ...rest] = fields;
  const own = unreachable.has(address) ? "" : line;
  const isHost = rest[1] === "typ" && rest[2]?.trim() === "host";
  if (!isHost || address.includes(":")) return own;
  const added = hosts.map((host, n) => {
    const lower = Math.max(1, Number(priority) - lowerPriority - n);
    return [`${foundation}${n}`, component, transport, lower, host, ...rest].join(" ");
  });
  return own + added.join("");
}

function quoted(text: string): string {
  return text.replace(/[^\w]/g, "\\$&");
}

/** A network interface, as `os.networkInterfaces()` has it. */
export interface NetworkAddress {
  readonly address: string;
}

/** Returns the addresses of bridges to containers and virtual machines on this machine, which no peer can reach. */
export function bridgeAddresses(
  interfaces: Readonly<Record<string, readonly NetworkAddress[] | undefined>>,
): Set<string> {
  const bridges = Object.entries(interfaces).filter(([name]) =>
    /^(docker|br-|veth|virbr|cni|podman|lxc|lxd)/.test(name),
  );
  return new Set(bridges.flatMap(([, addresses = []]) => addresses.map(({ address }) => address)));
}
