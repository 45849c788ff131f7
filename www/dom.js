/** @template {HTMLElement} T @param {ParentNode} root @param {string} id @param {new () => T} kind @returns {T} */
export function find(root, id, kind) {
  const element = root.querySelector(`#${id}`);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} "${id}".`);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[N]}
 */
export function make(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Offers a file to be saved. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/**
 * Copies text; where the page may not, selects it in `shown` for the visitor to copy.
 * @param {string} text
 * @param {Element} shown
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    return false;
  }
}

/**
 * Draws plain pixels one to one; the style sheet enlarges them.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./protocol.js").Picture} picture
 */
export function paint(canvas, { width, height, rgba }) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
