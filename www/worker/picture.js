/** @typedef {import("../protocol.js").Picture} Picture */

/** Side of the small picture that is kept with a run. */
const THUMBNAIL = 64;

/** Takes a picture out of the program. @param {import("../../wn_gan.js").ImageGrid} grid @returns {Picture} */
export function pictureOf(grid) {
  const { width, height } = grid;
  const rgba = grid.rgba();
  grid.free();
  return { width, height, rgba };
}

/**
 * A small picture as a `data:` address.
 * @param {Picture} picture
 * @returns {Promise<string>} empty where the browser has no canvas for workers
 */
export async function thumbnail({ width, height, rgba }) {
  if (typeof OffscreenCanvas === "undefined") return "";
  const whole = await createImageBitmap(new ImageData(rgba, width, height));
  const canvas = new OffscreenCanvas(THUMBNAIL, THUMBNAIL);
  canvas.getContext("2d")?.drawImage(whole, 0, 0, THUMBNAIL, THUMBNAIL);
  whole.close();
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  return `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
