import { find } from "./dom.js";

/** Files dropped anywhere on the page. @param {(files: File[]) => void} onFiles */
export function acceptDrops(onFiles) {
  const veil = find("drop", HTMLElement);
  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}

/** @param {File} file */
export const isCheckpoint = (file) => file.name.endsWith(".safetensors");

/**
 * Files are read whole into the program's memory. Images are unpacked and copied there; a checkpoint of the largest preset
 * with Adam has 479 MB.
 * @param {File} file
 */
export const maxBytes = (file) => (isCheckpoint(file) ? 1.5e9 : 256e6);
