import type { Tee } from "../viewer.ts";

/** What is told of a frame. */
interface Told {
  readonly sequence: number;
}

/** How a viewer looks at predictions; the relay's `View` of them. */
export interface PredictionView {
  accepts(prediction: Told): boolean;
  ready(): Promise<void> | undefined;
  map(prediction: Told): string;
  left(): void;
}

/** What a connection needs of a camera. */
export interface CameraHandle {
  /** The camera itself: another one may come to bear its name. */
  readonly identity: object;
  readonly tee: Tee;
  /** Its states from now on; whoever calls it reads them to their end or cancels them. */
  states(): ReadableStream<{ readonly state: string; readonly detail: string | null }>;
  /** Milliseconds since its newest frame arrived. */
  age(): number | null;
  /** What is predicted for all viewers, the newest whenever it is read; whoever calls it reads it to its end or cancels it. */
  predictions?(view: PredictionView): ReadableStream<string> | undefined;
}
