/** Files that the visitor drops on the page, and how large they may be. */
import { Fault } from "./fault.js";

/** Files are read whole into the program's memory. Images are unpacked and copied there. */
const MAX_IMAGES = 256e6;
/** A checkpoint of the largest preset with Adam has 479 MB. */
const MAX_CHECKPOINT = 1.5e9;

/** Refuses a file that is too large. @param {File} file @param {boolean} isCheckpoint */
export function refuseLarge(file, isCheckpoint) {
  const most = isCheckpoint ? MAX_CHECKPOINT : MAX_IMAGES;
  const [have, need] = [file.size, most].map((bytes) => Math.ceil(bytes / 1e6));
  if (file.size > most) throw new Fault("page.large_file", { name: file.name, have, need });
}

/**
 * Files dropped anywhere on an element.
 * @param {HTMLElement | Window} target @param {HTMLElement} veil shown while files are held over it
 * @param {(files: File[]) => void} onFiles
 */
export function acceptDrops(target, veil, onFiles) {
  /** @param {Event} event */
  const transfer = (event) => (event instanceof DragEvent && event.dataTransfer?.types.includes("Files") ? event.dataTransfer : undefined);
  target.addEventListener("dragover", (event) => {
    if (!transfer(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  target.addEventListener("dragleave", (event) => {
    if (event instanceof DragEvent && event.relatedTarget === null) veil.hidden = true;
  });
  target.addEventListener("drop", (event) => {
    veil.hidden = true;
    const files = transfer(event)?.files;
    if (!files) return;
    event.preventDefault();
    onFiles([...files]);
  });
}
