/** @import { ServerMessage } from "./server.ts" */

/** The WebSocket subprotocol. */
export const protocol = "teecam.v1";

/**
 * A frame as it arrived in a binary message.
 * @typedef {object} ReceivedFrame
 * @property {string} camera
 * @property {number} sequence
 * @property {number} timestamp of its capture, in microseconds since the epoch
 * @property {number} clock the same in milliseconds by the server's clock, as in its pongs
 * @property {Uint8Array<ArrayBuffer>} jpeg not to be changed
 */

const decoder = new TextDecoder();

/**
 * Parses a binary message: a 16-bit big-endian length, that many bytes of JSON, the JPEG.
 * @param {ArrayBuffer} data
 * @returns {ReceivedFrame} whose `jpeg` shares the memory of `data`
 */
export function parseFrame(data) {
  const length = new DataView(data).getUint16(0);
  const header = JSON.parse(decoder.decode(new Uint8Array(data, 2, length)));
  const { camera, sequence, timestamp, clock } = /** @type {Omit<ReceivedFrame, "jpeg">} */ (header);
  return { camera, sequence, timestamp, clock, jpeg: new Uint8Array(data, 2 + length) };
}

/**
 * Parses a text message.
 * @param {string} text
 * @returns {ServerMessage}
 */
export function parseMessage(text) {
  return JSON.parse(text);
}
