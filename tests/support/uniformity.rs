//! Barriers must be reached by a whole workgroup or by none of it. Browsers reject shaders in which that depends on the
//! invocation; naga does not look. This is WebGPU's rule in a simple, cautious form, on naga's intermediate code.
//!
//! A value varies if it comes from an invocation's number or from memory that invocations write, or was stored where
//! control flow varies. Control flow varies below a condition that varies, after a return below one, and in a loop with
//! a break or continue below one.

use std::collections::HashSet;
use wgpu::naga::{
    AddressSpace, Binding, Block, BuiltIn, Expression, Function, Handle, LocalVariable, Module, Statement,
    StorageAccess,
};

/// A function, `None` for the entry point.
type Name = Option<Handle<Function>>;

/// What may differ between the invocations of a workgroup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Varying {
    Argument(Name, u32),
    Local(Name, Handle<LocalVariable>),
    Result(Name),
}

/// Functions with a barrier that not every invocation may reach; none in a good shader.
pub fn divergent_barriers(module: &Module) -> Vec<String> {
    let mut analysis = Analysis { module, varying: HashSet::new(), broken: Vec::new() };
    let entry = &module.entry_points[0].function;
    for (index, argument) in (0..).zip(&entry.arguments) {
        let uniform = matches!(argument.binding, Some(Binding::BuiltIn(BuiltIn::WorkGroupId | BuiltIn::NumWorkGroups)));
        if !uniform {
            analysis.varying.insert(Varying::Argument(None, index));
        }
    }
    // What varies only grows: walk until nothing is added.
    loop {
        let known = analysis.varying.len();
        analysis.broken.clear();
        for (handle, function) in module.functions.iter() {
            Walk { analysis: &mut analysis, name: Some(handle), function }.block(&function.body, false);
        }
        Walk { analysis: &mut analysis, name: None, function: entry }.block(&entry.body, false);
        if analysis.varying.len() == known {
            return analysis.broken;
        }
    }
}

struct Analysis<'a> {
    module: &'a Module,
    varying: HashSet<Varying>,
    broken: Vec<String>,
}

impl Analysis<'_> {
    /// Whether `block` or a function it calls waits for the workgroup.
    fn waits(&self, block: &Block) -> bool {
        block.iter().any(|statement| match statement {
            Statement::ControlBarrier(_) | Statement::WorkGroupUniformLoad { .. } => true,
            Statement::Block(block) => self.waits(block),
            Statement::If { accept, reject, .. } => self.waits(accept) || self.waits(reject),
            Statement::Switch { cases, .. } => cases.iter().any(|case| self.waits(&case.body)),
            Statement::Loop { body, continuing, .. } => self.waits(body) || self.waits(continuing),
            Statement::Call { function, .. } => self.waits(&self.module.functions[*function].body),
            _ => false,
        })
    }
}

/// How a block may be left where control flow varies.
#[derive(Debug, Clone, Copy, Default)]
struct Exits {
    /// By break or continue: the rest of the loop is affected.
    iteration: bool,
    /// By return: the rest of the function is.
    end: bool,
}

struct Walk<'a, 'b> {
    analysis: &'b mut Analysis<'a>,
    name: Name,
    function: &'a Function,
}

impl Walk<'_, '_> {
    fn block(&mut self, block: &Block, control: bool) -> Exits {
        let mut exits = Exits::default();
        for statement in block.iter() {
            let found = self.statement(statement, control || exits.iteration || exits.end);
            exits.iteration |= found.iteration;
            exits.end |= found.end;
        }
        exits
    }

