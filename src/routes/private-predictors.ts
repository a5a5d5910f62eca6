import { HTTPException } from "hono/http-exception";
import type { Camera } from "../camera/camera.ts";
import type { Predictor } from "../predict/predictor.ts";
import type { Session } from "../session/session.ts";

/** The predictor that a viewer has chosen. */
interface PredictorChoice {
  readonly camera: Camera;
  /** Name of a predictor to run for this viewer only; undefined for the predictor of the camera. */
  readonly predictor: string | undefined;
}

/** Starts the predictors that run for one viewer each. Bound: `max` predictors at a time. */
export class PrivatePredictors {
  readonly #open = new Set<Predictor>();
  readonly #max: number;

  constructor(max = 16) {
    this.#max = max;
  }

  /** Returns the error message if one more would exceed the bound; undefined otherwise, and if none was chosen. */
  check({ predictor }: Pick<PredictorChoice, "predictor">): string | undefined {
    if (predictor === undefined || this.#open.size < this.#max) return undefined;
    return `Too many predictors for one viewer each: at most ${this.#max} at a time`;
  }

  /** Throws a 503 if one more would exceed the bound. */
  requireRoom(query: PredictorChoice): void {
    const message = this.check(query);
    if (message !== undefined) throw new HTTPException(503, { message });
  }

  /** Starts the predictor chosen, or returns the camera's. The caller calls `onEnd` when the viewer has left. */
  open({ camera, predictor: name }: PredictorChoice, session: Session): { predictor: Predictor; onEnd: () => void } {
    const own = name === undefined ? undefined : camera.startPredictor(name, session.viewerOf(camera.id));
    const predictor = own ?? camera.predictor;
    if (!predictor) throw new HTTPException(404, { message: `Camera "${camera.id}" has no predictor` });
    if (own) this.#open.add(own);
    const onEnd = () => void own?.close().then(() => this.#open.delete(own)); // it counts until it has ended
    return { predictor, onEnd };
  }
}
