import { BlockList, isIPv6 } from "node:net";

const blocked = new BlockList();
blocked.addSubnet("169.254.0.0", 16);
blocked.addSubnet("fe80::", 10, "ipv6");
// Metadata services of clouds, which return credentials, besides 169.254.169.254.
blocked.addAddress("100.100.100.200");
blocked.addAddress("192.0.0.192");
blocked.addAddress("fd00:ec2::254", "ipv6");
blocked.addAddress("fd20:ce::254", "ipv6");

/** Tells whether an address is link-local, or that of the metadata service of a cloud. */
export function isLinkLocal(address: string): boolean {
  const [bare = ""] = address.split("%"); // without the zone
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  return mapped === undefined && isIPv6(bare) ? blocked.check(bare, "ipv6") : blocked.check(mapped ?? bare, "ipv4");
}
