import { orientSize } from "./orientation.js";

/** @import { Orientation } from "./orientation.js" */

/** A small window above all others that goes on showing a camera, with its boxes, while the page is covered. */
export class PictureInPicture {
  #canvas = document.createElement("canvas");
  #video = document.createElement("video");
  /** @type {(() => Promise<void>) | null} */
  #write = null;

  /** @param {() => void} onchange called when the window has opened or closed */
  constructor(onchange) {
    this.#video.muted = true;
    this.#video.addEventListener("leavepictureinpicture", () => {
      this.#write = null;
      this.#video.srcObject = null;
      onchange();
    });
    this.#video.addEventListener("enterpictureinpicture", onchange);
  }

  /** Whether the browser can do this. */
  static get supported() {
    return document.pictureInPictureEnabled === true;
  }

  /** Whether the window is open, or opening. */
  get active() {
    return this.#write !== null;
  }

  /**
   * Opens the window, at a click of the user; rejects when the browser does not allow it.
   * @param {HTMLCanvasElement} picture that is drawn at this moment
   */
  async open(picture) {
    if (picture.width * picture.height === 0) return;
    Object.assign(this.#canvas, { width: picture.width, height: picture.height });
    const { track, write } = createTrack(this.#canvas);
    this.#write = write;
    this.#video.srcObject = new MediaStream([track]);
    try {
      void write();
      await this.#video.play();
      await this.#video.requestPictureInPicture();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Closes the window. */
  close() {
    if (document.pictureInPictureElement === this.#video) void document.exitPictureInPicture();
    this.#write = null;
    this.#video.srcObject = null;
  }

  /**
   * Draws a picture and what lies over it into the window, if it is open.
   * @param {HTMLCanvasElement} picture
   * @param {{ boxes: HTMLCanvasElement | null, orientation: Orientation }} options `boxes` are drawn upright
   */
  draw(picture, { boxes, orientation }) {
    const context = this.#write && this.#canvas.getContext("2d");
    if (!context || picture.width === 0) return;
    const { width, height } = orientSize(picture, orientation);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    context.save();
    context.translate(width / 2, height / 2);
    context.save();
    context.rotate((orientation.turn * Math.PI) / 180);
    if (orientation.mirrored) context.scale(-1, 1);
    context.drawImage(picture, -picture.width / 2, -picture.height / 2);
    context.restore();
    if (boxes && boxes.width > 0) {
      // They cover the whole frame, and the picture is fitted into it.
      const scale = Math.max(width / boxes.width, height / boxes.height);
      const [across, down] = [boxes.width * scale, boxes.height * scale];
      context.drawImage(boxes, -across / 2, -down / 2, across, down);
    }
    context.restore();
    void this.#write?.();
  }
}

/**
 * Creates a video track of what is drawn on a canvas each time that `write` is called.
 * @param {HTMLCanvasElement} canvas
 * @returns {{ track: MediaStreamTrack, write: () => Promise<void> }}
 */
function createTrack(canvas) {
  // A track captured from a canvas stands still while the page is hidden; Chromium has one that does not.
  /** @type {(new (init: { kind: "video" }) => MediaStreamTrack & { writable: WritableStream<VideoFrame> }) | undefined} */
  const Generator = Reflect.get(window, "MediaStreamTrackGenerator");
  if (Generator) {
    const track = new Generator({ kind: "video" });
    const writer = track.writable.getWriter();
    return {
      track,
      async write() {
        const frame = new VideoFrame(canvas, { timestamp: performance.now() * 1000 });
        await writer.write(frame).catch(() => frame.close()); // the window has been closed
      },
    };
  }
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error("Cannot show the picture in a window of its own: the browser captures no canvas");
  return { track, async write() {} };
}
