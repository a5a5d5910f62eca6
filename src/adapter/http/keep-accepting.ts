import type { Server } from "node:http";
import { connect } from "node:net";
import type { Connections } from "./connections.ts";

const probeInterval = 1000; // milliseconds
const probeTimeout = 500; // milliseconds for any connection to be accepted

/**
 * Calls `listenAgain` when a server no longer accepts connections.
 *
 * Deno stops accepting, without an event, when it has no file descriptor for a connection; Node continues. Probes the
 * server with a connection every second, but only after connections over the limits were refused.
 */
export function keepAccepting(server: Server, connections: Connections, listenAgain: () => void): void {
  let seen = connections.refused;
  const probe = () => {
    const address = server.address();
    if (connections.refused === seen || typeof address !== "object" || !address) return again();
    const { accepted } = connections;
    const socket = connect(address.port, address.address.replace(/^(0\.0\.0\.0|::)$/, "localhost"));
    let hasFailed = false;
    socket.on("error", () => {
      hasFailed = true; // no descriptor for the probe itself: no conclusion
    });
    setTimeout(() => {
      socket.destroy();
      if (connections.accepted > accepted) seen = connections.refused;
      else if (!hasFailed && server.listening) listenAgain();
      again();
    }, probeTimeout);
  };
  const again = () => {
    if (!connections.isClosing) setTimeout(probe, probeInterval).unref();
  };
  again();
}
