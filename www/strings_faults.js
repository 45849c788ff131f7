/** What the page's own modules throw, in both languages. The program's sentences are in strings_core.js. */

export const en = {
  "page.no_run": "No run has been started.",
  "page.no_file": "No file was given.",
  "page.no_images": "The images \"{name}\" are not open. Open them again, or choose the built-in faces.",
  "page.no_best": "No running test has finished yet, so no networks are known to be the best.",
  "page.no_worker": "The file {file} did not load. Reload the page.",
};

/** @type {typeof en} */
export const zh = {
  "page.no_run": "训练尚未开始。",
  "page.no_file": "没有给出文件。",
  "page.no_images": "图像“{name}”没有打开。请重新打开，或选择内置人脸。",
  "page.no_best": "还没有完成的运行中测试，因此不知道哪个网络最好。",
  "page.no_worker": "文件 {file} 未能加载。请刷新页面。",
};

/** @typedef {keyof typeof en} FaultCode */
