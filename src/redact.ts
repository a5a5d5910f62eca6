import { isPathWord } from "./path-words.ts";

const secretName =
  /pass|pwd|token|secret|key|auth|signature|credential|user|usr|login|account|streamid|^(?:p|pw|psw|u|un|sid|pin|code)$/i;

/** Names of parameters whose values are not secret. */
const plainNames = new Set(
  (
    "action ack advance_headers after all camera cameras cam chn ch channel channelno cmd codec compression dummy expires " +
    "fps frame frames framerate h height id idx mode mirror n number profile proto q quality rate real_stream res " +
    "resolution rotation size snapshot stream streamtype subtype t tcp transport ts type udp unicast videocodec w width x y"
  ).split(" "),
);
const plainValue = /^[\w.,:-]{0,24}$/;

/**
 * Redacts user names, passwords and keys in every URL of a text: `rtsp://***@host/live?channel=1&p=***`.
 *
 * Keeps the scheme, the host and the shape of the path, and values and words that are known not to be secret. Programs repeat their
 * URL in error messages, so all their output is redacted. The text can be anything: it takes linear time, except for text
 * made of the beginnings of URLs.
 */
export function redact(text: string): string {
  return (
    text
      // After "user:" up to the last @, because a password may contain / or # by mistake.
      .replace(/([a-z][a-z0-9+.-]{0,31}:\/\/)(?:[^\s/?#:@]*:[^\s"'<>]*|[^\s/?#]*)@/gi, "$1***@")
      .replace(/([a-z][a-z0-9+.-]{0,31}):\/\/([^\s/?#"'<>]*)([^\s"'<>]*)/gi, (_, scheme, host, rest) => {
        return `${scheme}://${host}${redactRest(scheme.toLowerCase(), rest)}`;
      })
      .replace(/([?&]([^=&?\s]*)=)(?!\*\*\*)([^&\s"'<>#]+)/g, (whole, start, name) =>
        secretName.test(name) ? `${start}***` : whole,
      )
      .replace(secretPair, "$1=***")
  );
}

/** A password outside a URL, such as in a path: `user=admin_password=hunter2_channel=1`. */
const secretPair =
  /(?<![a-z0-9])([a-z0-9.-]{0,16}(?:pass(?:w(?:or)?d|phrase)?|pwd|token|secret|streamid))=(?!\*\*\*)(?:[^\s&;,/"'<>_]|_(?![a-z][a-z0-9.-]{0,31}=))+/gi;

/** Redacts the secrets in the path, query and fragment of a URL, without punctuation after it. */
function redactRest(scheme: string, whole: string): string {
  let end = whole.length;
  while (end > 0 && ":,.;)]!".includes(whole.charAt(end - 1))) end--;
  const rest = whole.slice(0, end);
  const queryAt = /[?#]|$/.exec(rest)?.index ?? rest.length;
  const segments = rest.slice(0, queryAt).split("/");
  const last = segments.findLastIndex((segment) => segment !== "");
  const isKey = (at: number) => scheme.startsWith("rtmp") && at > 1 && at === last;
  const isKept = (segment: string) => segment === "" || scheme === "file";
  const path = segments
    .map((segment, at) => (isKept(segment) ? segment : isKey(at) ? "***" : redactSegment(segment)))
    .join("/");
  return path + rest.slice(queryAt).replace(/[^?#&;]+/g, redactParameter) + whole.slice(end);
}

function redactSegment(segment: string): string {
  if (segment.includes("=")) return segment.replace(pathPair, (_, name, value) => `${name}=${shown(name, value)}`);
  return segment.split(/[^a-z0-9]+/i).some(isKey) ? "***" : segment;
}

const pathPair = /([a-z][a-z0-9.-]{0,31})=(.*?)(?=[_;&,][a-z][a-z0-9.-]{0,31}=|$)/gi;

function redactParameter(parameter: string): string {
  const at = parameter.indexOf("=");
  if (at >= 0) return `${parameter.slice(0, at)}=${shown(parameter.slice(0, at), parameter.slice(at + 1))}`;
  return plainNames.has(parameter.toLowerCase()) || parameter.length <= 3 ? parameter : "***";
}

function shown(name: string, value: string): string {
  const bare = value.replace(/\.[a-z]{2,4}$/i, ""); // stream=0.sdp
  return value === "" || (plainNames.has(name.toLowerCase()) && plainValue.test(bare)) ? value : "***";
}

const shortestKey = 8; // characters

/** Tells whether a word may be a key: it is long, and does not consist of words that paths are made of. */
function isKey(word: string): boolean {
  return word.length >= shortestKey && !isPathWord(word);
}

/** Returns the passwords and keys in a source's spelling, as they are written and decoded. */
export function secretsIn(source: string): string[] {
  const [, password = ""] = /:\/\/[^\s/?#:@]*:(\S*)@/.exec(source) ?? [];
  const values = [...source.matchAll(/(?:^|[?&;/_])([a-z][a-z0-9.-]{0,31})=([^&;/#\s_]+)/gi)]
    .filter(([, name = "", value = ""]) => secretName.test(name) && !/^\d{1,5}$/.test(value))
    .map(([, , value = ""]) => value);
  return [password, ...values].filter((secret) => secret !== "").flatMap((secret) => [secret, decoded(secret)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const shortestSecret = 4; // characters: shorter values are numbers or switches, and may be part of any word

/** Returns a {@link redact} that also redacts these secrets, and each line of those with several lines. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/)))]
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length); // one may be a prefix of another
  return (text) => redact(known.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
}
