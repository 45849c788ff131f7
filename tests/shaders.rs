//! Every shader as naga reads it, held against the kernel table, WebGPU's default limits and a few rules.

#[path = "support/uniformity.rs"]
mod uniformity;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use wgpu::naga;
use wn_gan::device::Overrides;
use wn_gan::kernels::{self, Binding, Kernel};
use wn_gan::nn::gemm::{self, Kernels};
use wn_gan::reference::layer::{addition, batch_norm};
use wn_gan::reference::weight::{spectral_norm, weight_norm};
use wn_gan::rng::Stream;

use naga::proc::Layouter;
use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Expression, Handle, Module, StorageAccess};

/// WebGPU's default limits: storage buffers per stage, bytes of workgroup memory, invocations of a workgroup, and
/// uniform buffers per stage.
const STORAGE_BUFFERS: usize = 8;
const WORKGROUP_BYTES: u32 = 16_384;
const INVOCATIONS: u32 = 256;
const UNIFORM_BUFFERS: usize = 12;

/// Parses and validates. No capability beyond WebGPU's core is granted, and naga's every check is on.
fn read(source: &str) -> Result<(Module, ModuleInfo), String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string(source))?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    let info = validator.validate(&module).map_err(|e| e.emit_to_string(source))?;
    Ok((module, info))
}

fn read_kernel(kernel: &Kernel) -> (Module, ModuleInfo) {
    read(&kernel.source()).unwrap_or_else(|message| panic!("{}: {message}", kernel.name))
}

/// The module with values put in for its overrides.
fn with_overrides(module: &Module, info: &ModuleInfo, overrides: &Overrides) -> Module {
    let constants = overrides.iter().map(|&(name, value)| (name.to_string(), f64::from(value))).collect();
    let (module, _) = naga::back::pipeline_constants::process_overrides(module, info, None, &constants)
        .unwrap_or_else(|e| panic!("{overrides:?}: {e}"));
    module.into_owned()
}

/// Every choice of a kernel's overrides that decides over workgroups and their memory.
fn choices(kernel: &Kernel) -> Vec<Overrides> {
    if kernel.overrides.is_empty() {
        return vec![Vec::new()];
    }
    if kernel.has_override("WIDTH") {
        return [1, 256].map(|width| vec![("WIDTH", width)]).to_vec();
    }
    if kernel.has_override("LANES") {
        return [1, 4, 16].map(|lanes| vec![("LANES", lanes)]).to_vec();
    }
    [gemm::CONV, gemm::CONV_TRANSPOSE, gemm::CONV_WEIGHT_GRADIENT]
        .iter()
        .flat_map(Kernels::workgroups)
        .filter(|tile| tile.kernel.name == kernel.name)
        .map(|tile| tile.overrides)
        .collect()
}

fn sizes(module: &Module) -> Layouter {
    let mut layouter = Layouter::default();
    layouter.update(module.to_ctx()).expect("a validated module has sizes");
    layouter
}

/// Storage, uniform and workgroup variables that `main` uses.
fn used(module: &Module, info: &ModuleInfo) -> Vec<(Handle<naga::GlobalVariable>, GlobalUse)> {
    let main = info.get_entry_point(0);
    module.global_variables.iter().map(|(handle, _)| (handle, main[handle])).filter(|(_, u)| !u.is_empty()).collect()
}

#[test]
fn every_kernel_has_one_entry_point_named_main() {
    for kernel in kernels::ALL {
        let (module, _) = read_kernel(kernel);
        let names: Vec<&str> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["main"], "{}", kernel.name);
    }
}

#[test]
fn bindings_are_those_of_the_table() {
    for kernel in kernels::ALL {
        let (module, info) = read_kernel(kernel);
        let layout = sizes(&module);
        let mut found = BTreeMap::new();
        for (handle, usage) in used(&module, &info) {
            let variable = &module.global_variables[handle];
            let Some(at) = variable.binding else { continue };
            assert_eq!(at.group, 0, "{}: binding groups other than 0 do not exist", kernel.name);
            let binding = match variable.space {
                AddressSpace::Uniform if module.types[variable.ty].name.as_deref() == Some("Step") => Binding::Step,
                AddressSpace::Uniform => Binding::Params(layout[variable.ty].size),
                AddressSpace::Storage { access } if access == StorageAccess::LOAD => Binding::Read,
                AddressSpace::Storage { access } if access == StorageAccess::LOAD | StorageAccess::STORE => {
                    assert!(
                        usage.contains(GlobalUse::WRITE),
                        "{}: binding {} is never written",
                        kernel.name,
                        at.binding
                    );
                    Binding::Write
                }
                other => panic!("{}: binding {} is in {other:?}", kernel.name, at.binding),
            };
            found.insert(at.binding, binding);
        }
        let table: BTreeMap<u32, Binding> = (0..).zip(kernel.bindings.iter().copied()).collect();
        assert_eq!(found, table, "{}", kernel.name);
        let declared = module.global_variables.iter().filter(|(_, variable)| variable.binding.is_some()).count();
        assert_eq!(declared, table.len(), "{}: a declared binding is not used", kernel.name);
    }
}

