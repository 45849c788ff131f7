//! The table of kernels, read from the shaders: a kernel is one file in `shaders/`, and what Rust needs to know of it is
//! what naga finds there.
//!
//! Two lines of its head name other files. `// use: shared/grid, shared/step` joins it with these, and with what they use
//! in turn. `// variants: shared/gemm_tile, ...` makes a kernel of it with each of these.

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Literal, Module, StorageAccess, TypeInner};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Elementwise kernels have this many invocations to a workgroup (shared/grid.wgsl).
const ELEMENTWISE: u32 = 256;

/// A kernel as read from its file.
pub struct Kernel {
    /// `conv_transpose/gemm_tile`: file stem below `shaders/`, and the variant where there are several.
    pub name: String,
    /// File stems that it is joined of, its own first.
    parts: Vec<String>,
    /// What naga read.
    pub module: Module,
    /// What naga's validator found out.
    pub info: ModuleInfo,
    /// Whether invocations can run one after the other.
    pub runs_on_cpu: bool,
    /// The comment at the head of its file.
    about: Vec<String>,
}

/// Every kernel below `folder`, by name.
pub fn read(folder: &Path) -> Vec<Kernel> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder's entry can be read").path());
    let stems = paths.filter(|path| path.extension().is_some_and(|ending| ending == "wgsl"));
    let mut stems: Vec<String> = stems.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    stems.sort();
    stems.iter().flat_map(|stem| of_file(folder, stem)).collect()
}

fn of_file(folder: &Path, stem: &str) -> Vec<Kernel> {
    let variants = named(&text_of(folder, stem), "variants");
    if variants.is_empty() {
        return vec![kernel(folder, stem, None)];
    }
    variants.iter().map(|variant| kernel(folder, stem, Some(variant))).collect()
}

fn kernel(folder: &Path, stem: &str, variant: Option<&str>) -> Kernel {
    let mut parts = Vec::new();
    join(folder, stem, &mut parts);
    let mut name = stem.to_owned();
    if let Some(variant) = variant {
        join(folder, variant, &mut parts);
        name = format!("{stem}/{}", variant.rsplit('/').next().unwrap_or(variant));
    }
    let source: String = parts.iter().map(|part| text_of(folder, part)).collect();
    let module =
        naga::front::wgsl::parse_str(&source).unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&source)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&source)));
    let has = |name: &str| module.overrides.iter().any(|(_, it)| it.name.as_deref() == Some(name));
    let entry = &module.entry_points[0];
    let fixed = entry.workgroup_size_overrides.is_none().then(|| entry.workgroup_size.iter().product::<u32>());
    let waits = source.contains("Barrier(");
    // LANES and WIDTH bring a workgroup down to what needs no barrier.
    let runs_on_cpu = has("LANES") || has("WIDTH") || fixed == Some(1) || fixed == Some(ELEMENTWISE) && !waits;
    let head = source.lines().map_while(|line| line.strip_prefix("//"));
    let about = head.filter(|line| ![" use:", " variants:"].iter().any(|other| line.starts_with(other)));
    let about = about.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect();
    Kernel { name, parts, module, info, runs_on_cpu, about }
}

/// Puts a file and all that it uses into `parts`, each once.
fn join(folder: &Path, stem: &str, parts: &mut Vec<String>) {
    if parts.iter().any(|part| part == stem) {
        return;
    }
    parts.push(stem.to_owned());
    for used in named(&text_of(folder, stem), "use") {
        join(folder, &used, parts);
    }
}

fn text_of(folder: &Path, stem: &str) -> String {
    let path = folder.join(format!("{stem}.wgsl"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{} cannot be read: {e}", path.display()))
}

/// Writes what a program carries of every file that a kernel is joined of: its code, on the lines that it has in `folder`.
/// The comments are for readers; on the page they would be half of what is downloaded of the shaders.
pub fn write_code(folder: &Path, kernels: &[Kernel], into: &Path) {
    let parts: BTreeSet<_> = kernels.iter().flat_map(|kernel| &kernel.parts).collect();
    for part in parts {
        let text = text_of(folder, part);
        let code: String =
            text.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end().to_owned() + "\n").collect();
        let path = into.join(format!("{part}.wgsl"));
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, code)).expect("the output folder can be written");
    }
}

/// The file stems behind `// WHAT:` at the head of a shader.
fn named(text: &str, what: &str) -> Vec<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("// {what}: ")));
    line.map_or(Vec::new(), |list| list.split(',').map(|stem| stem.trim().to_owned()).collect())
}

