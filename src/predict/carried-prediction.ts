import type { CheckedJson } from "./checked-json.ts";
import type { Json, Prediction } from "./prediction.ts";

/** A {@link Prediction} that carries its JSON, which is made of the text of its result and not from its value. */
export class CarriedPrediction implements Prediction {
  readonly camera: string;
  readonly predictor: string | undefined;
  readonly sequence: number;
  readonly timestamp: number;
  readonly started: number;
  readonly duration: number;
  readonly result: Json;
  readonly #resultJson: string;
  #json: string | undefined;

  constructor(
    { camera, predictor, sequence, timestamp, started, duration }: Omit<Prediction, "result" | "json">,
    result: CheckedJson,
  ) {
    this.camera = camera;
    this.predictor = predictor;
    this.sequence = sequence;
    this.timestamp = timestamp;
    this.started = started;
    this.duration = duration;
    this.result = result.value;
    this.#resultJson = result.text;
  }

  /** The result as JSON on one line. */
  get resultJson(): string {
    return this.#resultJson;
  }

  get json(): string {
    if (this.#json !== undefined) return this.#json;
    const { camera, predictor, sequence, timestamp, started, duration } = this;
    const facts = JSON.stringify({ camera, predictor, sequence, timestamp, started, duration });
    this.#json = `${facts.slice(0, -1)},"result":${this.#resultJson}}`;
    return this.#json;
  }
}