#[test]
fn workgroups_and_bindings_fit_the_default_limits() {
    for kernel in kernels::ALL {
        let (module, info) = read_kernel(kernel);
        let count = |wanted: fn(&Binding) -> bool| kernel.bindings.iter().filter(|binding| wanted(binding)).count();
        assert!(count(|b| matches!(b, Binding::Read | Binding::Write)) <= STORAGE_BUFFERS, "{}", kernel.name);
        assert!(count(|b| matches!(b, Binding::Params(_) | Binding::Step)) <= UNIFORM_BUFFERS, "{}", kernel.name);
        for overrides in choices(kernel) {
            let module = with_overrides(&module, &info, &overrides);
            let [x, y, z] = module.entry_points[0].workgroup_size;
            let of = |wanted: &str| overrides.iter().find(|(name, _)| *name == wanted).map(|&(_, value)| value);
            // Elementwise kernels, sums over channels, sums in a tree, tiles, and a panel's single invocation.
            let expected = match (of("LANES"), of("WIDTH"), of("WG_N"), of("WG_M")) {
                _ if kernel.overrides.is_empty() => [256, 1, 1],
                (Some(lanes), ..) => [16 * lanes, 1, 1],
                (_, Some(width), ..) => [width, 1, 1],
                (_, _, Some(columns), Some(rows)) => [columns, rows, 1],
                _ => [1, 1, 1],
            };
            assert_eq!([x, y, z], expected, "{} {overrides:?}", kernel.name);
            assert!(x * y * z <= INVOCATIONS, "{} {overrides:?}: {x} x {y} x {z} invocations", kernel.name);
            let layout = sizes(&module);
            let workgroup = module.global_variables.iter().filter(|(_, v)| v.space == AddressSpace::WorkGroup);
            let bytes: u32 = workgroup.map(|(_, variable)| layout[variable.ty].size).sum();
            assert!(bytes <= WORKGROUP_BYTES, "{} {overrides:?}: {bytes} bytes of workgroup memory", kernel.name);
        }
    }
}

/// Value of the constant `name` in every kernel that knows it.
fn constant(name: &str) -> Vec<f64> {
    let mut values = Vec::new();
    for kernel in kernels::ALL {
        let (module, _) = read_kernel(kernel);
        for (_, constant) in module.constants.iter().filter(|(_, c)| c.name.as_deref() == Some(name)) {
            values.push(match module.global_expressions[constant.init] {
                Expression::Literal(naga::Literal::U32(value)) => f64::from(value),
                Expression::Literal(naga::Literal::F32(value)) => f64::from(value),
                ref other => panic!("{}: {name} is {other:?}", kernel.name),
            });
        }
    }
    assert!(!values.is_empty(), "no kernel knows {name}");
    values.dedup();
    values
}

#[test]
fn constants_are_the_same_in_rust_and_in_wgsl() {
    assert_eq!(constant("STREAM_SHUFFLE"), [f64::from(Stream::Shuffle as u32)]);
    for (name, value) in [
        ("NORM_EPS", weight_norm::EPSILON),
        ("GATE_EPS", addition::EPSILON),
        ("VARIANCE_EPS", batch_norm::EPSILON),
        ("MIN_LENGTH", spectral_norm::EPSILON),
    ] {
        assert_eq!(constant(name), [f64::from(value as f32)], "{name}");
    }
    assert_eq!(constant("WORKGROUP"), [256.0]);
}

#[test]
fn every_file_below_shaders_is_part_of_a_kernel() {
    let root = Path::new("shaders");
    // A kernel carries the code of its files, line by line, without their comments.
    let text = |path: &Path| {
        let whole = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let code = whole.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end());
        code.map(|line| format!("{line}\n")).collect::<String>()
    };
    let parts: BTreeSet<&str> = kernels::ALL.iter().flat_map(|kernel| kernel.parts.iter().copied()).collect();
    let mut files = BTreeSet::new();
    for folder in [root.to_path_buf(), root.join("shared")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                assert!(parts.contains(text(&path).as_str()), "{} is used by no kernel", path.display());
                files.insert(path);
            }
        }
    }
    assert_eq!(files.len(), parts.len(), "every part is one file");
    for kernel in kernels::ALL {
        let stem = kernel.name.split('/').next().unwrap_or_default();
        assert_eq!(text(&root.join(format!("{stem}.wgsl"))), kernel.parts[0], "{}", kernel.name);
    }
}

