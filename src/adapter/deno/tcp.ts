import type { Dial, Listen, SourceConnection } from "../../source/tcp.ts";

const maxAttempts = 4;
const retryDelay = 20; // milliseconds

/** Opens a listening socket by `Deno.listen`. */
export const listen: Listen = async ({ hostname, port }) => {
  const listener = await openListener({ hostname, port });
  return new ReadableStream<SourceConnection>(
    {
      async pull(controller) {
        try {
          controller.enqueue(incoming(await listener.accept()));
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: () => listener.close(),
    },
    { highWaterMark: 0 },
  );
};

/** Retries while the port is in use: Deno frees the port of a closed listener, such as a replaced camera's, a moment later. */
async function openListener(address: { hostname: string; port: number }): Promise<Deno.TcpListener> {
  for (let attempt = 1; ; attempt++) {
    try {
      return Deno.listen(address);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || attempt === maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelay));
    }
  }
}

/** Connects by `Deno.connect`. */
export const dial: Dial = async ({ hostname, port }, signal) =>
  incoming(await Deno.connect({ hostname, port, signal }));

function incoming(connection: Deno.TcpConn): SourceConnection {
  connection.setKeepAlive(true);
  const { hostname, port } = connection.remoteAddr;
  return { readable: connection.readable, remote: `${hostname}:${port}` };
}
