import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

/** @type {Record<string, string>} */
const TYPES = {
  "": "text/plain; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * A static host with nothing special: files of `folder` below the path `base`, everything else is not found.
 * @param {string} folder
 * @param {string} base begins and ends with a slash
 */
export async function serve(folder, base) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = normalize(decodeURIComponent(pathname));
    if (!path.startsWith(base)) return void response.writeHead(404).end();
    const file = join(folder, path.slice(base.length) || "index.html");
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test server has no port.");
  return { origin: `http://127.0.0.1:${address.port}`, url: `http://127.0.0.1:${address.port}${base}`, stop: () => server.close() };
}