/// What breaks a rule, or the compiler's message.
fn broken_rules(source: &str) -> Vec<String> {
    let directive =
        |line: &&str| line.trim_start().starts_with("enable ") || line.trim_start().starts_with("requires ");
    let mut broken: Vec<String> =
        source.lines().filter(directive).map(|line| format!("asks for a feature: {line}")).collect();
    let (module, info) = match read(source) {
        Ok(read) => read,
        Err(message) => return [broken, vec![message]].concat(),
    };
    broken.extend(uniformity::divergent_barriers(&module));
    for (handle, usage) in module.global_variables.iter().map(|(handle, _)| (handle, info.get_entry_point(0)[handle])) {
        let variable = &module.global_variables[handle];
        let writable =
            matches!(variable.space, AddressSpace::Storage { access } if access.contains(StorageAccess::STORE));
        if writable && !usage.contains(GlobalUse::WRITE) {
            broken.push(format!("{:?} is read_write and never written", variable.name));
        }
    }
    let functions = module.functions.iter().map(|(_, function)| function);
    for function in functions.chain(module.entry_points.iter().map(|entry| &entry.function)) {
        for (_, expression) in function.expressions.iter() {
            if let Expression::Access { base, .. } = expression
                && !is_in_memory(&module, function, *base)
            {
                broken.push(format!("{:?} indexes a local value dynamically", function.name));
            }
        }
    }
    broken
}

/// Whether `expression` points into a buffer or workgroup memory; what lies in registers must not be indexed
/// dynamically, because then it no longer does.
fn is_in_memory(module: &Module, function: &naga::Function, expression: Handle<Expression>) -> bool {
    match function.expressions[expression] {
        Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => is_in_memory(module, function, base),
        Expression::GlobalVariable(variable) => module.global_variables[variable].space != AddressSpace::Private,
        _ => false,
    }
}

#[test]
fn every_kernel_keeps_the_rules() {
    for kernel in kernels::ALL {
        assert_eq!(broken_rules(&kernel.source()), [""; 0], "{}", kernel.name);
    }
}

/// A small kernel around `body`.
fn kernel_with(body: &str) -> String {
    format!(
        "@group(0) @binding(0) var<storage, read_write> out: array<f32>;
        var<workgroup> shared_values: array<f32, 64>;
        fn wait() {{ workgroupBarrier(); }}
        @compute @workgroup_size(64)
        fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {{
            {body}
        }}"
    )
}

#[test]
fn the_rules_accept_what_is_right() {
    for body in [
        "shared_values[lane] = 1.0; workgroupBarrier(); out[lane] = shared_values[63u - lane];",
        "if (group.x > 3u) { return; } wait(); out[lane] = 1.0;",
        "for (var i = 0u; i < 4u; i++) { wait(); } if (lane < 3u) { out[lane] = 1.0; }",
        "for (var i = lane; i < 99u; i += 64u) { out[i] = 1.0; } wait();",
        "for (var i = 0u; i < group.x; i++) { wait(); if (i == group.y) { break; } wait(); } out[lane] = 1.0;",
        "var local = array<f32, 4>(1.0, 2.0, 3.0, 4.0); out[lane] = local[2];",
    ] {
        assert_eq!(broken_rules(&kernel_with(body)), [""; 0], "{body}");
    }
}

#[test]
fn the_rules_reject_what_is_wrong() {
    let atomic = "var<workgroup> sum: atomic<f32>;";
    for (source, sentence) in [
        (kernel_with("if (lane < 3u) { workgroupBarrier(); } out[lane] = 1.0;"), "uniform"),
        (kernel_with("if (lane < 3u) { wait(); } out[lane] = 1.0;"), "uniform"),
        (kernel_with("if (lane < 3u) { return; } workgroupBarrier(); out[lane] = 1.0;"), "uniform"),
        (kernel_with("if (out[0] > 3.0) { workgroupBarrier(); } out[lane] = 1.0;"), "uniform"),
        (kernel_with("var n = 0u; if (lane < 3u) { n = 1u; } if (n > 0u) { wait(); } out[lane] = 1.0;"), "uniform"),
        (kernel_with("for (var i = lane; i < 99u; i += 64u) { wait(); } out[lane] = 1.0;"), "uniform"),
        (
            kernel_with("for (var i = 0u; i < 9u; i++) { wait(); if (lane > i) { continue; } out[lane] = 1.0; }"),
            "uniform",
        ),
        (kernel_with("loop { wait(); out[lane] = 1.0; if (lane < 3u) { break; } }"), "uniform"),
        (kernel_with("switch (lane) { case 0u: { wait(); } default: { out[lane] = 1.0; } }"), "uniform"),
        (kernel_with("var local = array<f32, 4>(1.0, 2.0, 3.0, 4.0); out[lane] = local[lane % 4u];"), "dynamically"),
        (kernel_with("let local = vec4<f32>(1.0); out[lane] = local[lane % 4u];"), "dynamically"),
        (kernel_with("let unused = out[lane];"), "never written"),
        (format!("enable f16;\n{}", kernel_with("out[lane] = 1.0;")), "feature"),
        (format!("{}\n{atomic}", kernel_with("out[lane] = 1.0; atomicAdd(&sum, 1.0);")), "ATOMIC"),
    ] {
        let broken = broken_rules(&source);
        assert!(broken.iter().any(|rule| rule.contains(sentence)), "{source}\n{broken:?} does not say {sentence}");
    }
}
