/** What the page's own modules throw, in both languages. The program's sentences are in strings_core.js. */

export const en = {
  "page.late": "This was asked of a run that has been replaced since.",
  "page.no_run": "No run has been started. Apply settings first.",
  "page.no_best": "No running test has finished yet, so no networks are known to be the best. Wait for the first one.",
  "page.no_score": "The reconstruction error at step {step} is no number, so neither are the networks. Go back to before, or reset with a smaller lr.",
  "page.final_test_runs": "A final test is under way. Wait until it has ended.",
  "page.no_file": "No file was given. Choose one.",
  "page.no_images": "The images \"{name}\" are not open. Open them, then try again, or choose the built-in faces.",
  "page.large_file": "{name} has {have} MB; up to {need} MB can be opened. Choose a smaller file.",
  "page.no_safetensors": "This is not a safetensors file, or it is cut off. Choose a file saved by this program.",
  "page.nothing_kept": "Nothing has been taken down of this run yet. Reset it instead.",
  "page.kept_gone": "This run is not kept any more: the browser may have deleted it, or another tab. The list has those that are.",
  "page.kept_damaged": "Of this run nothing whole is left on the disk. The others are not touched.",
  "page.kept_elsewhere": "This run is open in another tab. Go on there, or close that tab first.",
  "page.kept_full": "The run is not kept: the browser gives this page {quota} MB, of which {used} are used. Delete kept runs, or save a checkpoint. What was kept before is whole.",
  "page.kept_refused": "The run is not kept: the browser refused to write ({message}). Save a checkpoint. What was kept before is whole.",
  "page.trap": "The program broke down ({message}). What was kept is whole.",
  "page.worker_broken": "The worker that trains broke down ({message}). What was kept is whole.",
  "page.no_worker": "The worker that trains could not be started: the file {file} did not load. Reload the page.",
};

/** @type {typeof en} */
export const zh = {
  "page.late": "这一请求针对的训练已被替换。",
  "page.no_run": "尚未开始任何训练。请先应用设置。",
  "page.no_best": "还没有完成的运行测试，因此无法得知哪个网络最佳。请等待第一次测试结束。",
  "page.no_score": "第 {step} 步的重建误差不是数，网络本身也就不是。请回到之前，或用更小的 lr 重置。",
  "page.final_test_runs": "最终测试正在进行，请等待它结束。",
  "page.no_file": "没有给出文件，请选择一个。",
  "page.no_images": "图像“{name}”尚未打开。请打开后再试，或选择内置人脸。",
  "page.large_file": "{name} 有 {have} MB；最多可以打开 {need} MB 的文件。请选择较小的文件。",
  "page.no_safetensors": "这不是 safetensors 文件，或文件不完整。请选择由本程序保存的文件。",
  "page.nothing_kept": "这次训练还没有任何记录。请改用重置。",
  "page.kept_gone": "这次训练已不再保留：可能被浏览器或另一个标签页删除。列表中是仍保留的训练。",
  "page.kept_damaged": "这次训练在磁盘上没有完整的记录。其他训练不受影响。",
  "page.kept_elsewhere": "这次训练正在另一个标签页中打开。请到那里继续，或先关闭那个标签页。",
  "page.kept_full": "训练未能保留：浏览器给本页 {quota} MB，已用 {used} MB。请删除一些保留的训练，或保存检查点。之前保留的内容完好。",
  "page.kept_refused": "训练未能保留：浏览器拒绝写入（{message}）。请保存检查点。之前保留的内容完好。",
  "page.trap": "程序崩溃（{message}）。已保留的内容完好。",
  "page.worker_broken": "训练用的后台线程崩溃（{message}）。已保留的内容完好。",
  "page.no_worker": "训练用的后台线程无法启动：文件 {file} 未能加载。请刷新页面。",
};

/** @typedef {keyof typeof en} FaultCode */
