import type { Browser, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { timecodeReader } from "../../src/testcard/timecode.ts";

/** What a peer in Chromium shows. */
export interface Watching {
  readonly state: string;
  readonly width: number;
  /** Pictures presented. */
  readonly pictures: number;
  /** Milliseconds from the click to the first of them. */
  readonly first: number | null;
  /** Numbers in the timecodes of the pictures presented, and how old each was then, in milliseconds. */
  readonly timecodes: readonly { readonly frame: number; readonly age: number }[];
  readonly location: string;
}

/** Opens a page of Chromium that can {@link watch}; it is closed with the test. */
export async function peerPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${url}/livez`);
  await page.evaluate(`(() => {
    const read = ${timecodeReader};
    window.peers = [];
    window.watch = async (path, { readsTimecodes = true, headers = {} } = {}) => {
      const begun = performance.now();
      const pc = new RTCPeerConnection();
      const video = document.body.appendChild(document.createElement("video"));
      Object.assign(video, { muted: true, autoplay: true, playsInline: true });
      const peer = { pc, video, pictures: 0, first: null, timecodes: [], location: "", end: undefined };
      pc.addTransceiver("video", { direction: "recvonly" });
      pc.ontrack = ({ track, streams }) => {
        video.srcObject = streams[0] ?? new MediaStream([track]);
        video.play().catch(() => {});
      };
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      const present = () => {
        peer.pictures++;
        peer.first ??= performance.now() - begun;
        if (readsTimecodes) {
          const { videoWidth: width, videoHeight: height } = video;
          if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
          context.drawImage(video, 0, 0);
          const timecode = read(context.getImageData(0, 0, width, height).data, width, height, 4);
          if (timecode) peer.timecodes.push({ frame: timecode.frame, age: Date.now() - timecode.time });
        }
        video.requestVideoFrameCallback(present);
      };
      video.requestVideoFrameCallback(present);
      const channel = pc.createDataChannel("teecam");
      channel.onmessage = ({ data }) => { peer.end = JSON.parse(data).reason; };
      await pc.setLocalDescription();
      const body = pc.localDescription.sdp;
      const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/sdp", ...headers }, body });
      if (response.status !== 201) throw new Error(response.status + " " + (await response.text()));
      peer.location = response.headers.get("location");
      await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
      return window.peers.push(peer) - 1;
    };
  })()`);
  return page;
}

/** Starts to watch a camera, and returns the number of the peer on its page. */
export function watch(page: Page, path: string, options: object = {}): Promise<number> {
  return page.evaluate(`watch(${JSON.stringify(path)}, ${JSON.stringify(options)})`);
}

/** Returns what a peer shows now. */
export function shown(page: Page, peer = 0): Promise<Watching & { readonly end: string | undefined }> {
  return page.evaluate(`(() => {
    const { pc, video, pictures, first, timecodes, location, end } = peers[${peer}];
    return { state: pc.connectionState, width: video.videoWidth, pictures, first, timecodes, location, end };
  })()`);
}

/** Closes a peer as a page does: without a word to the server but DTLS's. */
export function leave(page: Page, peer = 0): Promise<void> {
  return page.evaluate(`peers[${peer}].pc.close()`);
}
