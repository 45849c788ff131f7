/** Bundles the peers into build/, with the binaries that TensorFlow.js fetches. */
import { build } from "esbuild";
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "build");
const binaries = join(here, "node_modules/@tensorflow/tfjs-backend-wasm/dist");

await rm(out, { recursive: true, force: true });
await mkdir(out);
await build({
  entryPoints: [join(here, "page.js")], outdir: out, bundle: true, splitting: true, format: "esm", target: "es2022",
  minify: true, logLevel: "warning",
});
for (const name of await readdir(binaries)) {
  if (name.endsWith(".wasm")) await copyFile(join(binaries, name), join(out, name));
}
const head = '<meta charset="utf-8"><title>peer: loading</title><link rel="icon" href="data:,">';
await writeFile(join(out, "index.html"), `<!doctype html>${head}<script type="module" src="page.js"></script>
`);
