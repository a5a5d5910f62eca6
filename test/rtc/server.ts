import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { RtcHost } from "../../src/rtc/host.ts";
import type { Process, Spawn } from "../../src/source/process.ts";
import { cleanUp } from "../fixtures/clean-up.ts";

/** A camera that is served over HTTP and WebRTC, until the test is over. */
export interface RtcServer {
  readonly url: string;
  readonly camera: Camera;
  readonly rtc: RtcHost;
  /** The processes for WebRTC that have been started. */
  readonly hosts: readonly Process[];
  /** The processes that code. */
  readonly encoders: readonly Process[];
}

/** Serves a camera on this runtime. */
export async function rtcServer(options: CameraOptions | Camera, idleTimeout = 60_000): Promise<RtcServer> {
  const [hosts, encoders]: [Process[], Process[]] = [[], []];
  const spawn: Spawn = async (argv, options) => {
    const process = await adapter.spawn(argv, options);
    if (argv.includes("pipe:0")) encoders.push(process);
    if (argv.some((word) => word.endsWith("rtc/host/main.ts"))) hosts.push(process);
    return process;
  };
  const camera = options instanceof Camera ? options : new Camera({ id: "front", ...options }, { ...adapter, spawn });
  const rtc = new RtcHost({ runtime: { spawn, program: adapter.program }, idleTimeout });
  const { connection } = adapter;
  const server = await adapter.serve(() => createApp({ cameras: new Map([[camera.id, camera]]), rtc, connection }), {
    hostname: "127.0.0.1",
    port: 0,
  });
  cleanUp(() => Promise.all([rtc.close(), camera.close(), server.close(100)]));
  return { url: `http://127.0.0.1:${server.port}`, camera, rtc, hosts, encoders };
}
