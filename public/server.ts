// Types only: what the server sends and receives, as it declares them. The page's files import them from here.
import type { Prediction } from "../src/predict/prediction.ts";
import type { ServerMessage as SentMessage } from "../src/transport/teecam-v1/message.ts";

export type { CameraReport } from "../src/routes/report.ts";
export type { ClientMessage } from "../src/transport/teecam-v1/message.ts";
export type { Prediction };

/** A text message of the server in `teecam.v1`. */
export type ServerMessage = SentMessage | ({ readonly type: "prediction" } & Prediction);
