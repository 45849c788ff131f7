//! A function: expressions and statements.

use crate::module::{constant, literal_text};
use crate::types::{self, identifier};
use naga::valid::FunctionInfo;
use naga::{
    AddressSpace, BinaryOperator, Block, Expression, Function, Handle, MathFunction, Module, Statement, SwitchValue,
    TypeInner, UnaryOperator,
};
use std::collections::HashSet;

/// Writes one function.
pub struct Writer<'a> {
    module: &'a Module,
    function: &'a Function,
    info: &'a FunctionInfo,
    /// Expressions that have a name of their own already.
    baked: HashSet<Handle<Expression>>,
    /// Labels of the loops and switches around a statement: where `break` goes, and where `continue` does.
    labels: Vec<(usize, bool)>,
    next_label: usize,
}

/// Where a pointer leads: a root, and what is selected of it.
struct Place {
    root: Root,
    path: String,
}

enum Root {
    /// A variable of the function, or a uniform block: a Rust place.
    Plain(String),
    /// A variable in a cell.
    Cell(String),
    /// Memory of words, and the element's type and number.
    Element { words: String, ty: String, index: String, is_own: bool },
    /// Memory of words of which no element was selected yet; `is_own` where it is the workgroup's.
    Memory { words: String, ty: String, is_own: bool },
}

