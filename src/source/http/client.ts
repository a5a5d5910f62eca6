import { redact } from "../../redact.ts";
import { describeNetworkError } from "../network-error.ts";
import type { Answer } from "./connection.ts";
import { addressOf, type Connections } from "./connections.ts";
import { Cookies } from "./cookies.ts";
import { credentialsOf, describeChallenges, Login } from "./credentials.ts";
import { HttpError, readRetryAfter } from "./error.ts";
import { isLinkLocal } from "./link-local.ts";
import type { HttpOptions } from "./options.ts";
import { formatRequest, targetOf } from "./request.ts";

const maxRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
const maxLogins = 3;
const maxDrained = 64 * 1024; // bytes that are read and discarded to keep a connection open
const denialDelay = { first: 15_000, max: 60_000 }; // milliseconds, so that cameras do not lock the account

/**
 * Client that requests one URL repeatedly, and accepts what players accept.
 *
 * Authenticates by Digest or Basic, returns cookies, and follows up to five redirects. User name, password, cookies and
 * header fields are sent only to the host in the URL, and never from HTTPS to HTTP. A redirect to a link-local address is an error unless
 * `allowLinkLocal` is set.
 */
export class HttpClient {
  readonly #url: URL;
  readonly #options: HttpOptions;
  readonly #login: Login | undefined;
  readonly #cookies = new Cookies();
  #denials = 0;
  /** Whether the latest request was not denied. */
  #isAdmitted = false;

  /** Throws a `TypeError` or a `URIError` for an invalid URL. */
  constructor(url: string, options: HttpOptions = {}) {
    this.#url = new URL(url);
    this.#options = options;
    const credentials = credentialsOf(this.#url);
    this.#login = credentials && new Login(credentials);
  }

  /**
   * Returns a response of status 2xx or 304, whose body the caller reads to its end or cancels.
   *
   * Rejects with an {@link HttpError} that names the URL, without secrets.
   */
  async get(connections: Connections): Promise<Answer> {
    let url = this.#url;
    for (let followed = 0; ; followed++) {
      const answer = await this.#logIn(url, connections);
      if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) {
        this.#denials = 0;
        this.#isAdmitted = true;
        return answer;
      }
      await drain(answer);
      const [location] = redirects.includes(answer.status) ? (answer.fields.get("location") ?? []) : [];
      if (location === undefined) throw this.#refusal(url, answer);
      if (followed === maxRedirects)
        throw new HttpError(`${cannot(url)}: it redirects more than ${maxRedirects} times`, {
          summary: "too many redirects",
        });
      url = redirected(url, location);
    }
  }

  /** Returns the error for a response that ended early or could not be read. */
  lost(error: unknown): HttpError {
    const why = describeNetworkError(error, addressOf(this.#url));
    return new HttpError(`${cannot(this.#url)}: ${redact(why)}`, { cause: error });
  }

  /** Sends the request, and repeats it with credentials if the server requires them. */
  async #logIn(url: URL, connections: Connections): Promise<Answer> {
    const login = this.#isOwn(url) ? this.#login : undefined;
    for (let asked = 1; ; asked++) {
      const answer = await this.#ask(url, connections, login?.authorize("GET", targetOf(url)));
      if (answer.status !== 401) {
        if (answer.status < 400) login?.accept();
        return answer;
      }
      if (!login?.challenge(answer.fields.get("www-authenticate") ?? []) || asked === maxLogins) return answer;
      await drain(answer);
    }
  }

  async #ask(url: URL, connections: Connections, authorization: string | undefined): Promise<Answer> {
    const isOwn = this.#isOwn(url);
    const headers = isOwn ? this.#options.headers : undefined;
    const cookie = isOwn ? this.#cookies.header(url.protocol) : undefined;
    try {
      const answer = await connections.request(url, {
        head: formatRequest(url, { headers, authorization, cookie }),
        checkAddress: url.hostname === this.#url.hostname ? undefined : (address) => this.#checkAddress(address),
      });
      if (isOwn) this.#cookies.store(answer.fields.get("set-cookie"));
      return answer;
    } catch (error) {
      throw new HttpError(`${cannot(url)}: ${redact(error instanceof Error ? error.message : String(error))}`, {
        cause: error,
      });
    }
  }

  /** Tells whether credentials and header fields of the user may be sent to a URL. */
  #isOwn({ hostname, protocol }: URL): boolean {
    return hostname === this.#url.hostname && (protocol === "https:" || this.#url.protocol === "http:");
  }

  #checkAddress(address: string): void {
    if (this.#options.allowLinkLocal || !isLinkLocal(address)) return;
    throw new Error(`it redirects to the link-local address ${address}; allow_link_local: true allows that`);
  }

  #refusal(url: URL, { status, reason, fields }: Answer): HttpError {
    const answered = `${cannot(url)}: it answered ${`${status} ${reason}`.trim()}`;
    const summary = `it answered ${status}`;
    if (status !== 401 && status !== 403) {
      return new HttpError(answered, { summary, retryAfter: readRetryAfter(fields.get("retry-after")?.[0]) });
    }
    const retryAfter = this.#isAdmitted ? 0 : Math.min(denialDelay.max, denialDelay.first * 2 ** this.#denials++);
    this.#isAdmitted = false; // a camera may refuse one request, for example because it is busy
    const offered = describeChallenges(fields.get("www-authenticate") ?? []);
    return new HttpError(`${answered}${this.#advise(status, offered)}`, { summary, retryAfter });
  }

  #advise(status: number, offered: string): string {
    if (offered !== "" && !/\b(Digest|Basic)\b/.test(offered)) {
      return `: it requires ${offered}, which teecam does not support; set a header: headers: { Authorization: … }`;
    }
    if (this.#login) return ": the user name or password is wrong, or does not allow this";
    if (status === 403) return "";
    return ": it requires a user name and a password, as in http://USER:PASSWORD@HOST/";
  }
}

function cannot(url: URL): string {
  return `Cannot pull ${redact(withoutCredentials(url))}`;
}

function withoutCredentials(url: URL): string {
  const { protocol, host, pathname, search } = url;
  return `${protocol}//${url.username === "" && url.password === "" ? "" : "***@"}${host}${pathname}${search}`;
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (to?.protocol === "http:" || to?.protocol === "https:") {
    to.username = to.password = to.hash = "";
    return to;
  }
  throw new HttpError(`${cannot(from)}: it redirects to ${redact(location.slice(0, 200))}, which is not HTTP`, {
    summary: "it redirects to another protocol",
  });
}

/** Discards the body of a response, so that its connection can be used again; closes it if the body is long. */
async function drain({ body, length }: Answer): Promise<void> {
  if (length > maxDrained) return await body.cancel();
  const reader = body.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // the connection is closed then
  }
}
