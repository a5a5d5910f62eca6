import library from "node-datachannel";
import { until } from "../fixtures/until.ts";

/** A peer in this process, which takes packets and shows nothing: it connects in no time. */
export interface Client {
  /** Number of packets received. */
  packets(): number;
  readonly location: string;
  close(): void;
  readonly track: unknown;
}

/** Creates an offer; the caller closes its connection. */
async function createOffer() {
  const connection = new library.PeerConnection("client", { iceServers: [] });
  const video = new library.Video("0", "RecvOnly");
  video.addH264Codec(102, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  const track = connection.addTrack(video);
  track.setMediaHandler(new library.RtcpReceivingSession());
  connection.setLocalDescription("offer");
  await until(() => connection.gatheringState() === "complete", "addresses are gathered");
  return { connection, track, sdp: connection.localDescription()?.sdp ?? "" };
}

/** Watches the first camera of a server; settles when the first packet has come, unless it shall not connect. */
export async function connect(url: string, { connects = true }: { readonly connects?: boolean } = {}): Promise<Client> {
  const { connection, track, sdp } = await createOffer();
  let packets = 0;
  track.onMessage(() => void packets++);
  const headers = { "Content-Type": "application/sdp" };
  const response = await fetch(`${url}/whep`, { method: "POST", headers, body: sdp });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  const answer = await response.text();
  if (connects) {
    connection.setRemoteDescription(answer, "answer");
    await until(() => packets > 0, "a packet comes");
  }
  return {
    packets: () => packets,
    location: response.headers.get("location") ?? "",
    close: () => connection.close(),
    track, // or it would be collected, and receive nothing more
  };
}
