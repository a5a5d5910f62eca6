import { networkInterfaces } from "node:os";
import type * as NodeDatachannel from "node-datachannel";
import { bridgeAddresses, finishAnswer } from "../answer.ts";
import { KeyLimiter } from "../key-limiter.ts";
import type { FromHost, PeerStats, ToHost } from "../messages.ts";
import { type Candidate, withoutCandidates } from "../offer.ts";
import type { RtcOptions } from "../options.ts";
import { goodbye, readRtcp } from "../rtcp.ts";

/** The library that speaks WebRTC. */
export type Library = typeof NodeDatachannel.default;

/** Options for {@link Peer}. */
export interface PeerOptions extends RtcOptions {
  readonly library: Library;
  readonly offer: Extract<ToHost, { type: "offer" }>;
  readonly send: (message: FromHost) => void;
}

const clockRate = 90_000; // Hz
const maxPacket = 1200; // bytes
const resendable = 512; // packets kept for a peer that asks for them again
const gatherTimeout = 2000; // milliseconds to wait for the answers of STUN servers
const patience = 300; // milliseconds that an answer has until we try to reach the peer
/** Milliseconds that the reason for the end of a peer has to arrive. */
export const farewell = 200;
const cname = "teecam";

/**
 * One peer, which receives H.264. Its callbacks never throw: an exception that leaves one would end the whole process.
 */
export class Peer {
  readonly #options: PeerOptions;
  readonly #connection: NodeDatachannel.PeerConnection;
  readonly #track: NodeDatachannel.Track;
  readonly #rtp: NodeDatachannel.RtpPacketizationConfig;
  readonly #channels: NodeDatachannel.DataChannel[] = [];
  readonly #firstTime = Math.floor(Math.random() * 2 ** 32);
  readonly #keys = new KeyLimiter();
  readonly #ssrc: number;
  readonly #candidates: readonly Candidate[];
  #stats: PeerStats = { rtt: null, loss: null, nacks: 0, plis: 0 };
  #isClosed = false;
  #hasAnswered = false;