impl<'a> Writer<'a> {
    /// For one function of a module.
    pub fn new(module: &'a Module, function: &'a Function, info: &'a FunctionInfo) -> Writer<'a> {
        Writer { module, function, info, baked: HashSet::new(), labels: Vec::new(), next_label: 0 }
    }

    /// The whole function.
    pub fn function(mut self) -> String {
        let name = called(self.function);
        let arguments: String = (self.function.arguments.iter().enumerate())
            .map(|(number, argument)| format!("a{number}: {}, ", types::named(self.module, argument.ty)))
            .collect();
        let result = self.function.result.as_ref();
        let arrow = result.map_or(String::new(), |result| format!(" -> {}", types::named(self.module, result.ty)));
        let mut text = format!("#[inline(always)]\nfn {name}(b: &Bound<'_>, {arguments}){arrow} {{\n");
        for (handle, variable) in self.function.local_variables.iter() {
            let ty = types::named(self.module, variable.ty);
            let init = variable.init.map_or(format!("<{ty}>::ZERO"), |init| self.value(init));
            text += &format!("let mut {}: {ty} = {init};\n", local(handle.index()));
        }
        let body = &self.function.body;
        text += &self.block(body);
        if result.is_some() && !ends(body) {
            text += "#[allow(unreachable_code)] { unreachable!(\"every way through the function returns\") }\n";
        }
        text + "}\n"
    }

    fn block(&mut self, block: &Block) -> String {
        block.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &Statement) -> String {
        match statement {
            Statement::Emit(range) => {
                let mut text = String::new();
                for handle in range.clone() {
                    if matches!(self.inner(handle), TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. }) {
                        continue; // Followed where it is used.
                    }
                    text += &format!("let e{} = {};\n", handle.index(), self.expression(handle));
                    self.baked.insert(handle);
                }
                text
            }
            Statement::Block(block) => format!("{{\n{}}}\n", self.block(block)),
            Statement::If { condition, accept, reject } => {
                let condition = self.value(*condition);
                let accept = self.block(accept);
                let reject = self.block(reject);
                format!("if {condition} {{\n{accept}}} else {{\n{reject}}}\n")
            }
            Statement::Switch { selector, cases } => {
                let label = self.enter(false);
                let selector = self.value(*selector);
                let mut text = format!("'l{label}: {{ match {selector} {{\n");
                for case in cases {
                    let value = match case.value {
                        SwitchValue::I32(value) => format!("{value}i32"),
                        SwitchValue::U32(value) => format!("{value}u32"),
                        SwitchValue::Default => "_".into(),
                    };
                    assert!(!case.fall_through, "a case falls through");
                    text += &format!("{value} => {{\n{}}}\n", self.block(&case.body));
                }
                self.labels.pop();
                text + "} }\n"
            }
            Statement::Loop { body, continuing, break_if } => {
                let label = self.enter(true);
                let body = self.block(body);
                let continuing = self.block(continuing);
                let ended = break_if.map_or(String::new(), |condition| {
                    format!("if {} {{ break 'l{label}; }}\n", self.value(condition))
                });
                self.labels.pop();
                format!("'l{label}: loop {{\n'c{label}: {{\n{body}}}\n{continuing}{ended}}}\n")
            }
            Statement::Break => {
                let (label, _) = self.labels.last().expect("a break is inside a loop or a switch");
                format!("break 'l{label};\n")
            }
            Statement::Continue => {
                let inner = self.labels.iter().rev().find(|(_, is_loop)| *is_loop);
                let (label, _) = inner.expect("a continue is inside a loop");
                format!("break 'c{label};\n")
            }
            Statement::Return { value: None } => "return;\n".into(),
            Statement::Return { value: Some(value) } => format!("return {};\n", self.value(*value)),
            // One invocation runs at a time, from beginning to end.
            Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) => String::new(),
            Statement::Store { pointer, value } => {
                let place = self.place(*pointer);
                store(&place, &self.value(*value))
            }
            Statement::Call { function, arguments, result } => {
                let name = called(&self.module.functions[*function]);
                let arguments: String = arguments.iter().map(|&argument| self.value(argument) + ", ").collect();
                let call = format!("{name}(b, {arguments});\n");
                match result {
                    Some(result) => {
                        self.baked.insert(*result);
                        format!("let e{} = {call}", result.index())
                    }
                    None => call,
                }
            }
            other => panic!("no Rust for the statement {other:?}"),
        }
    }

    fn enter(&mut self, is_loop: bool) -> usize {
        self.next_label += 1;
        self.labels.push((self.next_label, is_loop));
        self.next_label
    }

    fn inner(&self, handle: Handle<Expression>) -> &TypeInner {
        self.info[handle].ty.inner_with(&self.module.types)
    }

    /// An expression's name, or itself where it has none.
    fn value(&self, handle: Handle<Expression>) -> String {
        if self.baked.contains(&handle) { format!("e{}", handle.index()) } else { self.expression(handle) }
    }

    fn expression(&self, handle: Handle<Expression>) -> String {
        let value = |handle: &Handle<Expression>| self.value(*handle);
        match &self.function.expressions[handle] {
            Expression::Literal(literal) => literal_text(*literal),
            Expression::Constant(of) => constant(self.module, self.module.constants[*of].init),
            Expression::Override(of) => {
                format!("b.{}", identifier(self.module.overrides[*of].name.as_deref().unwrap_or("")))
            }
            Expression::ZeroValue(ty) => format!("<{}>::ZERO", types::named(self.module, *ty)),
            Expression::Compose { ty, components } => self.compose(&self.module.types[*ty].inner, components),
            Expression::Access { base, index } => format!("{}.0[{} as usize]", value(base), value(index)),
            Expression::AccessIndex { base, index } => value(base) + &self.selected(self.inner(*base), *index),
            Expression::Splat { size, value: of } => format!("Vector([{}; {}])", value(of), *size as usize),
            Expression::Swizzle { size, vector, pattern } => {
                let vector = value(vector);
                let picked: Vec<_> =
                    pattern[..*size as usize].iter().map(|&axis| format!("{vector}.0[{}]", axis as u32)).collect();
                format!("Vector([{}])", picked.join(", "))
            }
            Expression::FunctionArgument(number) => format!("a{number}"),
            Expression::Load { pointer } => load(&self.place(*pointer)),
            Expression::Unary { op, expr } => {
                let operator = match op {
                    UnaryOperator::Negate => "negate",
                    UnaryOperator::LogicalNot | UnaryOperator::BitwiseNot => "not",
                };
                format!("{operator}({})", value(expr))
            }
            Expression::Binary { op, left, right } => {
                let is_matrix = |side: &Handle<Expression>| matches!(self.inner(*side), TypeInner::Matrix { .. });
                let products = *op == BinaryOperator::Multiply && is_matrix(left) && is_matrix(right);
                assert!(!products, "no Rust for the product of two matrices");
                format!("{}({}, {})", operator(*op), value(left), value(right))
            }
            Expression::Select { condition, accept, reject } => {
                format!("select({}, {}, {})", value(reject), value(accept), value(condition))
            }
            Expression::Math { fun, arg, arg1, arg2, .. } => {
                let arguments: Vec<_> = std::iter::once(arg).chain(arg1).chain(arg2).map(value).collect();
                format!("{}({})", function(*fun), arguments.join(", "))
            }
            Expression::As { expr, convert, .. } => {
                let to = types::of(self.module, self.inner(handle));
                let how = if convert.is_some() { "converted" } else { "reinterpreted" };
                format!("{how}::<_, {to}>({})", value(expr))
            }
            Expression::ArrayLength(pointer) => match self.place(*pointer).root {
                Root::Memory { words, ty, .. } => format!("(({words}.len() / <{ty}>::WORDS) as u32)"),
                _ => panic!("the length of something that is no memory"),
            },
            other => panic!("no Rust for the expression {other:?}"),
        }
    }

    /// A vector, matrix or struct of its components; vectors may be made of shorter ones.
    fn compose(&self, ty: &TypeInner, components: &[Handle<Expression>]) -> String {
        if let TypeInner::Struct { members, .. } = ty {
            let fields: String = (members.iter().zip(components))
                .map(|(member, &of)| {
                    format!("{}: {}, ", identifier(member.name.as_deref().unwrap_or("")), self.value(of))
                })
                .collect();
            return format!("{} {{ {fields} }}", types::of(self.module, ty));
        }
        let is_matrix = matches!(ty, TypeInner::Matrix { .. });
        let parts: Vec<String> = (components.iter())
            .flat_map(|&component| {
                let text = self.value(component);
                match self.inner(component) {
                    TypeInner::Vector { size, .. } if !is_matrix => {
                        (0..*size as usize).map(|axis| format!("{text}.0[{axis}]")).collect()
                    }
                    _ => vec![text],
                }
            })
            .collect();
        format!("Vector([{}])", parts.join(", "))
    }

    /// A member or component.
    fn selected(&self, base: &TypeInner, index: u32) -> String {
        match base {
            TypeInner::Struct { members, .. } => {
                format!(".{}", identifier(members[index as usize].name.as_deref().unwrap_or("")))
            }
            _ => format!(".0[{index}]"),
        }
    }

    /// What a pointer points to, without the pointer.
    fn pointee(&self, handle: Handle<Expression>) -> &TypeInner {
        match self.inner(handle) {
            TypeInner::Pointer { base, .. } => &self.module.types[*base].inner,
            other => other,
        }
    }

    fn place(&self, handle: Handle<Expression>) -> Place {
        match &self.function.expressions[handle] {
            Expression::LocalVariable(of) => Place { root: Root::Plain(local(of.index())), path: String::new() },
            Expression::GlobalVariable(of) => {
                let variable = &self.module.global_variables[*of];
                let name = format!("b.{}", identifier(variable.name.as_deref().unwrap_or("")));
                let root = match (variable.space, &self.module.types[variable.ty].inner) {
                    (AddressSpace::Uniform, _) => Root::Plain(name),
                    (AddressSpace::Private, _) => Root::Cell(name),
                    (space, TypeInner::Array { base, .. }) => Root::Memory {
                        words: name,
                        ty: types::named(self.module, *base),
                        is_own: space == AddressSpace::WorkGroup,
                    },
                    other => panic!("no Rust for the variable {other:?}"),
                };
                Place { root, path: String::new() }
            }
            Expression::Access { base, index } => self.select(*base, &self.value(*index), None),
            Expression::AccessIndex { base, index } => self.select(*base, &index.to_string(), Some(*index)),
            other => panic!("no Rust for the pointer {other:?}"),
        }
    }

    /// The place of an element of a pointer's target.
    fn select(&self, base: Handle<Expression>, index: &str, constant: Option<u32>) -> Place {
        let place = self.place(base);
        if let Root::Memory { words, ty, is_own } = place.root {
            let index = format!("({index}) as usize");
            return Place { root: Root::Element { words, ty, index, is_own }, path: place.path };
        }
        let step = match constant {
            Some(index) => self.selected(self.pointee(base), index),
            None => format!(".0[({index}) as usize]"),
        };
        Place { path: place.path + &step, ..place }
    }
}