/// Rust for the library: a static for every kernel, the blocks that they bind as structs, and their constants.
pub fn table(kernels: &[Kernel]) -> String {
    let mut text = String::new();
    let mut blocks = BTreeMap::new();
    let mut constants: BTreeMap<&str, Option<u32>> = BTreeMap::new();
    for kernel in kernels {
        let includes: String = (kernel.parts.iter())
            .map(|part| format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/shaders/{part}.wgsl\")), "))
            .collect();
        let overrides: Vec<_> = kernel.module.overrides.iter().filter_map(|(_, it)| it.name.as_deref()).collect();
        text += &format!(
            "{}pub static {}: Kernel = Kernel {{ name: {:?}, parts: &[{includes}], bindings: &[{}], \
             overrides: &{overrides:?}, runs_on_cpu: {} }};\n",
            documented(kernel),
            identifier(&kernel.name),
            kernel.name,
            bindings(kernel, &mut blocks),
            kernel.runs_on_cpu,
        );
        for (_, constant) in kernel.module.constants.iter() {
            let literal = &kernel.module.global_expressions[constant.init];
            let (Some(name), naga::Expression::Literal(Literal::U32(value))) = (constant.name.as_deref(), literal)
            else {
                continue;
            };
            // A name with different values in different files is a matter of those files.
            constants
                .entry(name)
                .and_modify(|known| *known = known.filter(|known| known == value))
                .or_insert(Some(*value));
        }
    }
    let all: String = kernels.iter().map(|kernel| format!("&{}, ", identifier(&kernel.name))).collect();
    text += &format!("/// Every kernel.\npub static ALL: &[&Kernel] = &[{all}];\n");
    text.extend(blocks.into_values());
    let constants =
        constants.into_iter().filter_map(|(name, value)| Some(format!("pub const {name}: u32 = {};\n", value?)));
    text + "/// Constants of the shaders.\n#[allow(missing_docs, reason = \"documented in the shaders\")]\npub mod constants {\n"
        + &constants.collect::<String>()
        + "}\n"
}

/// A kernel's documentation: which file it is, and the comment at the head of that as it stands there, formulas with
/// brackets and all, which rustdoc would otherwise take for links.
fn documented(kernel: &Kernel) -> String {
    let (stem, variant) = kernel.name.split_once('/').unwrap_or((&kernel.name, ""));
    let with = if variant.is_empty() { String::new() } else { format!(" with `shaders/shared/{variant}.wgsl`") };
    let head: String = kernel.about.iter().map(|line| format!("/// {line}\n")).collect();
    format!("/// `shaders/{stem}.wgsl`{with}.\n///\n/// ```text\n{head}/// ```\n")
}

/// The bindings of a kernel, in order; blocks that are new are written to `blocks`.
fn bindings(kernel: &Kernel, blocks: &mut BTreeMap<String, String>) -> String {
    let module = &kernel.module;
    let mut variables: Vec<_> =
        module.global_variables.iter().map(|(_, it)| it).filter(|it| it.binding.is_some()).collect();
    variables.sort_by_key(|variable| variable.binding.map(|binding| binding.binding));
    let mut text = String::new();
    for variable in variables {
        let ty = &module.types[variable.ty];
        text += &match variable.space {
            AddressSpace::Uniform => {
                let name = block(kernel, ty, blocks);
                if name == "Step" {
                    "Binding::Step, ".into()
                } else {
                    format!("Binding::Params(size_of::<{name}>() as u32), ")
                }
            }
            AddressSpace::Storage { access } => {
                if let TypeInner::Array { base, .. } = ty.inner
                    && let TypeInner::Struct { .. } = module.types[base].inner
                {
                    block(kernel, &module.types[base], blocks);
                }
                if access.contains(StorageAccess::STORE) { "Binding::Write, ".into() } else { "Binding::Read, ".into() }
            }
            other => panic!("{}: a binding in {other:?}", kernel.name),
        };
    }
    text
}

/// The name of a block in Rust: a kernel's own, `Params`, is called after it.
fn block(kernel: &Kernel, ty: &naga::Type, blocks: &mut BTreeMap<String, String>) -> String {
    let TypeInner::Struct { members, .. } = &ty.inner else { panic!("{}: a block is a struct", kernel.name) };
    let name = match ty.name.as_deref() {
        Some("Params") => camel(kernel.name.split('/').next().unwrap_or_default()),
        name => name.expect("a struct has a name").to_owned(),
    };
    let fields: String = (members.iter().zip(0..))
        .map(|(member, number)| {
            let of = &kernel.module.types[member.ty].inner;
            assert!(member.offset == 4 * number, "{name}: members are numbers of four bytes without gaps");
            format!("pub {}: {}, ", member.name.as_deref().unwrap_or_default(), crate::types::of(&kernel.module, of))
        })
        .collect();
    let text = format!(
        "/// A block of `shaders/{}.wgsl`.\n#[allow(missing_docs, reason = \"the fields are documented in the shader\")]\n\
         #[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]\n#[repr(C)]\npub struct {name} {{ {fields} }}\n",
        kernel.parts[0]
    );
    let known = blocks.entry(name.clone()).or_insert_with(|| text);
    assert!(known.contains(&fields), "{name} has other members in {} than elsewhere", kernel.name);
    name
}

/// `conv/gemm_tile` as `CONV_TILE`.
fn identifier(name: &str) -> String {
    name.replace("/gemm_", "_").to_uppercase()
}

/// `weight_norm` as `WeightNorm`.
fn camel(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
