import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { cameraParameter } from "../auth/camera-parameter.ts";
import { forwardedPrefix } from "../auth/forwarded-prefix.ts";
import type { Camera } from "../camera/camera.ts";
import { Failure, summarize } from "../failure.ts";
import { type RtcHost, RtcUnavailableError } from "../rtc/host.ts";
import type { PeerStats } from "../rtc/messages.ts";
import { type Offer, OfferError, readFragment, readOffer } from "../rtc/offer.ts";
import type { RtcPeer } from "../rtc/peer.ts";
import { sendVideo } from "../transport/whep.ts";
import type { VideoTrack } from "../video/track.ts";
import { tellDetail } from "./report.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

const sdpType = "application/sdp";
const fragmentType = "application/trickle-ice-sdpfrag";
const maxBody = 64 * 1024; // bytes
const endpointMethods = "POST, OPTIONS";
const sessionMethods = "PATCH, DELETE, OPTIONS";
const noStats: PeerStats = { rtt: null, loss: null, nacks: 0, plis: 0 };

/** A viewer by WebRTC, and who may change or end it. */
interface WhepSession {
  readonly peer: RtcPeer;
  readonly offer: Offer;
  readonly camera: string;
  readonly owner: unknown;
}

/** The handlers of `…/whep` and `…/whep/{session}`. */
export interface WhepHandlers {
  readonly endpoint: (context: Context) => Response | Promise<Response>;
  readonly session: (context: Context) => Response | Promise<Response>;
}

/**
 * Handles WHEP (https://datatracker.ietf.org/doc/draft-ietf-wish-whep/): an offer is answered, candidates follow, and the
 * session ends by DELETE, by the peer, or with the camera. Without `rtc` it responds 501.
 *
 * Bound: the sessions that the limits on viewers allow.
 */
export function whep(app: RouteContext, rtc: RtcHost | undefined): WhepHandlers {
  const sessions = new Map<string, WhepSession>();
  return {
    endpoint(context) {
      const { method } = context.req;
      if (method === "OPTIONS") return describe(context, rtc);
      if (method !== "POST") throw notAllowed(context, endpointMethods);
      if (!rtc) throw refusal(501, "WebRTC is not available: the host of the app did not pass rtc to createApp()");
      return open(app, context, { rtc, sessions });
    },
    async session(context) {
      const { method } = context.req;
      if (method === "OPTIONS") return context.body(null, 204, { Allow: sessionMethods });
      if (method !== "PATCH" && method !== "DELETE") throw notAllowed(context, sessionMethods);
      const session = find(app, context, sessions);
      if (method === "PATCH") return await trickle(context, session);
      session.peer.close("left");
      return context.json({}, 200, liveHeaders);
    },
  };
}

/** Describes the endpoint to a client before its offer. */
function describe(context: Context, rtc: RtcHost | undefined): Response {
  return context.body(null, 204, { Allow: endpointMethods, "Accept-Post": sdpType, ...iceLinks(rtc) });
}

interface OpenOptions {
  readonly rtc: RtcHost;
  readonly sessions: Map<string, WhepSession>;
}

/** Answers an offer, and sends pictures until the session ends. */
async function open(app: RouteContext, context: Context, { rtc, sessions }: OpenOptions): Promise<Response> {
  const camera = app.find(context);
  const video = requireVideo(app, context, camera);
  requireType(context, sdpType);
  const offer = read(() => readOffer, await readBody(context));
  const unavailable = await video.unavailable();
  if (unavailable !== undefined) throw refusal(501, `Camera "${camera.id}" has no video: ${unavailable}`);
  app.requireRoom(context, camera); // nothing is awaited until it counts as a viewer
  const { remote } = app.connection(context);
  let peer: RtcPeer | undefined;
  const webrtc = () => peer?.stats ?? noStats;
  const session = app.createSession(context, "webrtc", { connection: { remote }, webrtc });
  const leave = app.sessions.hold(session);
  const warmUp = video.tee({ retention: "latest" }); // starts the encoder, which takes longer than connecting
  try {
    peer = await connect(context, { rtc, offer, onKeyNeeded: () => video.requestKey() });
  } catch (error) {
    void warmUp.cancel();
    leave();
    throw error;
  }
  const id = crypto.randomUUID();
  sessions.set(id, { peer, offer, camera: camera.id, owner: app.ownerOf(context) });
  const onConnected = () => void warmUp.cancel(); // the session has its own branch
  void sendVideo(video, { peer, session, onConnected, signal: app.shutdown }).then(() => {
    sessions.delete(id);
    leave();
  });
  const { pathname, search } = new URL(context.req.url);
  const location = `${forwardedPrefix(context)}${pathname.replace(/\/$/, "")}/${id}${search}`;
  const headers = { ...liveHeaders, "Content-Type": sdpType, Location: location, ETag: etagOf(peer), ...iceLinks(rtc) };
  return context.body(peer.answer, 201, headers);
}