fn load(place: &Place) -> String {
    let path = &place.path;
    match &place.root {
        Root::Plain(name) => format!("{name}{path}"),
        Root::Cell(name) => format!("{name}.get(){path}"),
        Root::Element { words, ty, index, is_own: false } => format!("element::<{ty}>({words}, {index}){path}"),
        Root::Element { words, ty, index, is_own: true } => format!("own_element::<{ty}>({words}, {index}){path}"),
        Root::Memory { .. } => panic!("memory is not loaded as a whole"),
    }
}

fn store(place: &Place, value: &str) -> String {
    let path = &place.path;
    match &place.root {
        Root::Plain(name) => format!("{name}{path} = {value};\n"),
        Root::Cell(name) if path.is_empty() => format!("{name}.set({value});\n"),
        Root::Cell(name) => format!("{{ let mut whole = {name}.get(); whole{path} = {value}; {name}.set(whole); }}\n"),
        Root::Element { words, index, is_own, .. } if path.is_empty() => {
            let own = if *is_own { "own_" } else { "" };
            format!("set_{own}element({words}, {index}, {value});\n")
        }
        other => panic!("no Rust for storing to {}", if let Root::Element { words, .. } = other { words } else { "?" }),
    }
}

/// Whether the last statement of a block leaves the function.
fn ends(block: &Block) -> bool {
    matches!(block.iter().last(), Some(Statement::Return { .. }))
}

