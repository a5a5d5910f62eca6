import type { WSContext } from "hono/ws";
import { KernelPacer } from "../pacing/pacer.ts";
import type { Session } from "../session/session.ts";
import { drained, hasRoom, textHighWaterMark } from "./socket.ts";

/** A prediction in its place, as a viewer follows them. */
export interface Notice {
  /** Counts up by one per predictor. */
  readonly number: number;
  /** What is told: plain data, shared by all viewers. */
  readonly prediction: object;
  /** How many came before this one that the viewer should have got, and did not. */
  readonly lost: number;
}

/** How notices are sent. */
export interface NoticeOptions {
  /** Gives what there is to tell, newest first or in order, when it is read; whoever calls it reads it to its end or cancels it. */
  readonly follow: () => ReadableStream<Notice>;
  /** What one is sent as. */
  readonly encode: (notice: Notice) => string;
  /** Milliseconds without progress after which the viewer is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Called once, when it is over. */
  readonly left?: (() => void) | undefined;
}

/**
 * A viewer's stream of notices: the next one is chosen at the moment the connection can bear one, and none is held.
 *
 * It begins the session and ends it with the first wish for a notice; it closes when what it follows ends, when the
 * connection is gone, and when the viewer has stalled, in which case its connection is reset.
 */
export function notices(
  session: Session,
  { follow, encode, stallAfter = 10_000, left }: NoticeOptions,
): ReadableStream<string> {
  const { connection } = session;
  const over = new AbortController();
  const leave = () => over.abort();
  const pace = new KernelPacer({
    connection,
    stallAfter,
    onStall() {
      leave();
      connection.reset?.();
    },
  });
  let reader: ReadableStreamDefaultReader<Notice> | undefined;
  const begin = () => {
    connection.closed?.addEventListener("abort", leave, { once: true });
    if (connection.closed?.aborted) leave();
    session.begin({ replaced: () => 0, pace });
    return follow().getReader();
  };
  const end = () => {
    connection.closed?.removeEventListener("abort", leave);
    pace.close();
    session.end();
    left?.();
  };
  over.signal.addEventListener("abort", () => {
    reader?.cancel().catch(() => {});
  });
  return new ReadableStream<string>(
    {
      async pull(controller) {
        reader ??= begin();
        pace.requested();
        await pace.ready();
        const { done, value } = over.signal.aborted ? { done: true } : await reader.read();
        if (done || !value) {
          end();
          return controller.close();
        }
        const text = encode(value);
        session.countSent();
        pace.sent(text.length, { arrival: performance.now() });
        controller.enqueue(text);
      },
      async cancel(reason) {
        end();
        await reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

const lookEvery = 100; // milliseconds: to ask the kernel costs a third of sending a short message

/** How predictions are looked at; the relay's `View` of them. */
export interface NoticeView {
  wanted(): void;
  ready(): Promise<void> | undefined;
  map(prediction: object): string;
  left(): void;
  readonly signal: AbortSignal;
}

/** A viewer's branch of predictions, as the relay has it. */
export interface NoticeBranch {
  takeOver(controller: { enqueue(text?: string): void; close(): void; error(): void }): {
    pull(): void;
    cancel(reason: unknown): unknown;
  };
}

/** How the newest predictions are sent. */
export interface NewestOptions extends Pick<NoticeOptions, "stallAfter" | "left"> {
  /** Gives a branch of them. */
  readonly tee: (view: NoticeView) => NoticeBranch;
  readonly socket: WSContext;
  /** Aborted when the socket has closed. */
  readonly closed: AbortSignal;
}

/**
 * Sends predictions over an open WebSocket, each as one message, the newest whenever the connection can bear one.
 *
 * The branch's chunks go to the socket without a stream in between, which would cost three times as much as the sending.
 * It ends when the predictions do, and closes the socket with 1000; when that has closed; and when the viewer has stalled.
 */
export function sendNewest(session: Session, { tee, socket, closed, stallAfter = 10_000, left }: NewestOptions): void {
  const { connection } = session;
  const onStall = () => {
    if (connection.reset) connection.reset();
    else socket.close(1008, "No progress");
  };
  const pace = new KernelPacer({ connection, stallAfter, onStall });
  let looked = Number.NEGATIVE_INFINITY;
  session.begin({ replaced: () => 0, pace });
  const branch = tee({
    wanted: () => pace.requested(),
    ready() {
      const now = performance.now();
      if (now - looked < lookEvery) return undefined;
      looked = now;
      return pace.ready();
    },
    map(prediction) {
      const text = stringify({ prediction, lost: 0 });
      session.countSent();
      pace.sent(text.length, { arrival: performance.now() });
      return text;
    },
    left() {
      pace.close();
      session.end();
      left?.();
    },
    signal: closed,
  });
  const source = branch.takeOver({
    enqueue(text = "") {
      if (socket.readyState === 1) socket.send(text);
      if (hasRoom(socket)) source.pull();
      else void drained(socket, closed, textHighWaterMark).then(() => source.pull());
    },
    close: () => socket.close(1000, "The camera has ended"),
    error: () => socket.close(1011, "The predictions have broken off"),
  });
  source.pull();
}

const told = new WeakMap<object, string>();

/** A notice as JSON, made once for all viewers; with `lost` where some were. */
export function stringify({ prediction, lost }: Omit<Notice, "number">): string {
  if (lost > 0) return JSON.stringify({ ...prediction, lost });
  const before = told.get(prediction);
  if (before !== undefined) return before;
  const text = JSON.stringify(prediction);
  told.set(prediction, text);
  return text;
}
