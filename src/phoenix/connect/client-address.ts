import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";

/**
 * The address that a request comes from, as `maxConnectionsPerAddress` counts it: an IPv4 address, or the first 64 bits of an IPv6
 * address, because a provider gives each of its customers that many.
 */
export function clientAddress({ socket }: IncomingMessage): string {
  const [address = ""] = (socket.remoteAddress ?? "").split("%", 1);
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? `${networkOf(address)}::/64` : address;
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [left = "", right] = address.toLowerCase().split("::");
  const groups = left === "" ? [] : left.split(":");
  const tail = right ? right.split(":") : [];
  // An IPv4 address at the end stands for two groups.
  const given = groups.length + tail.length + (address.includes(".") ? 1 : 0);
  const zeros = right === undefined ? [] : Array<string>(8 - given).fill("0");
  return [...groups, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
