/** The part of an SDP offer that an answer with H.264 needs. */
export interface Offer {
  readonly sdp: string;
  /** Identification of the video section. */
  readonly mid: string;
  /** Payload type of the H.264 to send. */
  readonly payloadType: number;
  /** Its format parameters, to be repeated in the answer. */
  readonly parameters: string;
  /** ICE user name fragment, by which an ICE restart is told from trickled candidates. */
  readonly ufrag: string;
}

/** An offer that cannot be answered: `invalid`, or one of a kind that is not supported. */
export class OfferError extends TypeError {
  override name = "OfferError";
  readonly kind: "invalid" | "unsupported";

  constructor(kind: OfferError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A candidate of a trickle fragment, and the section that it belongs to. */
export interface Candidate {
  readonly candidate: string;
  readonly mid: string;
}

const maxCandidates = 64;
const token = /^[\w!#$%&'*+.^`{|}~-]{1,64}$/;

/**
 * Reads an SDP offer (RFC 8866) of a peer that wants to receive H.264.
 *
 * Throws an {@link OfferError} for text that is no offer, one without video to be sent, and one without H.264.
 */
export function readOffer(sdp: string): Offer {
  const lines = linesOf(sdp);
  if (lines[0] !== "v=0") throw new OfferError("invalid", "Cannot read offer: it is no SDP, which begins with v=0");
  const [session = [], ...sections] = sectionsOf(lines);
  const video = sections.find(([media = ""]) => /^m=video [1-9]\d* /.test(media));
  if (!video) throw new OfferError("invalid", "Cannot answer offer: it has no video; offer one that is recvonly");
  const value = (name: string) => attributeOf(video, name) ?? attributeOf(session, name);
  const isWanted = !["a=sendonly", "a=inactive"].some((line) => video.includes(line));
  if (!isWanted)
    throw new OfferError("invalid", "Cannot answer offer: its video is not to be received; make it recvonly");
  const mid = attributeOf(video, "mid");
  const ufrag = value("ice-ufrag");
  const isEncrypted = [ufrag, value("ice-pwd"), value("fingerprint")].every((one) => one !== undefined);
  if (mid === undefined || !token.test(mid) || ufrag === undefined || !isEncrypted) {
    throw new OfferError("invalid", "Cannot answer offer: its video has no mid, ICE credentials or fingerprint");
  }
  return { sdp, mid, ufrag, ...chooseCodec(video) };
}

/** Returns the best H.264 of a video section: with packets of fragments (RFC 6184), and the profile that is sent. */
function chooseCodec(video: readonly string[]): Pick<Offer, "payloadType" | "parameters"> {
  const offered = video.flatMap((line) => {
    const [, type] = /^a=rtpmap:(\d{1,3}) H264\/90000\s*$/i.exec(line) ?? [];
    if (type === undefined) return [];
    const prefix = `a=fmtp:${type} `;
    const parameters = video.find((other) => other.startsWith(prefix))?.slice(prefix.length) ?? "";
    return [{ payloadType: Number(type), parameters }];
  });
  const rank = ({ parameters }: { readonly parameters: string }) => {
    const fragments = /(^|;)\s*packetization-mode=1\b/i.test(parameters) ? 2 : 0;
    return fragments + (/(^|;)\s*profile-level-id=42[c-f]0/i.test(parameters) ? 1 : 0);
  };
  const [best] = offered.toSorted((one, other) => rank(other) - rank(one));
  if (best) return best;
  const codecs = video.flatMap((line) => /^a=rtpmap:\d+ ([\w-]+)\//.exec(line)?.[1] ?? []);
  const known = [...new Set(codecs)].slice(0, 10).join(", ") || "no codec";
  throw new OfferError("unsupported", `Offer H.264: the offer has ${known}`);
}

/**
 * Reads a trickle fragment (RFC 8840): candidates, each with its section.
 *
 * Throws an {@link OfferError} for one that restarts ICE, and for what is no fragment.
 */
export function readFragment(text: string, { ufrag, mid }: Pick<Offer, "ufrag" | "mid">): Candidate[] {
  const candidates: Candidate[] = [];
  let section = mid;
  for (const line of linesOf(text)) {
    const [, name, value = ""] = /^a=([a-z-]+):?(.*)$/.exec(line) ?? [];
    if (name === "mid" && token.test(value)) section = value;
    if (name === "ice-ufrag" && value !== ufrag) {
      throw new OfferError("unsupported", "Cannot restart ICE: start a new session instead");
    }
    if (name === "candidate") candidates.push({ candidate: `candidate:${value}`, mid: section });
  }
  if (candidates.length > maxCandidates) throw new OfferError("invalid", `More than ${maxCandidates} candidates`);
  if (candidates.length === 0 && !/^a=(ice-ufrag|end-of-candidates|mid)\b/m.test(text)) {
    throw new OfferError("invalid", "Cannot read fragment: it has no candidates");
  }
  return candidates;
}

/** Returns an offer without the addresses of the peer, and these. */
export function withoutCandidates(sdp: string): { readonly offer: string; readonly candidates: readonly Candidate[] } {
  const lines = linesOf(sdp);
  const candidates = sectionsOf(lines).flatMap((section) => {
    const mid = attributeOf(section, "mid") ?? "";
    return section.filter((line) => line.startsWith("a=candidate:")).map((line) => ({ candidate: line.slice(2), mid }));
  });
  const rest = lines.filter((line) => !/^a=(candidate:|end-of-candidates)/.test(line));
  return { offer: rest.map((line) => `${line}\r\n`).join(""), candidates: candidates.slice(0, maxCandidates) };
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/).filter((line) => line !== "");
}

/** Splits the lines into those of the session and those of each medium. */
function sectionsOf(lines: readonly string[]): string[][] {
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

function attributeOf(section: readonly string[], name: string): string | undefined {
  return section.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
}
