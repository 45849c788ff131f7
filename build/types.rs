//! WGSL's types in Rust, and the names of things.

use naga::{Handle, Module, Scalar, ScalarKind, Type, TypeInner};

/// The Rust type of a WGSL type.
pub fn of(module: &Module, inner: &TypeInner) -> String {
    match inner {
        TypeInner::Scalar(kind) => scalar(*kind).into(),
        TypeInner::Vector { size, scalar: kind } => vector(scalar(*kind), *size as usize),
        TypeInner::Matrix { columns, rows, scalar: kind } => {
            format!("Vector<{}, {}>", vector(scalar(*kind), *rows as usize), *columns as usize)
        }
        TypeInner::Struct { .. } => {
            let named = module.types.iter().find(|(_, ty)| &ty.inner == inner);
            named.and_then(|(_, ty)| ty.name.clone()).expect("every struct has a name")
        }
        other => panic!("no Rust for the type {other:?}"),
    }
}

/// The Rust type of a type in the module's table.
pub fn named(module: &Module, ty: Handle<Type>) -> String {
    of(module, &module.types[ty].inner)
}

fn vector(of: &str, size: usize) -> String {
    format!("Vector<{of}, {size}>")
}

fn scalar(kind: Scalar) -> &'static str {
    match kind.kind {
        ScalarKind::Float | ScalarKind::AbstractFloat => "f32",
        ScalarKind::Sint => "i32",
        ScalarKind::Uint => "u32",
        ScalarKind::Bool => "bool",
        ScalarKind::AbstractInt => panic!("an integer without a type"),
    }
}

/// The struct members' declarations, and how a struct lies in words.
pub fn structs(module: &Module) -> String {
    let mut text = String::new();
    for (_, ty) in module.types.iter() {
        let (TypeInner::Struct { members, span }, Some(name)) = (&ty.inner, &ty.name) else { continue };
        let fields: Vec<_> = (members.iter())
            .map(|member| {
                (identifier(member.name.as_deref().unwrap_or("unnamed")), named(module, member.ty), member.offset / 4)
            })
            .collect();
        let all = |each: fn(&(String, String, u32)) -> String| fields.iter().map(each).collect::<String>();
        let declared = all(|(field, ty, _)| format!("pub {field}: {ty}, "));
        let zero = all(|(field, ty, _)| format!("{field}: <{ty}>::ZERO, "));
        let read = all(|(field, _, word)| format!("{field}: Value::read(words, at + {word}), "));
        let write = all(|(field, _, word)| format!("self.{field}.write(words, at + {word}); "));
        text += &format!(
            "#[derive(Clone, Copy)] pub struct {name} {{ {declared} }}\n\
             impl Value for {name} {{\n\
             const WORDS: usize = {}; const ZERO: Self = {name} {{ {zero} }};\n\
             fn read(words: Words<'_>, at: usize) -> Self {{ {name} {{ {read} }} }}\n\
             fn write(self, words: Words<'_>, at: usize) {{ {write} }}\n}}\n",
            span / 4
        );
    }
    text
}

/// A WGSL name as a Rust identifier that is no keyword.
pub fn identifier(name: &str) -> String {
    format!("r#{name}")
}
