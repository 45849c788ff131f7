//! A kernel as a Rust module: its bindings and overrides gathered into one struct, its functions, and a loop over all
//! invocations. An invocation runs from beginning to end before the next one starts, so a kernel that runs here must not
//! need barriers: its overrides bring workgroups down to one invocation wherever it has some.

use crate::function::Writer;
use crate::kernels::Kernel;
use crate::types::{self, identifier};
use naga::valid::ModuleInfo;
use naga::{AddressSpace, ArraySize, Expression, GlobalVariable, Handle, Module, TypeInner};

/// Rust for all of `kernels`, with a table of them by name.
pub fn of_kernels<'a>(kernels: impl Iterator<Item = &'a Kernel>) -> String {
    let (mut text, mut table) = (String::new(), String::new());
    for (number, kernel) in kernels.enumerate() {
        text += &format!("mod kernel_{number} {{\nuse super::*;\n{}}}\n", of_module(&kernel.module, &kernel.info));
        table += &format!("({:?}, kernel_{number}::run),\n", kernel.name);
    }
    format!("{text}/// Every kernel by name.\npub const KERNELS: &[(&str, fn(&Job<'_>))] = &[\n{table}];\n")
}

fn of_module(module: &Module, info: &ModuleInfo) -> String {
    let mut text = types::structs(module) + &bound(module);
    for (handle, function) in module.functions.iter() {
        text += &Writer::new(module, function, &info[handle]).function();
    }
    let entry = &module.entry_points[0];
    text + &Writer::new(module, &entry.function, info.get_entry_point(0)).function() + &run(module)
}

/// What a global variable is in the struct `Bound`: its type, and how it is made of a job.
fn field(module: &Module, variable: &GlobalVariable, storage: &mut usize) -> (String, String) {
    match variable.space {
        AddressSpace::Uniform => {
            let ty = types::named(module, variable.ty);
            let words = if ty == "Step" { "step" } else { "params" };
            (ty, format!("Value::read(job.{words}, 0)"))
        }
        AddressSpace::Storage { .. } => {
            *storage += 1;
            ("Words<'a>".into(), format!("job.buffers[{}]", *storage - 1))
        }
        AddressSpace::WorkGroup => {
            let TypeInner::Array { base, size, .. } = module.types[variable.ty].inner else {
                panic!("workgroup memory is an array")
            };
            let length = match size {
                ArraySize::Constant(length) => length.to_string(),
                ArraySize::Pending(length) => format!("r#{}", module.overrides[length].name.as_deref().unwrap_or("")),
                ArraySize::Dynamic => panic!("workgroup memory has a size"),
            };
            let words = format!("{length} as usize * <{}>::WORDS", types::named(module, base));
            ("Words<'a>".into(), format!("&vec![Cell::new(0); {words}]"))
        }
        AddressSpace::Private => {
            let ty = types::named(module, variable.ty);
            (format!("&'a Cell<{ty}>"), format!("&Cell::new(<{ty}>::ZERO)"))
        }
        other => panic!("no Rust for variables in {other:?}"),
    }
}

/// Variables in the order of their bindings.
fn globals(module: &Module) -> Vec<&GlobalVariable> {
    let mut variables: Vec<_> = module.global_variables.iter().map(|(_, variable)| variable).collect();
    variables.sort_by_key(|variable| variable.binding.map_or(u32::MAX, |binding| binding.binding));
    variables
}

/// The struct of everything that functions read and write outside themselves.
fn bound(module: &Module) -> String {
    let mut storage = 0;
    let fields: String = (globals(module).into_iter())
        .map(|variable| {
            let name = identifier(variable.name.as_deref().unwrap_or(""));
            format!("{name}: {},\n", field(module, variable, &mut storage).0)
        })
        .collect();
    let overrides: String = (module.overrides.iter())
        .map(|(_, it)| format!("{}: {},\n", identifier(it.name.as_deref().unwrap_or("")), types::named(module, it.ty)))
        .collect();
    format!("#[derive(Clone, Copy)]\nstruct Bound<'a> {{\nof: PhantomData<&'a ()>,\n{fields}{overrides}}}\n")
}

/// The loop over all workgroups and their invocations.
fn run(module: &Module) -> String {
    // Every browser with WebGPU has the instructions for four numbers at once, and so have those without it since 2023.
    let simd = "#[cfg_attr(target_arch = \"wasm32\", target_feature(enable = \"simd128\"))]\n";
    let mut text = format!("{simd}pub fn run(job: &Job<'_>) {{\n");
    let mut names = String::new();
    for (_, it) in module.overrides.iter() {
        let name = it.name.as_deref().unwrap_or("");
        let ty = types::named(module, it.ty);
        let init = it.init.map_or(format!("<{ty}>::ZERO"), |init| constant(module, init));
        let given = if ty == "bool" { "given != 0".into() } else { format!("given as {ty}") };
        text += &format!("let r#{name}: {ty} = job.given({name:?}).map_or({init}, |given| {given});\n");
        names += &format!("r#{name}, ");
    }
    let mut storage = 0;
    for variable in globals(module) {
        let name = identifier(variable.name.as_deref().unwrap_or(""));
        let value = field(module, variable, &mut storage).1;
        text += &format!("let {name} = {value};\n");
        names += &format!("{name}, ");
    }
    let entry = &module.entry_points[0];
    let size: Vec<String> = (0..3)
        .map(|axis| {
            let given = entry.workgroup_size_overrides.and_then(|given| given[axis]);
            given.map_or(entry.workgroup_size[axis].to_string(), |size| constant(module, size))
        })
        .collect();
    let arguments: String = (entry.function.arguments.iter())
        .map(|argument| match argument.binding {
            Some(naga::Binding::BuiltIn(naga::BuiltIn::WorkGroupId)) => "group, ",
            Some(naga::Binding::BuiltIn(naga::BuiltIn::NumWorkGroups)) => "Vector(job.grid), ",
            Some(naga::Binding::BuiltIn(naga::BuiltIn::LocalInvocationIndex)) => "lane, ",
            ref other => panic!("no Rust for the argument {other:?}"),
        })
        .collect();
    text + &format!(
        "let bound = Bound {{ of: PhantomData, {names} }};\n\
         let lanes: u32 = {};\n\
         for group in job.workgroups() {{\nfor lane in 0..lanes {{\nfn_main(&bound, {arguments});\n}}\n}}\n}}\n",
        size.join(" * ")
    )
}

/// A constant expression outside functions.
pub fn constant(module: &Module, handle: Handle<Expression>) -> String {
    match &module.global_expressions[handle] {
        Expression::Literal(literal) => literal_text(*literal),
        Expression::Constant(constant_handle) => constant(module, module.constants[*constant_handle].init),
        Expression::Override(of) => identifier(module.overrides[*of].name.as_deref().unwrap_or("")),
        Expression::Binary { op, left, right } => {
            let operator = crate::function::operator(*op);
            format!("{operator}({}, {})", constant(module, *left), constant(module, *right))
        }
        other => panic!("no Rust for the constant {other:?}"),
    }
}

/// A number or truth value.
pub fn literal_text(literal: naga::Literal) -> String {
    match literal {
        naga::Literal::F32(value) => format!("{value:?}f32"),
        naga::Literal::U32(value) => format!("{value}u32"),
        naga::Literal::I32(value) => format!("{value}i32"),
        naga::Literal::Bool(value) => value.to_string(),
        other => panic!("no Rust for the literal {other:?}"),
    }
}