    /// Visits a statement in control flow that varies or not.
    fn statement(&mut self, statement: &Statement, control: bool) -> Exits {
        let both = |a: Exits, b: Exits| Exits { iteration: a.iteration || b.iteration, end: a.end || b.end };
        match statement {
            Statement::Block(block) => self.block(block, control),
            Statement::If { condition, accept, reject } => {
                let control = control || self.varies(*condition);
                both(self.block(accept, control), self.block(reject, control))
            }
            Statement::Switch { selector, cases } => {
                let control = control || self.varies(*selector);
                let exits = cases.iter().map(|case| self.block(&case.body, control)).fold(Exits::default(), both);
                // A break ends the case only.
                Exits { iteration: false, ..exits }
            }
            Statement::Loop { body, continuing, break_if } => {
                let ends = break_if.is_some_and(|condition| self.varies(condition));
                let exits = both(self.block(body, control || ends), self.block(continuing, control || ends));
                if exits.iteration || exits.end {
                    // In the next iteration invocations are missing from the start.
                    self.block(body, true);
                    self.block(continuing, true);
                }
                Exits { iteration: false, ..exits }
            }
            Statement::Break | Statement::Continue => Exits { iteration: control, end: false },
            Statement::Return { value } => {
                if control || value.is_some_and(|value| self.varies(value)) {
                    self.analysis.varying.insert(Varying::Result(self.name));
                }
                Exits { iteration: false, end: control }
            }
            Statement::ControlBarrier(_) | Statement::WorkGroupUniformLoad { .. } => {
                self.require_uniform(control);
                Exits::default()
            }
            Statement::Store { pointer, value } => {
                if control || self.varies(*value) || self.index_varies(*pointer) {
                    self.taint(*pointer);
                }
                Exits::default()
            }
            Statement::Call { function, arguments, .. } => {
                for (index, &argument) in (0..).zip(arguments) {
                    if self.varies(argument) {
                        self.analysis.varying.insert(Varying::Argument(Some(*function), index));
                    }
                    // Given a pointer, the function may write anything.
                    self.taint(argument);
                }
                let waits = self.analysis.waits(&self.analysis.module.functions[*function].body);
                self.require_uniform(control && waits);
                Exits::default()
            }
            _ => Exits::default(),
        }
    }

    fn require_uniform(&mut self, control: bool) {
        if control {
            let name = self.function.name.as_deref().unwrap_or("main");
            self.analysis.broken.push(format!("{name}: a barrier is not in uniform control flow"));
        }
    }

    /// Marks the local variable that `pointer` points into, if it does.
    fn taint(&mut self, pointer: Handle<Expression>) {
        match self.function.expressions[pointer] {
            Expression::LocalVariable(local) => {
                self.analysis.varying.insert(Varying::Local(self.name, local));
            }
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => self.taint(base),
            _ => {}
        }
    }

    fn index_varies(&self, pointer: Handle<Expression>) -> bool {
        match self.function.expressions[pointer] {
            Expression::Access { base, index } => self.varies(index) || self.index_varies(base),
            Expression::AccessIndex { base, .. } => self.index_varies(base),
            _ => false,
        }
    }

    /// Whether a value, or what a pointer points to, varies. What is not listed does.
    fn varies(&self, expression: Handle<Expression>) -> bool {
        let any = |parts: &[Handle<Expression>]| parts.iter().any(|&part| self.varies(part));
        match self.function.expressions[expression] {
            Expression::Literal(_)
            | Expression::Constant(_)
            | Expression::Override(_)
            | Expression::ZeroValue(_)
            | Expression::WorkGroupUniformLoadResult { .. } => false,
            Expression::FunctionArgument(index) => self.analysis.varying.contains(&Varying::Argument(self.name, index)),
            Expression::LocalVariable(local) => self.analysis.varying.contains(&Varying::Local(self.name, local)),
            Expression::GlobalVariable(variable) => match self.analysis.module.global_variables[variable].space {
                AddressSpace::Uniform => false,
                AddressSpace::Storage { access } => access.contains(StorageAccess::STORE),
                _ => true,
            },
            Expression::CallResult(function) => self.analysis.varying.contains(&Varying::Result(Some(function))),
            Expression::Compose { ref components, .. } => any(components),
            Expression::Access { base, index } => any(&[base, index]),
            Expression::AccessIndex { base, .. } => self.varies(base),
            Expression::Splat { value, .. } => self.varies(value),
            Expression::Swizzle { vector, .. } => self.varies(vector),
            Expression::Load { pointer } => self.varies(pointer),
            Expression::Unary { expr, .. } | Expression::As { expr, .. } => self.varies(expr),
            Expression::Binary { left, right, .. } => any(&[left, right]),
            Expression::Select { condition, accept, reject } => any(&[condition, accept, reject]),
            Expression::Relational { argument, .. } => self.varies(argument),
            Expression::Math { arg, arg1, arg2, arg3, .. } => {
                self.varies(arg) || [arg1, arg2, arg3].into_iter().flatten().any(|arg| self.varies(arg))
            }
            _ => true,
        }
    }
}