/** Adds the candidates of a trickle fragment. */
async function trickle(context: Context, { peer, offer }: WhepSession): Promise<Response> {
  requireType(context, fragmentType);
  const condition = context.req.header("if-match");
  if (condition === undefined) throw refusal(428, "Send If-Match with the ETag of the session");
  if (condition !== "*" && condition !== etagOf(peer)) throw refusal(412, "The ETag is of another session");
  const candidates = read(() => (text) => readFragment(text, offer), await readBody(context));
  for (const { candidate, mid } of candidates) peer.addCandidate(candidate, mid);
  return context.body(null, 204, liveHeaders);
}

function requireVideo(app: RouteContext, context: Context, camera: Camera): VideoTrack {
  const { id, video, state } = camera;
  if (!video) throw refusal(501, `Camera "${id}" offers no video: its configuration has video: false`);
  if (state.state === "ended") throw refusal(410, `Camera "${id}" has ended`);
  const failing = [state, video.state].find(({ state }) => state === "failed" || state === "waiting");
  if (!failing) return video;
  const detail = tellDetail(failing, app.isAdmin(context));
  const why = detail === null ? failing.state : `${failing.state}: ${detail}`;
  context.header("Retry-After", "2");
  throw refusal(409, `Camera "${id}" has no pictures now: it is ${why}`);
}

function find(app: RouteContext, context: Context, sessions: ReadonlyMap<string, WhepSession>): WhepSession {
  const session = sessions.get(context.req.param("session") ?? "");
  const id = context.req.param(cameraParameter);
  const isTheirs = session && session.owner === app.ownerOf(context) && (id === undefined || id === session.camera);
  if (!isTheirs) throw refusal(404, "No such session: it has ended, or was started with another token");
  return session;
}

async function connect(context: Context, { rtc, offer, onKeyNeeded }: ConnectOptions): Promise<RtcPeer> {
  try {
    return await rtc.connect(offer, { onKeyNeeded });
  } catch (error) {
    if (error instanceof RtcUnavailableError) throw refusal(501, error.message);
    const isOfOffer = error instanceof Failure && error.message.startsWith("Cannot answer offer");
    if (isOfOffer) throw refusal(400, error.message);
    context.header("Retry-After", "1");
    throw refusal(503, `WebRTC has failed: ${summarize(error) ?? "unknown reason"}`);
  }
}

interface ConnectOptions {
  readonly rtc: RtcHost;
  readonly offer: Offer;
  readonly onKeyNeeded: () => void;
}

/** Reads a body with a parser, and turns its errors into responses. */
function read<T>(parser: () => (text: string) => T, text: string): T {
  try {
    return parser()(text);
  } catch (error) {
    if (!(error instanceof OfferError)) throw error;
    throw refusal(error.kind === "invalid" ? 400 : 422, error.message);
  }
}

async function readBody(context: Context): Promise<string> {
  const decoder = new TextDecoder();
  const reader = context.req.raw.body?.getReader();
  let [text, length] = ["", 0];
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    length += next.value.length;
    if (length > maxBody) {
      void reader?.cancel();
      throw refusal(413, `The body has more than ${maxBody / 1024} KiB`);
    }
    text += decoder.decode(next.value, { stream: true });
  }
  return text;
}

function requireType(context: Context, type: string): void {
  const actual = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (actual !== type) throw refusal(415, `Send ${type}, not ${actual ?? "an unknown type"}`);
}

function etagOf({ id }: RtcPeer): string {
  return `"${id}"`;
}

/** Returns the STUN and TURN servers as the draft has them (section 4.6). */
function iceLinks(rtc: RtcHost | undefined): Record<string, string> {
  const links = rtc?.iceServers.map(({ url, username, credential }) => {
    const user = username === undefined ? "" : `; username="${username}"; credential="${credential ?? ""}"`;
    return `<${url}>; rel="ice-server"${user}${user && '; credential-type="password"'}`;
  });
  return links?.length ? { Link: links.join(", ") } : {};
}

function notAllowed(context: Context, methods: string): HTTPException {
  context.header("Allow", methods);
  return refusal(405, `Method ${context.req.method} is not allowed here: use ${methods}`);
}

type Status = 400 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 428 | 501 | 503;

function refusal(status: Status, message: string): HTTPException {
  return new HTTPException(status, { message });
}
