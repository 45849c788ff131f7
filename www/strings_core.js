/**
 * Every sentence of the program in Simplified Chinese, by its code and with the blanks of the English one
 * (src/error/sentences.rs). English needs no table here: it is an error's message.
 */

/** What a data file may be. */
const EXPECTED =
  "可以打开的是二进制版 CIFAR-10 或 CIFAR-100 文件（data_batch_1.bin，每幅图像 3073 字节），或 IDX 图像文件（train-images-idx3-ubyte，也可以是 gzip 压缩的）。";
const STOPPED = "请恢复最近的检查点后继续；若再次发生，请减小批大小。";
const SMALLER = "请减小图像尺寸、批大小或网络宽度。";
const PLAIN_LAYERS =
  "转换只适用于带偏置的普通线性映射：每层之后是 ReLU 或 PReLU，最后一层之后没有激活函数，或者是 sigmoid。";

/** @type {Readonly<Record<string, string>>} */
export const zh = {
  "config.unknown": "没有名为“{name}”的设置项。请改正名称，或将其去掉。",
  "config.text": "{key} 必须是文本；现在是 {found}。",
  "config.whole": "{key} 必须是 {min} 到 {max} 的整数；现在是 {found}。",
  "config.real": "{key} 必须是 {min} 到 {max} 的数；现在是 {found}。",
  "config.choice": "{key} 只能是以下之一：{names}；现在是 {found}。",
  "config.unreadable": "无法读取这些设置：{message}。",
  "config.no_object": "无法读取这些设置：它们必须是由名称和值组成的对象；现在是 {found}。",
  "config.odd_side": "{key} 必须是偶数；现在是 {found}。请选择 {down} 或 {up}。",
  "config.channels": "channels 必须是 1（灰度）或 3（RGB）；现在是 2。",
  "config.no_level": "nlayer 至少为 1，或为 -1（不断减半，直到图像小于 8 像素）；现在是 0。",
  "config.too_deep": "{levels} 级减半会使 {width}x{height} 的图像不足一个像素。请把 nlayer 设为 {most} 或更小。",
  "config.resnet_norm": "ResNet 的各块由权重归一化的加法连接：net 为 resnet 时，norm 必须为 weight。",
  "config.single_image": "norm 为 batch 时，统计量取自整个批次，因此 batch_size 至少为 2；现在是 1。",
  "config.simultaneous":
    "order 为 simultaneous 时，同一批次用于两次更新，因此 n_dis 必须为 1；现在是 {found}。请把 order 设为 alternating。",
  "config.final_count": "final 不能小于 running（{running}），因为最终测试最前面的图像就是运行中测试所用的；现在是 {found}。",
  "config.preset": "没有名为“{name}”的预设。请从以下预设中选择：{names}。",
  "config.seconds": "seconds 必须大于 0 且不超过 3600；现在是 {found}。",
  "config.device": "WNGAN_DEVICE 只能是 auto、gpu 或 cpu；现在是 {found}。",

  "data.empty": `“{name}”是空文件（0 字节）。请重新下载。${EXPECTED}`,
  "data.picture": `“{name}”是单张 {format} 图片。${EXPECTED}`,
  "data.media": `“{name}”是 WebP 图片、音频或视频。${EXPECTED}`,
  "data.archive": `“{name}”是 {format} 归档文件；请先解包，再打开其中的文件。${EXPECTED}`,
  "data.packed": `“{name}”由 {format} 压缩；请先解压，再打开其中的文件。${EXPECTED}`,
  "data.packed_twice": `“{name}”被 gzip 压缩了两次；请先解压一次。${EXPECTED}`,
  "data.numpy": `“{name}”是 NumPy 数组。${EXPECTED}`,
  "data.pdf": `“{name}”是 PDF 文档。${EXPECTED}`,
  "data.web_page": `“{name}”是一个网页，可能是代替下载内容的提示；请在浏览器中打开它查看原因。${EXPECTED}`,
  "data.pickle": `“{name}”是 Python 的 pickle 文件；请选择 CIFAR 的二进制版，而不是 Python 版。${EXPECTED}`,
  "data.unknown": `“{name}”的格式无法识别：它有 {bytes} 字节，开头是 {start}。${EXPECTED}`,
  "data.broken_gzip": "“{name}”是 gzip 文件，但不完整或已损坏（{message}）。请重新下载。",
  "data.empty_gzip": "“{name}”是 gzip 文件，但里面没有内容。请重新下载。",
  "data.large_gzip": "“{name}”解压后超过 {most} MiB，这是一个数据集的上限。请打开较小的文件。",
  "data.large_file": "“{name}”超过 {most} MiB，这是一个数据集的上限。请打开较小的文件。",
  "data.long_side": "“{name}”中的图像为 {width}x{height}；边长最多为 {most} 像素。请选择图像较小的文件。",
  "data.idx_labels": "“{name}”是数据集的标签文件。请选择图像文件，例如 train-images-idx3-ubyte.gz。",
  "data.idx_type":
    "“{name}”是以 {start} 开头的 IDX 文件；灰度图像文件的开头应为 {needed}（无符号字节，3 维）。请选择图像文件，例如 train-images-idx3-ubyte.gz。",
  "data.idx_header": "“{name}”在 IDX 文件头中间就结束了：应有 {needed} 字节，实有 {found} 字节。请重新下载。",
  "data.idx_empty": "“{name}”不含像素：文件头写着 {count} 幅 {width}x{height} 的图像。请选择其他文件。",
  "data.idx_length":
    "“{name}”应含 {count} 幅 {width}x{height} 的图像，连同文件头为 {needed} 字节；实有 {found} 字节。请重新下载。",
  "data.cifar_length":
    "“{name}”看起来是 {kind} 文件，每幅图像应占 {record} 字节；该文件有 {bytes} 字节，即 {whole} 幅图像外加 {rest} 字节。文件不完整，请重新下载。",
  "data.cifar_label":
    "“{name}”的长度相当于 {count} 幅 {kind} 图像，但第 {index} 幅（从 0 数起）的标签是 {found}，最大只能是 {most}。请选择二进制版的文件，例如 data_batch_1.bin。",
  "data.other_shape":
    "同一数据集的图像必须尺寸和颜色一致：“{name}”是 {shape}，“{other}”是 {other_shape}。请逐个打开。",
  "data.channels": "图像只能是灰度（1 个通道）或 RGB（3 个通道）；要求从 {found} 个通道得到 {needed} 个通道。",
  "data.too_large":
    "{count} 幅 {width}x{height}、{channels} 个通道的图像需要 {needed} MiB，而一个数据集最多 {most} MiB。请减小图像尺寸或减少文件。",
  "data.no_pixel": "图像至少要有一个像素；要求的是 {width}x{height}。",
  "data.crop": "裁剪的边长必须在 1 到 {most} 像素之间，因为“{name}”是 {shape}；要求的是 {found}。",
  "data.too_few": "训练至少需要 2 幅图像，一幅用于学习，一幅用于测试；“{name}”只有 {count} 幅。请打开图像更多的文件。",
  "data.no_image": "训练至少需要一幅 {values} 字节（4 的倍数）的图像；得到的是 {found} 字节。",
  "data.replay": "在这个批大小下，输入 {name} 必须有 {needed} 个值；现在有 {found} 个。",

  "checkpoint.broken": "这不是 safetensors 文件，或文件不完整（{message}）。请选择由本程序保存的文件。",
  "checkpoint.damaged":
    "检查点已损坏：其中的数值或设置与保存时不同。请选择其他检查点；若是其他程序有意修改的，请从其元数据中去掉 crc32。",
  "checkpoint.header": "检查点的 {key} 必须是 0 到 {most} 的整数；现在是 {found}。请选择由本程序保存的文件。",
  "checkpoint.newer": "此检查点的格式版本是 {format}；本程序只能读取到版本 {most}。请使用更新的程序。",
  "checkpoint.element_type": "张量 {tensor} 必须是 F32；现在是 {found}。请以单精度保存参数。",
  "checkpoint.missing": "检查点中没有此网络所需的张量 {tensor}。请选择训练它时所用的设置。",
  "checkpoint.shape": "在这些设置下，张量 {tensor} 的形状必须是 {needed}；检查点中的是 {found}。",

  "limit.run": `此次训练需要 {needed} 内存，而空闲的只有 {free}。${SMALLER}`,
  "limit.run_or_preset": `此次训练需要 {needed} 内存，而空闲的只有 {free}。${SMALLER}预设 {preset} 可以运行。`,
  "limit.buffer": `缓冲区“{buffer}”需要 {needed}，而此 GPU 最多允许 {most}。${SMALLER}`,
  "limit.memory": `缓冲区“{buffer}”需要 {needed}，而此设备没有这么多内存。${SMALLER}`,
  "limit.layer": `{network} 的 {layer} 层需要 {needed}，而任何 GPU 的单个缓冲区最多为 {most}。${SMALLER}`,
  "limit.weights": `{network} 的权重需要 {needed}，而任何 GPU 的单个缓冲区最多为 {most}。${SMALLER}`,
  "limit.dispatch": `调度“{dispatch}”在一个维度上需要 {needed} 个工作组，而此 GPU 最多允许 {most} 个。${SMALLER}`,

  "device.no_adapter":
    "没有找到 GPU 适配器（{message}）。请安装 Vulkan、Metal 或 DirectX 12 驱动；在 Debian 上，软件包 mesa-vulkan-drivers 提供软件实现。也可以设置 WNGAN_DEVICE=cpu，它不需要适配器。",
  "device.no_device": "GPU 适配器“{adapter}”未能打开设备：{message}。请关闭其他占用 GPU 的程序，或更新驱动。",
  "device.memory": "GPU 的空闲内存不够（{message}）。请减小图像尺寸、批大小或网络宽度，或关闭其他占用 GPU 的程序。",
  "device.build": "GPU 拒绝了这次构建：{message}。请更换设置，并报告这些设置。",
  "device.foreign": "缓冲区“{buffer}”不属于设备 {device}。请在使用它的设备上分配。",
  "device.lost": `GPU 停止响应：设备已丢失（{message}）。${STOPPED}`,
  "device.failed": `GPU 停止响应：{message}。${STOPPED}`,
  "device.abandoned": `GPU 停止响应：一次回读被放弃。${STOPPED}`,
  "device.unreadable": `GPU 停止响应：有结果无法回读（{message}）。${STOPPED}`,
  "device.first_kernel": `GPU 停止响应：首个计算核应得 {needed}，却得到 {found}。${STOPPED}`,

  "shader.rejected": "着色器 {shader} 被拒绝：{message}。",
  "shader.buffers": "着色器 {shader} 被拒绝：调度“{dispatch}”有 {found} 个存储缓冲区，而需要 {needed} 个。",
  "shader.not_on_cpu": "着色器 {shader} 被拒绝：它需要多个调用同时执行，而 CPU 只能逐个执行。",

  "training.nan": "训练在第 {step} 步停止：{which} 不是数（NaN）。请用更小的 lr 或更长的预热重新开始。",
  "training.infinite": "训练在第 {step} 步停止：{which} 变为无穷大。请用更小的 lr 或更长的预热重新开始。",

  "theorem.depth": "网络的层数必须在 {low} 到 {high} 之间；要求的是 {found} 层。",
  "theorem.offset": "第 {layer} 层的偏移必须符合形状 {shape}；现在有 {found} 个数。",
  "theorem.last_offset": "最后一层的偏移必须符合形状 {shape}；现在有 {found} 个数。",
  "theorem.scales": "最后一层需要 {needed} 个缩放系数；现在有 {found} 个。",
  "theorem.epsilon": "范数中的 epsilon 不能小于零；现在是 {found}。",
  "theorem.order": "第 {layer} 层的输入必须是 {needed}；现在是 {found}。",
  "theorem.slopes": "第 {layer} 层需要 {needed} 个斜率；现在有 {found} 个。",
  "theorem.no_value": "映射至少需要一个值；它的输入是 {input}。",
  "theorem.weight": "对于输入 {input}，权重的形状必须是 {layout}；现在是 {found}。",
  "theorem.no_pixel": "输入图像 {input} 经过 {geometry} 之后没有剩下输出像素。",

  "conversion.net": "转换只适用于逐层相接的网络；net 为 resnet 时，每块把两个分支相加。请选择 net 为 dcgan 的网络。",
  "conversion.norm": "转换只适用于带偏置的普通层；此网络的 norm 是 {found}。请选择以 --norm none 训练的网络。",
  "conversion.activation":
    "转换把 ReLU 或 PReLU 变成 TReLU 或 TPReLU；此网络已经使用 {found}。请选择以 --activation relu 或 prelu 训练的网络。",
  "conversion.missing": "检查点中没有其设置所需的、形状为 {shape} 的张量 {tensor}。",
  "conversion.length": "张量 {tensor} 的形状必须是 {shape}，即 {needed} 个数；检查点中的有 {found} 个。",
  "conversion.non_finite": "张量 {tensor} 含有 {found}，而转换需要有限的数。请选择更早的检查点。",
  "conversion.no_activation": `${PLAIN_LAYERS}此网络有两个映射之间没有激活函数。`,
  "conversion.other_layers": `${PLAIN_LAYERS}此网络还有其他层。`,
  "conversion.other_parameter": `${PLAIN_LAYERS}此网络含有 {name}。`,
  "conversion.empty": "网络没有可以转换的层。",
  "conversion.bias": "{module} 的偏置必须每个通道一个数；现在它随位置而不同。",

  "web.settings": "设置必须是由名称和值组成的对象。",
  "web.value": "有一个值无法在页面与程序之间传递：{message}。",
};
