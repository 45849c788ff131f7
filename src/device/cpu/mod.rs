//! The CPU as a device: the same WGSL, which the build script has written out as Rust (build/module.rs). For machines
//! without a graphics adapter, where a driver that imitates one is several times as slow as this.

mod kernels;
mod list;
mod memory;
mod vector;
mod wgsl;
mod words;

use crate::device::backend::{
    Backend, Clock, Compiled, Description, ErrorScope, Memory, Pending, Prepared, Record, Report, Submission,
    Submitted, Usage,
};
use crate::device::counters::Allocation;
use crate::error::Result;
use list::{CpuList, Immediate};
use memory::CpuMemory;
use std::rc::Rc;

/// The CPU. There is no adapter to find and no driver to fail, and nothing is waited for.
#[derive(Debug)]
pub struct Cpu {
    description: Description,
}

impl Cpu {
    /// The CPU that this runs on.
    pub fn new() -> Cpu {
        Cpu {
            description: Description {
                name: "CPU".into(),
                interface: if cfg!(target_arch = "wasm32") { "wasm" } else { "native" },
                is_cpu: true,
                is_software: true,
                lanes_per_channel: 1,
                details: None,
            },
        }
    }
}

/// Whatever the CPU refuses it refuses in the call.
struct NoErrors;

impl ErrorScope for NoErrors {
    fn end(self: Box<Self>) -> Pending<'static, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl Backend for Cpu {
    fn description(&self) -> &Description {
        &self.description
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn error_scope(&self) -> Box<dyn ErrorScope> {
        Box::new(NoErrors)
    }

    fn allocate(&self, _: Usage, allocation: Allocation) -> Result<Rc<dyn Memory>> {
        Ok(Rc::new(CpuMemory::new(allocation)?))
    }

    fn write(&self, memory: &Rc<dyn Memory>, first: u32, bytes: &[u8]) {
        CpuMemory::of(memory).write(first, bytes);
    }

    fn compile<'a>(
        &'a self,
        dispatches: Vec<Prepared>,
        step: &'a Rc<dyn Memory>,
        report: &'a mut Report<'a>,
    ) -> Pending<'a, Box<dyn Compiled>> {
        if let Some(first) = dispatches.first() {
            report(0, 1, first.kernel.name);
        }
        let list = CpuList::new(dispatches, step);
        Box::pin(async { Ok(Box::new(list?) as Box<dyn Compiled>) })
    }

    fn submit(&self, _: &str, record: &mut Record<'_>) -> Submission {
        record(&mut Immediate);
        Submission(Box::new(Done))
    }

    fn read(&self, staging: &Rc<dyn Memory>, bytes: u64, _: Submission) -> Pending<'static, Vec<u8>> {
        let mut read = vec![0; bytes as usize];
        CpuMemory::of(staging).read(&mut read);
        Box::pin(async { Ok(read) })
    }

    fn download<'a>(&'a self, source: &'a Rc<dyn Memory>, into: &'a mut [u8]) -> Pending<'a, ()> {
        CpuMemory::of(source).read(into);
        Box::pin(async { Ok(()) })
    }

    fn clock(&self) -> Result<Option<Box<dyn Clock>>> {
        Ok(None)
    }
}

/// A submission of the CPU: done before it is returned.
#[derive(Debug)]
struct Done;

impl Submitted for Done {
    fn wait(&self) -> Result<()> {
        Ok(())
    }
}
