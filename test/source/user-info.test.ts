import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeUserInfo } from "../../src/source/user-info.ts";

describe("encodeUserInfo", () => {
  it.each([
    ["http://admin:100%@cam/s", "http://admin:100%25@cam/s"],
    ["http://admin:100%25@cam/s", "http://admin:100%25@cam/s"],
    ["http://admin:a%bc@cam/s", "http://admin:a%25bc@cam/s"],
    ["rtsp://admin:a#b@cam:554/live", "rtsp://admin:a%23b@cam:554/live"],
    ["rtmp://admin:a/b@cam/live/x", "rtmp://admin:a%2Fb@cam/live/x"],
    ["http://admin:a?b@cam/s?x=1@2", "http://admin:a%3Fb@cam/s?x=1@2"],
    ["http://admin:a:b@cam/", "http://admin:a%3Ab@cam/"],
    ["http://admin:a@b@cam/", "http://admin:a%40b@cam/"],
    ["http://admin:1#34@127.0.0.1:80/s", "http://admin:1%2334@127.0.0.1:80/s"],
    ["http://admin:a b@[::1]:80/", "http://admin:a%20b@[::1]:80/"],
    ["http://me@home:p!$&'()*+,;=~_-.@cam/", "http://me%40home:p!$&'()*+,;=~_-.@cam/"],
    ["http://cam/a@b", "http://cam/a@b"],
    ["http://cam:8080/@eaDir/x.jpg", "http://cam:8080/@eaDir/x.jpg"],
    ["http://cam:80/snap?user=me@home.org", "http://cam:80/snap?user=me@home.org"],
    ["clip@home.mp4", "clip@home.mp4"],
    ["file:///a#b@c", "file:///a#b@c"],
  ])("writes %s as %s", (text, encoded) => {
    expect(encodeUserInfo(text)).toBe(encoded);
  });

  it.each([
    ["http://admin:1/34@127.0.0.1:80/s", "%2F"],
    ["http://admin:1?34@cam.example/s", "%3F"],
  ])("does not guess what %s means", (text, advice) => {
    expect(() => encodeUserInfo(text)).toThrow(advice);
  });

  it("keeps every password that is encoded, and finds those that are not", () => {
    const words = fc.string({ minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, words, (user, password) => {
        const text = `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@cam:80/s`;
        expect(encodeUserInfo(text)).toBe(text);
      }),
    );
    const reserved = fc.string({ unit: fc.constantFrom(..."ab%#@:!$&"), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(reserved, (password) => {
        fc.pre(!/%[0-9a-f]{2}/i.test(password));
        fc.pre(!/@[ab]+:?(#|$)/.test(password)); // it begins with what could be a host
        const { hostname, password: read } = new URL(encodeUserInfo(`http://admin:${password}@127.0.0.1:80/s`));
        expect(hostname).toBe("127.0.0.1");
        expect(decodeURIComponent(read)).toBe(password);
      }),
    );
  });
});
