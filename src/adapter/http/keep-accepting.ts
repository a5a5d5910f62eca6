import type { Server } from "node:http";
import { connect } from "node:net";
import type { Connections } from "./connections.ts";

const probeInterval = 1000; // milliseconds
const probeTimeout = 500; // milliseconds for any connection to be accepted

/**
 * Calls `listenAgain` when a server accepts no more. Deno stops to accept, without a word, once it had no descriptor for a
 * connection (Node goes on). A connection of its own tells, and only after others were refused for want of room.
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
      hasFailed = true; // no descriptor for the probe itself: it says nothing
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
