import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Camera } from "../camera/camera.ts";
import type { Predictor } from "../predict/predictor.ts";
import { isLoopback } from "../session/connection.ts";
import type { Session } from "../session/session.ts";

/** The predictor that a viewer has chosen. */
interface PredictorChoice {
  readonly camera: Camera;
  /** Name of a predictor to run for this viewer only; undefined for the predictor of the camera. */
  readonly predictor: string | undefined;
  /** Whoever asks, by address. */
  readonly client: string;
}

/** The predictors that run for one viewer each. Bound: `max` of them, and a quarter of that, but two, for one client. */
export class PrivatePredictors {
  readonly #open = new Map<Predictor, string>(); // the client that each works for
  readonly #max: number;

  constructor(max = 16) {
    this.#max = max;
  }

  /** Returns the error message if one more would exceed a bound; undefined otherwise, and if none was chosen. */
  check({ predictor, client }: Pick<PredictorChoice, "predictor" | "client">): string | undefined {
    if (predictor === undefined) return undefined;
    if (this.#open.size >= this.#max) return tooMany("one viewer each", this.#max);
    const maxOfClient = Math.max(2, Math.ceil(this.#max / 4));
    const ofClient = [...this.#open.values()].filter((other) => other === client).length;
    return ofClient >= maxOfClient ? tooMany("your address", maxOfClient) : undefined;
  }

  /** Throws a 503 if one more would exceed the bound. */
  requireRoom(query: PredictorChoice): void {
    const message = this.check(query);
    if (message !== undefined) throw new HTTPException(503, { message });
  }

  /** Starts the viewer's own predictor, or returns the camera's. `onEnd` is to be called when the viewer has left. */
  open(
    { camera, predictor: name, client }: PredictorChoice,
    session: Session,
  ): { predictor: Predictor; onEnd: () => void } {
    const own = name === undefined ? undefined : camera.startPredictor(name, session.viewerOf(camera.id));
    const predictor = own ?? camera.predictor;
    if (!predictor) throw new HTTPException(404, { message: `Camera "${camera.id}" has no predictor` });
    if (own) this.#open.set(own, client);
    const onEnd = () => void own?.close().then(() => this.#open.delete(own)); // it takes room until it is gone
    return { predictor, onEnd };
  }
}

function tooMany(whom: string, max: number): string {
  return `Too many predictors for ${whom}: at most ${max} at a time`;
}

/** Returns the address that a request comes from: behind a proxy on this machine, the one that the proxy tells. */
export function clientOf(context: Context, remote: string | undefined): string {
  const forwarded = isLoopback(remote) ? context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || remote || "unknown";
}
