import type { WSContext } from "hono/ws";
import { describe, expect, it } from "vitest";
import { Session } from "../../../src/session/session.ts";
import { TeecamV1Connection } from "../../../src/transport/teecam-v1/connection.ts";
import { Outbox } from "../../../src/transport/teecam-v1/outbox.ts";
import { until } from "../../fixtures/until.ts";

/** A socket whose peer reads when the test says so. */
function unreadSocket() {
  const raw = { bufferedAmount: 0 };
  const sent: string[] = [];
  const closed: number[] = [];
  const state = { readyState: 1 };
  const socket = {
    raw,
    get readyState() {
      return state.readyState;
    },
    send(text: string) {
      sent.push(text);
      raw.bufferedAmount += text.length;
    },
    close(code: number) {
      closed.push(code);
      state.readyState = 2;
    },
  } as unknown as WSContext;
  return {
    socket,
    sent,
    closed,
    bytes: () => raw.bufferedAmount,
    read: () => Object.assign(raw, { bufferedAmount: 0 }),
  };
}

/** A connection over such a socket. */
function connected(names: () => string[] = () => ["front"]) {
  const peer = unreadSocket();
  const session = new Session({ attach() {}, detach() {} }, { transport: "websocket", connection: {} });
  const connection = new TeecamV1Connection({ socket: peer.socket, session, names, find: () => undefined });
  const say = (message: object) => connection.receive(JSON.stringify(message));
  const errors = () => peer.sent.filter((text) => text.includes('"type":"error"'));
  return { ...peer, connection, say, errors };
}

const bound = 200 * 1024; // bytes

describe("What answers a viewer that writes and does not read", () => {
  it("is bounded, and in the end it is let go with 1008", () => {
    const { say, bytes, closed } = connected();
    for (let id = 0; id < 100_000 && closed.length === 0; id++) say({ type: "ping", id: `${id}`.padStart(64, "x") });
    expect(bytes()).toBeLessThan(bound);
    expect(closed).toEqual([1008]);
  });

  it("is nothing any more once it is let go", () => {
    const { say, sent, closed } = connected();
    for (let n = 0; n < 10; n++) say({ type: "subscribe", cameras: ["a", "b", "c"] });
    const count = sent.length;
    say({ type: "ping", id: 1 });
    expect([closed, sent.length]).toEqual([[1008], count]);
  });

  it("is an error for each name of no camera, and the fifth is the last", () => {
    const { say, errors, closed } = connected();
    say({ type: "subscribe", cameras: Array.from({ length: 256 }, (_, n) => `n${n}`) });
    expect(errors()).toHaveLength(5);
    expect(closed).toEqual([1008]);
  });

  it("is the names of the cameras once, when it reads, however often they change", async () => {
    let names = ["front"];
    const { sent, connection, read, say, closed } = connected(() => names);
    for (let id = 0, count = -1; count < sent.length; id++) {
      count = sent.length;
      say({ type: "ping", id });
    }
    const before = sent.length;
    for (let n = 0; n < 1000; n++) {
      names = [`camera-${n}`];
      connection.sendHello();
    }
    expect(sent.slice(before).length).toBeLessThan(2);
    read();
    await until(() => sent.at(-1)?.includes("camera-999"), "the last names");
    expect(sent.slice(before).length).toBeLessThan(3);
    expect(closed).toEqual([]);
    connection.close();
  });
});

describe("An outbox", () => {
  it("sends on while a large frame is under way, and counts what it drops", () => {
    const { socket, sent } = unreadSocket();
    Object.assign(socket.raw as object, { bufferedAmount: 2_000_000 });
    const outbox = new Outbox({ socket, onOverflow: () => {} });
    outbox.send({ type: "pong", id: 1, clock: 0, now: 0 });
    expect([sent.length, outbox.dropped]).toEqual([1, 0]);
    const error = "x".repeat(10_000);
    for (let n = 0; n < 20; n++) outbox.send({ type: "error", error });
    expect([sent.length, outbox.dropped]).toEqual([8, 13]);
  });
});
