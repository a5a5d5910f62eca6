import type { Address } from "./tcp.ts";

const reasons: Readonly<Record<string, (address: string, host: string) => string>> = {
  ECONNREFUSED: (address) => `connection refused by ${address}`,
  ECONNRESET: (address) => `connection reset by ${address}`,
  EPIPE: (address) => `connection closed by ${address}`,
  ETIMEDOUT: (address) => `no answer from ${address}`,
  EHOSTUNREACH: (_, host) => `no route to ${host}`,
  ENETUNREACH: (_, host) => `no route to the network of ${host}`,
  EHOSTDOWN: (_, host) => `${host} is down`,
  ENOTFOUND: (_, host) => `no such host: ${host}`,
  EAI_AGAIN: (_, host) => `the address of ${host} cannot be looked up at present; check the name server`,
};

/** Describes why a connection could not be opened or was lost: `connection refused by 10.0.0.7:554`. */
export function describeNetworkError(error: unknown, { hostname, port }: Address): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const [cause = error] = error instanceof AggregateError ? error.errors : []; // one for each address of a host
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return reason?.(`${host}:${port}`, host) ?? (cause instanceof Error ? cause.message : String(cause));
}