/// What a function is called, so that it meets none of src/cpu.
fn called(function: &Function) -> String {
    format!("fn_{}", function.name.as_deref().unwrap_or("main"))
}

fn local(index: usize) -> String {
    format!("v{index}")
}

/// The function in src/cpu/wgsl.rs that does what an operator does.
pub fn operator(op: BinaryOperator) -> &'static str {
    match op {
        BinaryOperator::Add => "add",
        BinaryOperator::Subtract => "subtract",
        BinaryOperator::Multiply => "multiply",
        BinaryOperator::Divide => "divide",
        BinaryOperator::Modulo => "modulo",
        BinaryOperator::Equal => "equal",
        BinaryOperator::NotEqual => "not_equal",
        BinaryOperator::Less => "less",
        BinaryOperator::LessEqual => "less_equal",
        BinaryOperator::Greater => "greater",
        BinaryOperator::GreaterEqual => "greater_equal",
        BinaryOperator::And | BinaryOperator::LogicalAnd => "and",
        BinaryOperator::InclusiveOr | BinaryOperator::LogicalOr => "or",
        BinaryOperator::ExclusiveOr => "exclusive_or",
        BinaryOperator::ShiftLeft => "shift_left",
        BinaryOperator::ShiftRight => "shift_right",
    }
}

/// The function there of the same name as WGSL's.
fn function(fun: MathFunction) -> &'static str {
    match fun {
        MathFunction::Abs => "abs",
        MathFunction::Min => "min",
        MathFunction::Max => "max",
        MathFunction::Clamp => "clamp",
        MathFunction::Exp => "exp",
        MathFunction::Log => "log",
        MathFunction::Sqrt => "sqrt",
        MathFunction::Floor => "floor",
        MathFunction::Dot => "dot",
        MathFunction::Fma => "fma",
        MathFunction::Transpose => "transpose",
        MathFunction::Unpack4x8unorm => "unpack4x8unorm",
        other => panic!("no Rust for the function {other:?}"),
    }
}
