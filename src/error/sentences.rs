//! Every sentence of the library in English. `www/strings_core.js` has the same codes in Chinese, and a test compares
//! (`tests/browser/sentences.test.js`).
//!
//! Values are names, numbers, what was found, and what a driver or another library said in its own words; never a part of a
//! sentence, which another language would put together otherwise.

use super::Template;
use super::sentence::sentences;

/// What a data file may be: the end of the sentences that refuse one.
macro_rules! expected {
    ($start:literal) => {
        concat!(
            $start,
            " CIFAR-10 or CIFAR-100 files of the binary version (data_batch_1.bin, 3073 bytes per image) or IDX images \
             (train-images-idx3-ubyte, also gzipped)."
        )
    };
}

/// What to do about a device that stopped.
macro_rules! stopped {
    ($why:literal) => {
        concat!(
            "The GPU stopped answering: ",
            $why,
            ". Restore the last checkpoint and continue; if it happens again, choose a smaller batch."
        )
    };
}

/// What to do about a network that is too large.
macro_rules! too_large {
    ($start:literal) => {
        concat!($start, ". Choose a smaller image size, batch or width.")
    };
}

sentences! {
    config {
        unknown(name): "There is no setting \"{name}\". Correct its name, or leave it out.";
        text(key, found): "{key} must be a text; it is {found}.";
        whole(key, min, max, found): "{key} must be a whole number between {min} and {max}; it is {found}.";
        real(key, min, max, found): "{key} must be a number between {min} and {max}; it is {found}.";
        choice(key, names, found): "{key} must be one of {names}; it is {found}.";
        unreadable(message): "These settings cannot be read: {message}.";
        no_object(found): "These settings cannot be read: they must be an object of names and values; they are {found}.";
        odd_side(key, found, down, up): "{key} must be even; it is {found}. Choose {down} or {up}.";
        channels(): "channels must be 1 (grey) or 3 (RGB); it is 2.";
        no_level(): "nlayer must be at least 1, or -1 to halve the image until it is below 8 pixels; it is 0.";
        too_deep(levels, width, height, most):
            "{levels} levels halve {width}x{height} below one pixel. Choose nlayer {most} or less.";
        resnet_norm():
            "The ResNet's blocks are joined by weight-normalised addition: net resnet needs norm weight.";
        single_image(): "batch_size must be at least 2 with norm batch, whose statistics are the batch's; it is 1.";
        simultaneous(found):
            "n_dis must be 1 with order simultaneous, where one batch serves both updates; it is {found}. Choose order \
             alternating.";
        final_count(running, found):
            "final must be at least running ({running}), whose images are the first of the final test's; it is {found}.";
        preset(name, names): "There is no preset \"{name}\". Choose one of {names}.";
        seconds(found): "seconds must be above 0 and at most 3600; it is {found}.";
        device(found): "WNGAN_DEVICE must be auto, gpu or cpu; it is {found}.";
    }

    data {
        empty(name): expected!("\"{name}\" is empty (0 bytes). Download it again; expected are");
        picture(name, format): expected!("\"{name}\" is a single {format} picture. Expected are");
        media(name): expected!("\"{name}\" is a WebP picture, a sound or a film. Expected are");
        archive(name, format):
            expected!("\"{name}\" is a {format} archive; unpack it first and open the files inside. Expected are");
        packed(name, format):
            expected!("\"{name}\" is packed by {format}; unpack it first and open the files inside. Expected are");
        packed_twice(name): expected!("\"{name}\" is gzipped twice; unpack it first. Expected are");
        numpy(name): expected!("\"{name}\" is a NumPy array. Expected are");
        pdf(name): expected!("\"{name}\" is a PDF document. Expected are");
        web_page(name):
            expected!(
                "\"{name}\" is a web page, probably a notice in place of the download; open it in a browser to see why. \
                 Expected are"
            );
        pickle(name):
            expected!(
                "\"{name}\" is a Python pickle; choose the \"binary version\" of CIFAR, not the \"python version\". \
                 Expected are"
            );
        unknown(name, bytes, start):
            expected!("\"{name}\" is in no known format: its {bytes} bytes start with {start}. Expected are");
        broken_gzip(name, message):
            "\"{name}\" is a gzip file that is cut off or damaged ({message}). Download it again.";
        empty_gzip(name): "\"{name}\" is a gzip file with nothing inside. Download it again.";
        large_gzip(name, most):
            "\"{name}\" unpacks to more than {most} MiB, the most that a set may have. Open a smaller file.";
        large_file(name, most):
            "\"{name}\" has more than {most} MiB, the most that a set may have. Open a smaller file.";
        long_side(name, width, height, most):
            "\"{name}\" holds images of {width}x{height}; a side may have {most} pixels. Choose a file of smaller images.";
        idx_labels(name):
            "\"{name}\" is the labels file of its set. Choose the images file, such as train-images-idx3-ubyte.gz.";
        idx_type(name, start, needed):
            "\"{name}\" is an IDX file that starts with {start}; grey images start with {needed} (unsigned bytes, 3 \
             dimensions). Choose an images file, such as train-images-idx3-ubyte.gz.";
        idx_header(name, needed, found):
            "\"{name}\" ends inside its IDX header: {needed} bytes were expected and {found} found. Download it again.";
        idx_empty(name, count, width, height):
            "\"{name}\" holds no pixels: its header says {count} images of {width}x{height}. Choose another file.";
        idx_length(name, count, width, height, needed, found):
            "\"{name}\" should hold {count} images of {width}x{height}, which is {needed} bytes with the header; {found} \
             bytes were found. Download it again.";
        cifar_length(name, kind, record, bytes, whole, rest):
            "\"{name}\" looks like {kind}, whose files hold {record} bytes per image; this one has {bytes} bytes, which is \
             {whole} images and {rest} bytes more. The file is cut off: download it again.";
        cifar_label(name, count, kind, index, found, most):
            "\"{name}\" has the length of {count} {kind} images, but image {index} is labelled {found} where at most {most} \
             is possible. Choose a file of the binary version, such as data_batch_1.bin.";
        other_shape(name, shape, other, other_shape):
            "Images of one set must have one size and colour: \"{name}\" is {shape} and \"{other}\" is {other_shape}. Open \
             them one at a time.";
        channels(needed, found):
            "Images are grey (1 channel) or RGB (3 channels); {needed} channels were asked for from {found}.";
        too_large(count, width, height, channels, needed, most):
            "{count} images of {width}x{height} with {channels} channels need {needed} MiB, and a set may have {most} MiB. \
             Choose a smaller image size or fewer files.";
        no_pixel(width, height): "An image needs at least one pixel; {width}x{height} was asked for.";
        crop(most, name, shape, found):
            "The crop must have between 1 and {most} pixels a side, as \"{name}\" is {shape}; {found} were asked for.";
        too_few(name, count):
            "Training needs at least 2 images, one to learn from and one to test with; \"{name}\" has {count}. Open a file \
             with more images.";
        no_image(values, found):
            "Training needs at least one image of {values} bytes, a multiple of 4; it was given {found} bytes.";
        replay(name, needed, found): "Input {name} must have {needed} values for this batch; it has {found}.";
    }

    checkpoint {
        broken(message):
            "This is not a safetensors file, or it is cut off ({message}). Choose a file saved by this program.";
        damaged():
            "This checkpoint is damaged: its numbers or settings are not those that were saved. Choose another one, or \
             remove crc32 from its metadata if another program has changed it.";
        header(key, most, found):
            "The checkpoint's {key} must be a whole number between 0 and {most}; it is {found}. Choose a file saved by this \
             program.";
        newer(format, most):
            "This checkpoint has format version {format}; this program reads versions up to {most}. Use a newer one.";
        element_type(tensor, found): "Tensor {tensor} must be F32; it is {found}. Save the parameters in single precision.";
        missing(tensor):
            "The checkpoint has no tensor {tensor}, which this network needs. Choose the settings it was trained with.";
        shape(tensor, needed, found):
            "Tensor {tensor} must have shape {needed} for these settings; the checkpoint's has {found}.";
    }

    limit {
        run(needed, free):
            too_large!("This run needs {needed} of memory, and {free} are free");
        run_or_preset(needed, free, preset):
            concat!(
                too_large!("This run needs {needed} of memory, and {free} are free"),
                " The preset {preset} fits."
            );
        buffer(buffer, needed, most): too_large!("The buffer \"{buffer}\" needs {needed}, and this GPU allows {most}");
        memory(buffer, needed): too_large!("The buffer \"{buffer}\" needs {needed}, and this device has less memory");
        layer(layer, network, needed, most):
            too_large!("Layer {layer} of {network} needs {needed}, and any GPU allows at most {most} in one buffer");
        weights(network, needed, most):
            too_large!("The weights of {network} need {needed}, and any GPU allows at most {most} in one buffer");
        dispatch(dispatch, needed, most):
            too_large!(
                "The dispatch \"{dispatch}\" needs {needed} workgroups in one dimension, and this GPU allows {most}"
            );
    }

    device {
        no_adapter(message):
            "No GPU adapter was found ({message}). Install a Vulkan, Metal or DirectX 12 driver; on Debian the package \
             mesa-vulkan-drivers has a software one. Or set WNGAN_DEVICE=cpu, which needs none.";
        no_device(adapter, message):
            "The GPU adapter \"{adapter}\" did not open a device: {message}. Close other programs that use the GPU, or \
             update its driver.";
        memory(message):
            "The GPU has too little free memory for this ({message}). Choose a smaller image size, batch or width, or close \
             what else uses it.";
        build(message): "The GPU refused to build this: {message}. Choose other settings, and please report these.";
        foreign(buffer, device):
            "The buffer \"{buffer}\" belongs to another device than {device}. Allocate it on the device that uses it.";
        lost(message): stopped!("the device was lost ({message})");
        failed(message): stopped!("{message}");
        abandoned(): stopped!("a read-back was abandoned");
        unreadable(message): stopped!("a result could not be read back ({message})");
        first_kernel(needed, found): stopped!("a first kernel should have answered {needed} and answered {found}");
    }

    shader {
        rejected(shader, message): "Shader {shader} was rejected: {message}.";
        buffers(shader, dispatch, found, needed):
            "Shader {shader} was rejected: the dispatch \"{dispatch}\" has {found} storage buffers and needs {needed}.";
        not_on_cpu(shader):
            "Shader {shader} was rejected: it needs several invocations at a time, and the CPU runs one after the other.";
    }

    training {
        nan(step, which):
            "Training stopped at step {step}: {which} is NaN. Reset with a smaller lr, or with a longer warm-up.";
        infinite(step, which):
            "Training stopped at step {step}: {which} is infinite. Reset with a smaller lr, or with a longer warm-up.";
    }

    theorem {
        depth(low, high, found): "The network must have {low} to {high} layers; {found} were asked for.";
        offset(layer, shape, found): "The offset of layer {layer} must fit {shape}; it has {found} numbers.";
        last_offset(shape, found): "The offset of the last layer must fit {shape}; it has {found} numbers.";
        scales(needed, found): "The last layer needs {needed} scales; it has {found}.";
        epsilon(found): "The norm's epsilon must be zero or more; it is {found}.";
        order(layer, needed, found): "Layer {layer} must read {needed}; it reads {found}.";
        slopes(layer, needed, found): "Layer {layer} needs {needed} slopes; it has {found}.";
        no_value(input): "A map needs at least one value; its input is {input}.";
        weight(layout, input, found):
            "The weight must have the shape {layout} for an input {input}; it has {found}.";
        no_pixel(input, geometry): "No output pixel is left of an image {input} under {geometry}.";
    }

    conversion {
        net():
            "The conversion takes layers that follow one another; the blocks of net resnet add two branches. Choose a \
             network of net dcgan.";
        norm(found):
            "The conversion takes plain layers with biases; this network has norm {found}. Choose one that was trained with \
             --norm none.";
        activation(found):
            "The conversion takes ReLU or PReLU, which it turns into TReLU or TPReLU; this network has {found} already. \
             Choose one that was trained with --activation relu or prelu.";
        missing(tensor, shape): "The checkpoint has no tensor {tensor} of shape {shape}, which its settings need.";
        length(tensor, shape, needed, found):
            "Tensor {tensor} must have shape {shape}, {needed} numbers; the checkpoint's has {found}.";
        non_finite(tensor, found):
            "Tensor {tensor} holds {found}, and a conversion needs finite numbers. Choose an earlier checkpoint.";
        no_activation():
            "The conversion takes plain linear maps with biases, each followed by ReLU or PReLU, the last by nothing or a \
             sigmoid; the network has two maps without an activation between them.";
        other_layers():
            "The conversion takes plain linear maps with biases, each followed by ReLU or PReLU, the last by nothing or a \
             sigmoid; the network has other layers too.";
        other_parameter(name):
            "The conversion takes plain linear maps with biases, each followed by ReLU or PReLU, the last by nothing or a \
             sigmoid; the network has {name}.";
        empty(): "The network has no layer to convert.";
        bias(module): "The bias of {module} must be one number per channel; it differs between positions.";
    }

    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only a page passes values to a program"))]
    web {
        settings(): "The settings must be an object of names and values.";
        value(message): "A value could not pass between the page and the program: {message}.";
    }
}

#[cfg(test)]
mod tests {
    use super::SENTENCES;
    use std::collections::BTreeSet;

    #[test]
    fn every_template_is_whole_sentences() {
        let codes: BTreeSet<_> = SENTENCES.iter().map(|template| template.code).collect();
        assert_eq!(codes.len(), SENTENCES.len(), "no code twice");
        for template in SENTENCES {
            let (code, text) = (template.code, template.text);
            assert!(text.ends_with('.') && !text.ends_with(".."), "{code}");
            assert!(!text.contains("  ") && text.trim() == text, "{code}");
            assert!(text.starts_with(|first: char| "\"{".contains(first) || first.is_alphanumeric()), "{code}");
        }
    }
}
