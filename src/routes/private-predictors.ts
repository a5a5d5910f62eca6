import { HTTPException } from "hono/http-exception";
import type { Camera } from "../camera/camera.ts";
import type { Predictor } from "../predict/predictor.ts";
import type { Session } from "../session/session.ts";

/** Which predictor a viewer asks for. */
interface PredictorChoice {
  readonly camera: Camera;
  /** Name of the predictor that is to run for this viewer alone; undefined for the camera's. */
  readonly predictor: string | undefined;
}

/** The predictors that run for one viewer each. Bound: `max` of them. */
export class PrivatePredictors {
  readonly #open = new Set<Predictor>();
  readonly #max: number;

  constructor(max = 16) {
    this.#max = max;
  }

  /** Returns why one more is refused; undefined if there is room, or none is asked for. */
  check({ predictor }: Pick<PredictorChoice, "predictor">): string | undefined {
    if (predictor === undefined || this.#open.size < this.#max) return undefined;
    return `No room: ${this.#max} predictors run for one viewer each`;
  }

  /** Throws a 503 if there is no room. */
  requireRoom(query: PredictorChoice): void {
    const message = this.check(query);
    if (message !== undefined) throw new HTTPException(503, { message });
  }

  /** Starts the viewer's own predictor, or returns the camera's. `onEnd` is to be called when the viewer has left. */
  open({ camera, predictor: name }: PredictorChoice, session: Session): { predictor: Predictor; onEnd: () => void } {
    const own = name === undefined ? undefined : camera.startPredictor(name, session.viewerOf(camera.id));
    const predictor = own ?? camera.predictor;
    if (!predictor) throw new HTTPException(404, { message: `Camera "${camera.id}" has no predictor` });
    if (own) this.#open.add(own);
    const onEnd = () => void own?.close().then(() => this.#open.delete(own)); // it takes room until it is gone
    return { predictor, onEnd };
  }
}
