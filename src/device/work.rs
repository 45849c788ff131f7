//! Commands before they are submitted, and how they are cut into submits.

use crate::device::backend::{Commands, Compiled, Memory};
use std::ops::Range;
use std::rc::Rc;

/// What a dispatch costs beside its arithmetic: its launch and each byte that it moves, in multiply-adds that take about as
/// long. Devices differ by some factor; what counts is that a list's parts stand in about the right proportion.
const OF_LAUNCH: u64 = 100_000;
const OF_BYTE: u64 = 4;

/// An estimate of the work of a dispatch or a copy, in multiply-adds.
pub fn cost(multiply_adds: u64, bytes: u64) -> u64 {
    multiply_adds + OF_BYTE * bytes + OF_LAUNCH
}

/// What a dispatch counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Multiply-adds of its matrix product.
    pub multiply_adds: u64,
    /// Its estimated work.
    pub cost: u64,
}

/// A compiled list with what its dispatches count for.
#[derive(Debug)]
pub struct Listed {
    compiled: Box<dyn Compiled>,
    /// Sums over the first 0, 1, 2, ... dispatches.
    sums: Vec<Counted>,
}

impl Listed {
    /// `counted` has one for every dispatch.
    pub fn new(compiled: Box<dyn Compiled>, counted: &[Counted]) -> Listed {
        let mut sum = Counted::default();
        let sums = counted.iter().map(|one| {
            sum.multiply_adds += one.multiply_adds;
            sum.cost += one.cost;
            sum
        });
        Listed { compiled, sums: std::iter::once(Counted::default()).chain(sums).collect() }
    }

    /// Number of dispatches.
    pub fn len(&self) -> usize {
        self.sums.len() - 1
    }

    /// What some of the dispatches count for.
    pub fn counted(&self, dispatches: Range<usize>) -> Counted {
        let [from, to] = [dispatches.start, dispatches.end].map(|at| self.sums[at]);
        Counted { multiply_adds: to.multiply_adds - from.multiply_adds, cost: to.cost - from.cost }
    }

    /// Cost of the dispatch that costs most.
    pub fn largest(&self) -> u64 {
        (0..self.len()).map(|at| self.counted(at..at + 1).cost).max().unwrap_or(0)
    }
}

/// A command that was recorded. It owns what it uses.
#[derive(Debug, Clone)]
pub enum Command {
    /// Dispatches of a list, which see block `block` of the step's.
    Replay { list: Rc<Listed>, dispatches: Range<usize>, block: u32 },
    /// `count` elements of `source` from `from` on to `target` from `to` on.
    Copy { source: Rc<dyn Memory>, from: u32, target: Rc<dyn Memory>, to: u32, count: u32 },
    /// Zeros.
    Clear(Rc<dyn Memory>),
}

impl Command {
    /// What it counts for.
    pub fn counted(&self) -> Counted {
        let moved = |bytes: u64| Counted { multiply_adds: 0, cost: cost(0, bytes) };
        match self {
            Command::Replay { list, dispatches, .. } => list.counted(dispatches.clone()),
            Command::Copy { count, .. } => moved(8 * u64::from(*count)),
            Command::Clear(memory) => moved(memory.allocation().bytes()),
        }
    }

    /// Number of its dispatches.
    pub fn dispatches(&self) -> usize {
        if let Command::Replay { dispatches, .. } = self { dispatches.len() } else { 0 }
    }

    /// Gives it to a back end.
    pub fn encode(&self, commands: &mut dyn Commands) {
        match self {
            Command::Replay { list, dispatches, block } => {
                commands.replay(&*list.compiled, dispatches.clone(), *block);
            }
            Command::Copy { source, from, target, to, count } => commands.copy(source, *from, target, *to, *count),
            Command::Clear(memory) => commands.clear(memory),
        }
    }

    /// The same, dispatch by dispatch.
    fn parts(self) -> Vec<Command> {
        match self {
            Command::Replay { list, dispatches, block } => {
                let part = |at| Command::Replay { list: list.clone(), dispatches: at..at + 1, block };
                dispatches.map(part).collect()
            }
            other => vec![other],
        }
    }

