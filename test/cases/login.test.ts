import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { httpDevice, send } from "../fixtures/http-device.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";
import { watch } from "../fixtures/watch-camera.ts";

let pictures: readonly Uint8Array[] = [];
beforeAll(async () => {
  pictures = await Promise.all(Array.from({ length: 6 }, (_, number) => picture(number)));
});

const give = (socket: Socket, number: number, more = "") => {
  const jpeg = pictures[number % pictures.length] ?? new Uint8Array();
  send(socket, `HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n${more}Content-Length: ${jpeg.length}\r\n\r\n`, jpeg);
};
const refuse = (socket: Socket, ...challenges: string[]) => {
  const fields = challenges.map((challenge) => `WWW-Authenticate: ${challenge}\r\n`).join("");
  send(socket, `HTTP/1.1 401 Unauthorized\r\n${fields}Content-Length: 0\r\n\r\n`);
};

/** A way in which cameras ask for a login by Digest. */
interface DigestDevice {
  /** The values of `WWW-Authenticate`; NONCE stands for the nonce. */
  readonly challenges: readonly string[];
  readonly realm?: string;
  readonly hash?: string;
  readonly session?: boolean;
  readonly qop?: "auth" | "auth-int";
  /** Each nonce is good for one request. */
  readonly once?: boolean;
  /** Restarts with the same nonce and counts anew: forgets a login without saying that the nonce is stale. */
  readonly forgets?: boolean;
}

const devices: Record<string, DigestDevice> = {
  "SHA-256-sess and an opaque text": {
    challenges: ['Digest realm="cam", nonce="NONCE", qop="auth", algorithm=SHA-256-sess, opaque="o, p"'],
    hash: "sha256",
    session: true,
  },
  "SHA-512-256": {
    challenges: ['Digest realm="cam", nonce="NONCE", qop=auth, algorithm=SHA-512-256'],
    hash: "sha512-256",
  },
  "auth-int alone": { challenges: ['Digest realm="cam", nonce="NONCE", qop="auth-int"'], qop: "auth-int" },
  "auth and auth-int": { challenges: ['Digest realm="cam", nonce="NONCE", qop="auth,auth-int"'] },
  "two challenges in one field, and a realm with quotes and commas": {
    challenges: ['Basic realm="a, \\"b\\"", Digest realm="a, \\"b\\"", nonce="NONCE", qop="auth", stale=TRUE'],
    realm: 'a, "b"',
  },
  "a field for each hash": {
    challenges: [
      'Digest realm="cam", nonce="NONCE", qop="auth", algorithm=MD5',
      'Digest realm="cam", nonce="NONCE", qop="auth", algorithm=SHA-256',
      'Basic realm="cam"',
    ],
    hash: "sha256",
  },
  "a hash that nobody knows, and MD5": {
    challenges: [
      'Digest realm="cam", nonce="NONCE", algorithm=SHA3-256',
      'Digest realm="cam", nonce="NONCE", qop="auth"',
    ],
  },
  "nothing in quotes": { challenges: ["digest qop=auth,realm=cam,nonce=NONCE,algorithm=md5,opaque="] },
  "a name as long as makers give it": {
    challenges: ['Digest qop="auth", realm="IP Camera(C1234, x)", nonce="NONCE", stale="FALSE", domain="/ /x"'],
    realm: "IP Camera(C1234, x)",
  },
  "a nonce for each request": { challenges: ['Digest realm="cam", nonce="NONCE", qop="auth"'], once: true },
  "a nonce that stays, and a login that is forgotten": {
    challenges: ['Digest realm="cam", nonce="NONCE", qop="auth"'],
    forgets: true,
  },
};

