import type { Buffer } from "node:buffer";
import type { ScriptedCamera } from "../fixtures/scripted-server.ts";
import { film, scenes } from "./scenes/film.ts";

/** How many cameras, how wide a window of which height, in what state: all combinations of what people have. */
export const matrix = {
  counts: [1, 4, 12, 30],
  windows: [
    { width: 390, height: 844 },
    { width: 768, height: 1024 },
    { width: 1280, height: 800 },
    { width: 1920, height: 1080 },
  ],
  schemes: ["light", "dark"],
  states: ["live", "failed", "waiting", "predictor"],
} as const;

export type MatrixState = (typeof matrix.states)[number];

const names = [
  ...["printer", "street", "desk", "garden", "front-door", "garage-north", "workshop-bench-2", "nursery"],
  ...["warehouse-loading-dock-3-north-entrance", "kitchen", "roof-weather-station", "aquarium", "attic", "cellar"],
];
const causes = [
  "connection refused by 10.0.0.7:554",
  "ffmpeg: command not found; install it, or name another program",
  "program exited with code 1: /dev/video0: Device or resource busy, used by another program",
  "1.5 MB came and no JPEG in it: it looks like H.264, which ffmpeg reads: use rtsp://10.0.0.12:8554/live/stream-high-profile-main-entrance",
  "401 Unauthorized: the camera wants a user name and a password",
];
const boxes = [
  { label: "car", score: 0.93, box: { xmin: 180, ymin: 250, xmax: 330, ymax: 310 } },
  { label: "person", score: 0.81, box: { xmin: 400, ymin: 200, xmax: 440, ymax: 300 } },
];

/** Films a second of each scene, in small pictures. */
export async function filmAll(): Promise<Buffer[][]> {
  return await Promise.all(
    Object.values(scenes).map(async (scene) => {
      const clip: Buffer[] = [];
      for (let time = 0; time < 1; time += 0.2) clip.push(await film(scene, time + 1, 640));
      return clip;
    }),
  );
}

/** Returns so many cameras, all in the same state, each with another cause or rate. */
export function camerasOf(count: number, state: MatrixState, clips: readonly Buffer[][]): ScriptedCamera[] {
  return Array.from({ length: count }, (_, index) => {
    const id = names[index] ?? `camera-${index + 1}`;
    const frames = clips[index % clips.length] ?? [];
    if (state === "waiting") return { id, report: { state } };
    if (state === "failed") return failed({ id, index, last: index % 2 === 1 ? frames[0] : undefined });
    const report = { fps: index % 3 === 2 ? 29.97 : 5 };
    return state === "live" ? { id, report, frames } : predicting({ id, report, frames }, index);
  });
}

function failed({ id, index, last }: { id: string; index: number; last: Buffer | undefined }): ScriptedCamera {
  const detail = causes[index % causes.length] ?? null;
  return { id, last, report: { state: "failed", detail, age: last ? 187_000 : null, fps: 0 } };
}

function predicting(camera: ScriptedCamera, index: number): ScriptedCamera {
  const works = index % 4 !== 3;
  const predictions = {
    predictor: "/srv/teecam/detect-objects.py",
    state: works ? "live" : "failed",
    detail: works ? null : "program exited with code 1: ModuleNotFoundError: No module named 'ultralytics'",
    since: 0,
    rate: 5,
    answered: 1,
    restarts: 0,
    invalidLines: { malformed: 0, unsolicited: 0, mismatched: 0 },
    lastInvalidLine: null,
    age: 10,
  } as const;
  return { ...camera, report: { ...camera.report, predictions }, ...(works ? { result: boxes } : {}) };
}