    /// Takes the dispatches that follow its own in; false where `next` is something else.
    fn join(&mut self, next: &Command) -> bool {
        let (
            Command::Replay { list, dispatches, block },
            Command::Replay { list: of, dispatches: following, block: at },
        ) = (self, next)
        else {
            return false;
        };
        let follows = Rc::ptr_eq(list, of) && block == at && dispatches.end == following.start;
        if follows {
            dispatches.end = following.end;
        }
        follows
    }
}

/// Cuts commands into as few pieces as have about `most` work each, all about the same. A dispatch is never cut.
pub fn pieces(commands: Vec<Command>, most: f64) -> Vec<Vec<Command>> {
    let total: f64 = commands.iter().map(|command| command.counted().cost as f64).sum();
    let count = (total / most).ceil().max(1.0);
    if count < 2.0 {
        return vec![commands];
    }
    let share = total / count;
    let mut pieces = vec![Vec::<Command>::new()];
    let (mut before, mut last) = (0.0, 0);
    for command in commands.into_iter().flat_map(Command::parts) {
        let cost = command.counted().cost as f64;
        // It belongs where its middle lies.
        let number = ((before + cost / 2.0) / share) as usize;
        before += cost;
        match pieces.last_mut() {
            Some(piece) if number == last || piece.is_empty() => {
                if !piece.last_mut().is_some_and(|last| last.join(&command)) {
                    piece.push(command);
                }
            }
            _ => pieces.push(vec![command]),
        }
        last = number;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Compiled for Nothing {}

    fn list(costs: &[u64]) -> Rc<Listed> {
        let counted: Vec<_> = costs.iter().map(|&cost| Counted { multiply_adds: 2 * cost, cost }).collect();
        Rc::new(Listed::new(Box::new(Nothing), &counted))
    }

    fn whole(list: &Rc<Listed>, block: u32) -> Command {
        Command::Replay { list: list.clone(), dispatches: 0..list.len(), block }
    }

    /// Every dispatch of some commands: its list's length, its place, its block.
    fn dispatches(commands: &[Command]) -> Vec<(usize, usize, u32)> {
        let of = |command: &Command| match command {
            Command::Replay { list, dispatches, block } => {
                dispatches.clone().map(|at| (list.len(), at, *block)).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        commands.iter().flat_map(of).collect()
    }

    fn cost_of(commands: &[Command]) -> u64 {
        commands.iter().map(|command| command.counted().cost).sum()
    }

    #[test]
    fn pieces_are_alike_and_keep_the_order() {
        let (one, two) = (list(&[5, 1, 1, 9, 3]), list(&[2, 2, 2]));
        let commands: Vec<Command> = (0..20).flat_map(|block| [whole(&one, block), whole(&two, block)]).collect();
        let total = cost_of(&commands);
        for most in [1.0, 10.0, 37.0, 100.0, 499.0, 500.0, 1e9] {
            let pieces = pieces(commands.clone(), most);
            assert_eq!(dispatches(&pieces.concat()), dispatches(&commands), "{most}");
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
            let share = total as f64 / (total as f64 / most).ceil();
            for piece in &pieces {
                // Half a dispatch at either end.
                assert!(cost_of(piece) as f64 <= share + 9.0, "{most}: {}", cost_of(piece));
            }
            assert!(pieces.len() as f64 <= (total as f64 / most).ceil(), "{most}: {} pieces", pieces.len());
        }
        assert_eq!(pieces(commands.clone(), total as f64).len(), 1);
        assert_eq!(pieces(commands, 10.0).iter().map(Vec::len).max(), Some(2), "neighbours are one command again");
    }

    #[test]
    fn one_large_dispatch_stands_alone() {
        let commands = vec![whole(&list(&[1, 1, 1000, 1, 1]), 0)];
        let costs: Vec<u64> = pieces(commands, 10.0).iter().map(|piece| cost_of(piece)).collect();
        assert_eq!(costs, [2, 1000, 2]);
        assert_eq!(pieces(Vec::new(), 10.0).len(), 1);
    }
}
