/**
 * Records docs/run.png: the built page in headless Chromium while the preset `tiny` trains on the CPU.
 *
 *     trunk build --release && node scripts/picture.js
 *
 * Takes as long as the run: one minute, or four on a busy machine. Needs ffmpeg, and Chromium as the browser tests do. A
 * frame shows the page as it is, but for the losses and all that is cut off below and beside. The picture is an animated PNG
 * of 128 colours, which packs enlarged pixels better than GIF does.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { browser, fromRoot, host, pause, ready, stepOf, visit } from "../tests/browser/harness.js";

const TARGET = "docs/run.png";
const STEPS = 6000;
const RUN = "#preset=tiny&vis_size=6&test_interval=250";
const FRAMES = 40;
const FRAMES_PER_SECOND = 5;
const LAST_FRAME_SECONDS = 4;

/** When a frame is due: closer together at the beginning, where more happens. @param {number} frame */
const stepOfFrame = (frame) => Math.round(STEPS * (frame / (FRAMES - 1)) ** 2);

const folder = await mkdtemp(`${tmpdir()}/picture-`);
const server = await host();
const chromium = await browser({ webgpu: false });
try {
  const { page } = await visit(chromium, { viewport: { width: 1120, height: 800 }, colorScheme: "light" });
  await page.goto(`${server.url}${RUN}`);
  // The 96 pixels of the samples' side are four on the screen each.
  const style = "#losses { display: none } main { grid-template-columns: 384px minmax(0, 1fr) 16.5rem !important }";
  await page.addStyleTag({ content: style });
  await ready(page);
  const [hero, say, curve] = await Promise.all(["#hero", "#say", "#scores"].map((id) => page.locator(id).boundingBox()));
  if (!hero || !say || !curve) throw new Error("The page lacks what is pictured.");
  const margin = 16;
  const [x, y] = [hero.x - margin, hero.y - margin];
  const clip = { x, y, width: curve.x + curve.width + margin - x, height: say.y + say.height + margin / 2 - y };
  const started = Date.now();
  await page.click("#play");
  for (let frame = 0; frame < FRAMES; frame++) {
    while ((await stepOf(page)) < stepOfFrame(frame)) await page.waitForTimeout(50);
    if (frame === FRAMES - 1) await pause(page);
    await page.screenshot({ path: `${folder}/${String(frame).padStart(3, "0")}.png`, clip });
  }
  console.log(`${await stepOf(page)} steps in ${((Date.now() - started) / 1000).toFixed(0)} s`);
} finally {
  await chromium.close();
  server.stop();
}
// One palette for all frames; the last one stays.
const held = `tpad=stop_mode=clone:stop_duration=${LAST_FRAME_SECONDS}`;
const filter = `${held},split[a][b];[a]palettegen=max_colors=128:reserve_transparent=0[p];[b][p]paletteuse=dither=none`;
const input = ["-framerate", String(FRAMES_PER_SECOND), "-i", `${folder}/%03d.png`, "-filter_complex", filter];
const output = ["-pred", "mixed", "-plays", "0", "-f", "apng", fromRoot(TARGET)];
execFileSync("ffmpeg", ["-y", "-loglevel", "error", ...input, ...output], { stdio: "inherit" });
await rm(folder, { recursive: true });
console.log(`${TARGET}: ${FRAMES} frames, ${(await stat(fromRoot(TARGET))).size} bytes`);
