import type { Logger } from "../log.ts";
import type { BranchStatus } from "../relay/peer.ts";
import { reportBranch, type Session } from "../session/session.ts";

/** Returns a listener that logs each viewer that has left, with the numbers of frames sent and dropped. */
export function logViewers(log: Logger): (session: Session, branch: BranchStatus) => void {
  return ({ id, transport, connection }, branch) => {
    const { track } = branch;
    if (!track || (track.kind === "predictions" && transport !== "predictions")) return; // only pictures are logged
    const { since, sent, dropped, lag, pace } = reportBranch(branch);
    const level = transport === "snapshot" ? "debug" : "info";
    log[level]("{camera}: a {transport} viewer left after {seconds} s, {sent} frames sent, {dropped} dropped", {
      camera: track.camera,
      transport,
      session: id,
      remote: connection.remote,
      seconds: Math.round((Date.now() - since) / 1000),
      sent,
      dropped: dropped.replaced + dropped.rate + dropped.age,
      reasons: dropped,
      lag,
      pace,
    });
  };
}