it.each(Object.entries(devices))("A login by Digest works with %s", async (_, asked) => {
  const { challenges, realm = "cam", hash: name = "md5", session = false, qop, once = false, forgets = false } = asked;
  const hash = (text: string) => createHash(name).update(text).digest("hex");
  let [nonce, granted, denied] = [1, 0, 0];
  const device = await httpDevice((socket, request) => {
    const header = /^authorization: digest (.*)$/im.exec(request)?.[1] ?? "";
    const given = Object.fromEntries(
      [...header.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map(([, key, quoted, bare]) => [
        key,
        quoted?.replace(/\\(.)/g, "$1") ?? bare,
      ]),
    );
    const login = hash(`me:${realm}:hunter2`);
    const secret = session ? hash(`${login}:${given.nonce}:${given.cnonce}`) : login;
    const target = hash(qop === "auth-int" ? `GET:/s:${hash("")}` : "GET:/s");
    const middle = given.qop ? `${given.nc}:${given.cnonce}:${given.qop}:` : "";
    const isGood = given.response === hash(`${secret}:${given.nonce}:${middle}${target}`);
    const isForgotten = forgets && granted % 3 === 2 && denied++ % 2 === 0;
    if (!isGood || given.nonce !== String(nonce) || isForgotten || (qop && given.qop !== qop)) {
      return refuse(socket, ...challenges.map((challenge) => challenge.replace("NONCE", String(nonce))));
    }
    if (once) nonce++;
    give(socket, granted++);
  });
  const { frames, front } = watch({ source: `http://me:hunter2@127.0.0.1:${device.port}/s` });
  await until(() => frames.length >= 7, "there are pictures");
  expect(front.restarts).toBe(0);
  expect(device.requests.filter((request) => /authorization: basic/i.test(request))).toEqual([]);
});

const basic = `Basic ${btoa("me:hun@ter2")}`;
it.each<[string, (socket: Socket, isLoggedIn: boolean, number: number) => void]>([
  ["says nothing about the way", (socket, isLoggedIn, number) => (isLoggedIn ? give(socket, number) : refuse(socket))],
  [
    "refuses one request in five",
    (socket, isLoggedIn, number) =>
      isLoggedIn && number % 5 !== 4 ? give(socket, number) : refuse(socket, 'Basic realm="x"'),
  ],
  [
    "closes the connection after each answer",
    (socket, isLoggedIn, number) => {
      if (isLoggedIn) give(socket, number, "Connection: close\r\n");
      else send(socket, 'HTTP/1.0 401 No\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n', "no");
      socket.end();
    },
  ],
  [
    "sends an endless page with the 401",
    (socket, isLoggedIn, number) =>
      isLoggedIn ? give(socket, number) : send(socket, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n", "<html>"),
  ],
  [
    "is busy and answers 403 once in five times",
    (socket, isLoggedIn, number) => {
      if (!isLoggedIn) return refuse(socket, "Basic");
      if (number % 5 === 4) return send(socket, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      give(socket, number);
    },
  ],
])("A login by Basic, with an @ in the password, works with a camera that %s", async (_, answer) => {
  const device = await httpDevice((socket, request, number) => answer(socket, request.includes(basic), number));
  const { frames, front } = watch({ source: `http://me:hun@ter2@127.0.0.1:${device.port}/s` });
  await until(() => frames.length >= 8, "there are pictures");
  expect(front.restarts).toBe(0);
});

it.each<[string, (socket: Socket, request: string, number: number) => void]>([
  [
    "is set by a redirect to the same address",
    (socket, request, number) => {
      if (/^cookie: sid=1; lang=en\r$/im.test(request)) return give(socket, number);
      const cookies = "Set-Cookie: sid=1; Path=/; HttpOnly\r\nSet-Cookie: lang=en\r\nSet-Cookie: https=1; Secure\r\n";
      send(socket, `HTTP/1.1 302 Found\r\n${cookies}Location: /s\r\nContent-Length: 0\r\n\r\n`);
    },
  ],
  [
    "changes with each answer",
    (socket, request, number) => {
      if (number > 0 && !request.includes(`\r\nCookie: sid=${number}\r\n`)) return refuse(socket);
      give(socket, number, `Set-Cookie: sid=${number + 1}\r\n`);
    },
  ],
])("A session's cookie that %s is sent back", async (_, answer) => {
  const device = await httpDevice(answer);
  const { frames, front } = watch({ source: `http://127.0.0.1:${device.port}/s` });
  await until(() => frames.length >= 4, "there are pictures");
  expect(front.restarts).toBe(0);
});

it("A cookie goes to no other host, and a header field of one's own replaces it", async () => {
  const other = await httpDevice((socket, _, number) => give(socket, number), { host: "127.0.0.2" });
  const device = await httpDevice((socket) =>
    send(
      socket,
      `HTTP/1.1 302 Found\r\nSet-Cookie: sid=1\r\nLocation: http://127.0.0.2:${other.port}/\r\nContent-Length: 0\r\n\r\n`,
    ),
  );
  const source = `http://127.0.0.1:${device.port}/s`;
  const [plain, own] = [watch({ source }), watch({ source, headers: { Cookie: "mine=1" } })];
  await until(() => plain.frames.length >= 2 && own.frames.length >= 2, "there are pictures");
  expect(other.requests.filter((request) => /cookie/i.test(request))).toEqual([]);
  expect(device.requests.filter((request) => request.includes("\r\nCookie: sid=1\r\n")).length).toBeGreaterThan(0);
  expect(device.requests.filter((request) => request.includes("\r\nCookie: mine=1\r\n")).length).toBeGreaterThan(1);
});
