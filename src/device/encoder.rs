//! Where commands are recorded, and how they are submitted.

use crate::device::backend::{Memory, Submission};
use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::work::{Command, pieces};
use std::rc::Rc;

/// Commands in order: each sees what those before it wrote.
#[derive(Debug, Default)]
pub struct Encoder {
    pub(super) commands: Vec<Command>,
}

impl Encoder {
    /// Copies the whole of a buffer to the front of `target`, which is at least as long.
    pub fn copy(&mut self, source: &Buffer, target: &Buffer) {
        self.copy_range(source, 0, target, 0, source.len() as u32);
    }

    /// Copies `count` elements from `from` on to `target` from `to` on. Both are of the device that it is submitted to.
    pub fn copy_range(&mut self, source: &Buffer, from: u32, target: &Buffer, to: u32, count: u32) {
        self.copy_memory(&source.memory, from, &target.memory, to, count);
    }

    pub(super) fn copy_memory(
        &mut self,
        source: &Rc<dyn Memory>,
        from: u32,
        target: &Rc<dyn Memory>,
        to: u32,
        count: u32,
    ) {
        self.commands.push(Command::Copy { source: source.clone(), from, target: target.clone(), to, count });
    }

    /// Fills a buffer with zeros.
    pub fn clear(&mut self, buffer: &Buffer) {
        self.commands.push(Command::Clear(buffer.memory.clone()));
    }
}

impl Device {
    /// Submits what `record` records, in one piece.
    pub fn submit(&self, label: &str, record: impl FnOnce(&mut Encoder)) -> Submission {
        self.send(label, &recorded(record))
    }

    /// Submits what `record` records, in as many pieces as keep each of them short. Returns the last.
    pub fn submit_in_pieces(&self, label: &str, record: impl FnOnce(&mut Encoder)) -> Submission {
        let (first, others) = self.pieces(record);
        others.iter().fold(self.send(label, &first), |_, piece| self.send(label, piece))
    }

    /// The same; between two pieces a browser's worker takes messages, where it computes them itself.
    pub async fn submit_with_pauses(&self, label: &str, record: impl FnOnce(&mut Encoder)) -> Submission {
        let (first, others) = self.pieces(record);
        let mut last = self.send(label, &first);
        for piece in others {
            self.breathe().await;
            last = self.send(label, &piece);
        }
        last
    }

    fn pieces(&self, record: impl FnOnce(&mut Encoder)) -> (Vec<Command>, Vec<Vec<Command>>) {
        let mut pieces = pieces(recorded(record), self.pace(|pace| pace.submit_cost())).into_iter();
        (pieces.next().unwrap_or_default(), pieces.collect())
    }

    /// One submit.
    fn send(&self, label: &str, commands: &[Command]) -> Submission {
        self.counters.submitted();
        for command in commands {
            let counted = command.counted();
            self.counters.dispatched(command.dispatches() as u64, counted.multiply_adds);
            self.pace(|pace| pace.sent(counted.cost));
        }
        self.backend.submit(label, &mut |to| commands.iter().for_each(|command| command.encode(to)))
    }

    /// Lets others go first, if it has been long since they did.
    async fn breathe(&self) {
        #[cfg(target_arch = "wasm32")]
        if self.is_cpu() && self.pace(|pace| pace.is_breath_due(self.now())) {
            crate::clock::sleep(0).await;
        }
    }
}

fn recorded(record: impl FnOnce(&mut Encoder)) -> Vec<Command> {
    let mut encoder = Encoder::default();
    record(&mut encoder);
    encoder.commands
}