  /** Answers an offer; throws if that is impossible. */
  constructor(options: PeerOptions) {
    this.#options = options;
    const { library, offer, port, iceServers = [] } = options;
    const { peer, sdp, mid, payloadType, parameters } = offer;
    const ports = port === undefined ? {} : { portRangeBegin: port, portRangeEnd: port };
    this.#connection = new library.PeerConnection(peer, {
      ...ports,
      iceServers: iceServers.map(iceUrl),
      enableIceUdpMux: true,
      disableAutoNegotiation: true,
    });
    const ssrc = 1 + Math.floor(Math.random() * (2 ** 32 - 2));
    this.#ssrc = ssrc;
    const video = new library.Video(mid, "SendOnly");
    video.addH264Codec(payloadType, parameters === "" ? undefined : parameters);
    video.addSSRC(ssrc, cname, cname, "video");
    this.#track = this.#connection.addTrack(video);
    this.#rtp = new library.RtpPacketizationConfig(ssrc, cname, payloadType, clockRate);
    const packetizer = new library.H264RtpPacketizer("LongStartSequence", this.#rtp, maxPacket);
    packetizer.addToChain(new library.RtcpSrReporter(this.#rtp));
    packetizer.addToChain(new library.RtcpNackResponder(resendable));
    this.#track.setMediaHandler(packetizer);
    this.#listen();
    // Some peers fail if ICE or DTLS reach them before the answer does: the peer begins with both, once it has the answer.
    const { offer: patient, candidates } = withoutCandidates(sdp);
    this.#connection.setRemoteDescription(patient.replace(/^a=setup:actpass/gm, "a=setup:active"), "offer");
    this.#candidates = candidates;
    this.#connection.setLocalDescription("answer");
    setTimeout(() => this.#guard(() => this.#answer()), gatherTimeout);
  }

  /** Counters, from the reports of the peer. */
  get stats(): PeerStats {
    return this.#stats;
  }

  /** Adds an address of the peer; one that is invalid is ignored. */
  addCandidate(candidate: string, mid: string): void {
    this.#guard(() => this.#isClosed || this.#connection.addRemoteCandidate(candidate, mid));
  }

  /** Sends a picture, if the peer has connected. */
  sendPicture(data: Uint8Array, time: number): void {
    this.#guard(() => {
      if (this.#isClosed || !this.#track.isOpen()) return;
      this.#rtp.timestamp = (this.#firstTime + time) % 2 ** 32;
      this.#track.sendMessageBinary(Buffer.from(data.buffer, data.byteOffset, data.length));
    });
  }

  /** Closes the connection, after an RTCP BYE, and the reason where the peer has opened a data channel. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    let isTold = false;
    for (const channel of this.#channels) {
      this.#guard(() => {
        isTold ||= channel.isOpen() && channel.sendMessage(JSON.stringify({ type: "closed", reason }));
      });
    }
    this.#guard(() => {
      if (!this.#track.isOpen()) return;
      this.#track.setMediaHandler(new this.#options.library.RtcpReceivingSession()); // sends what it is given as it is
      isTold = this.#track.sendMessageBinary(Buffer.from(goodbye(this.#ssrc)));
    });
    const end = () => this.#guard(() => this.#connection.close());
    if (isTold) setTimeout(end, farewell);
    else end();
  }

  #listen(): void {
    const { offer, send } = this.#options;
    const { peer } = offer;
    const connection = this.#connection;
    connection.onGatheringStateChange((state) => this.#guard(() => state === "complete" && this.#answer()));
    connection.onStateChange((state) =>
      this.#guard(() => {
        const isOver = state === "disconnected" || state === "closed" || state === "failed";
        const isLost = ["disconnected", "failed"].includes(connection.iceState());
        if (isOver) this.#end(isLost || state === "failed" ? "lost" : "left");
      }),
    );
    connection.onDataChannel((channel) => this.#guard(() => this.#channels.length < 1 && this.#channels.push(channel)));
    this.#track.onOpen(() => this.#guard(() => send({ type: "open", peer })));
    this.#track.onMessage((packet) => this.#guard(() => this.#receive(packet)));
  }

  #receive(packet: Uint8Array): void {
    const { offer, send } = this.#options;
    const { keys, nacks, loss, rtt } = readRtcp(packet, Date.now());
    const before = this.#stats;
    this.#stats = {
      rtt: rtt === undefined ? before.rtt : Math.round(rtt * 10) / 10,
      loss: loss ?? before.loss,
      nacks: before.nacks + nacks,
      plis: before.plis + keys,
    };
    if (keys > 0 && this.#keys.allows()) send({ type: "key", peer: offer.peer });
  }

  #answer(): void {
    const { offer, hosts = [], send } = this.#options;
    const description = this.#connection.localDescription();
    if (this.#hasAnswered || this.#isClosed || !description) return;
    this.#hasAnswered = true;
    const unreachable = bridgeAddresses(networkInterfaces());
    const sdp = finishAnswer(description.sdp, { mid: offer.mid, hosts, unreachable });
    send({ type: "answer", peer: offer.peer, sdp });
    setTimeout(() => {
      for (const { candidate, mid } of this.#candidates) this.addCandidate(candidate, mid);
    }, patience);
  }

  #end(reason: "left" | "lost"): void {
    if (this.#isClosed) return;
    this.#options.send({ type: "closed", peer: this.#options.offer.peer, reason });
    this.close(reason);
  }

  #guard(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      console.error(`peer ${this.#options.offer.peer}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Returns a server with its credentials in the URL, as libdatachannel has it. */
function iceUrl({ url, username, credential }: NonNullable<RtcOptions["iceServers"]>[number]): string {
  if (username === undefined) return url;
  const user = [username, credential ?? ""].map(encodeURIComponent).join(":");
  return url.replace(/^(turns?|stun):/, `$1:${user}@`);
}
