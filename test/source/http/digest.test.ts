import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../src/source/http/challenge.ts";
import { Login } from "../../../src/source/http/credentials.ts";
import { answerDigest } from "../../../src/source/http/digest.ts";

/** The examples of the standards. */
const rfc2617 =
  'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
const rfc7616 = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

function answer(challenge: string, request: { user: string; password: string; uri: string; cnonce: string }): string {
  const [parsed] = parseChallenges([challenge]);
  if (!parsed) throw new Error("there is no challenge");
  return answerDigest(parsed, { ...request, method: "GET", count: 1 });
}

describe("answerDigest", () => {
  it.each([
    [
      "RFC 2617",
      rfc2617,
      { user: "Mufasa", password: "Circle Of Life", cnonce: "0a4f113b" },
      "6629fae49393a05397450978507c4ef1",
    ],
    [
      "RFC 7616 with MD5",
      rfc7616("MD5"),
      { user: "Mufasa", password: "Circle of Life", cnonce },
      "8ca523f5e9506fed4657c9700eebdbec",
    ],
    [
      "RFC 7616 with SHA-256",
      rfc7616("SHA-256"),
      { user: "Mufasa", password: "Circle of Life", cnonce },
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ],
  ])("answers the example of %s", (_, challenge, request, response) => {
    expect(answer(challenge, { ...request, uri: "/dir/index.html" })).toContain(`response="${response}"`);
  });

  it("answers without qop, and quotes what needs it", () => {
    const text = answer('Digest realm="a\\"b", nonce="n"', { user: 'm"e', password: "p", uri: "/", cnonce: "c" });
    expect(text).toMatch(/^Digest username="m\\"e", realm="a\\"b", nonce="n", uri="\/", response="[0-9a-f]{32}"$/);
  });
});

describe("parseChallenges", () => {
  it.each([
    [['Basic realm="a, b", Digest realm="c", nonce="d",qop="auth,auth-int"'], ["basic", "digest"]],
    [
      ['Basic realm="x"', "Digest nonce=y"],
      ["basic", "digest"],
    ],
    [["Negotiate, NTLM"], ["negotiate", "ntlm"]],
    [['Digest realm="never ends'], ["digest"]],
    [[', ,=""\\ \u00ff'], []],
  ])("reads %j", (values, schemes) => {
    expect(parseChallenges(values).map(({ scheme }) => scheme)).toEqual(schemes);
  });
});

describe("Login", () => {
  const digest = (nonce: string, more = "") => [`Digest realm="r", nonce="${nonce}", qop="auth"${more}`];

  it("says nothing before it is asked, and prefers the best hash", () => {
    const login = new Login({ user: "u", password: "p" });
    expect(login.authorize("GET", "/")).toBeUndefined();
    const offered = [
      'Basic realm="r"',
      'Digest realm="r", nonce="1"',
      'Digest realm="r", nonce="2", algorithm=SHA-256',
    ];
    expect(login.challenge(offered)).toBe(true);
    expect(login.authorize("GET", "/")).toContain("algorithm=SHA-256");
  });

  it("counts its requests, and begins anew with a new nonce", () => {
    const login = new Login({ user: "u", password: "p" });
    login.challenge(digest("1"));
    expect(login.authorize("GET", "/")).toContain("nc=00000001");
    login.accept();
    expect(login.authorize("GET", "/")).toContain("nc=00000002");
    expect(login.challenge(digest("2"))).toBe(true);
    expect(login.authorize("GET", "/")).toMatch(/nonce="2".*nc=00000001/);
    expect(login.challenge(digest("3", ", stale=true"))).toBe(true);
  });

  it("sends a wrong password once", () => {
    const login = new Login({ user: "u", password: "p" });
    expect(login.challenge(digest("1"))).toBe(true);
    login.authorize("GET", "/");
    expect(login.challenge(digest("2"))).toBe(false);
  });

  it("takes a server that does not say what it wants for one of Basic, and sends UTF-8", () => {
    const login = new Login({ user: "ü", password: "p:w" });
    expect(login.challenge([])).toBe(true);
    expect(login.authorize("GET", "/")).toBe(`Basic ${Buffer.from("ü:p:w").toString("base64")}`);
  });

  it("has no answer to NTLM", () => {
    expect(new Login({ user: "u", password: "p" }).challenge(["NTLM"])).toBe(false);
  });
});
