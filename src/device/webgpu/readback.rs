//! Reading back to the CPU.

use super::memory::GpuMemory;
use crate::device::backend::{Memory, Submission};
use crate::error::{Error, Result, sentences};
use futures_channel::oneshot;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

/// What a browser or a driver says of a mapping; or that it was dropped.
type Answer = std::result::Result<std::result::Result<(), wgpu::BufferAsyncError>, oneshot::Canceled>;

/// Staging memory with its other owners.
pub struct Shared(pub Rc<dyn Memory>);

impl Deref for Shared {
    type Target = GpuMemory;

    fn deref(&self) -> &GpuMemory {
        GpuMemory::of(&self.0)
    }
}

/// A read-back that is under way. Dropped before its end it is given up, and the memory can be copied to again.
pub struct Mapping<M: Deref<Target = GpuMemory>> {
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "a browser's alone has to be urged"))]
    queue: wgpu::Queue,
    staging: M,
    bytes: u64,
    submission: Submission,
    /// Whether the memory is mapped, or may become so.
    is_held: bool,
    answer: oneshot::Receiver<std::result::Result<(), wgpu::BufferAsyncError>>,
}

/// Begins to read `bytes` bytes from the front of staging memory, which `submission` copies there.
pub fn map<M: Deref<Target = GpuMemory>>(
    queue: &wgpu::Queue,
    staging: M,
    bytes: u64,
    submission: Submission,
) -> Mapping<M> {
    let (sender, answer) = oneshot::channel();
    if bytes > 0 {
        staging.raw().slice(..bytes).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver is gone only when the whole read was dropped; then nobody waits for the answer.
            let _ = sender.send(result);
        });
    }
    Mapping { queue: queue.clone(), staging, bytes, submission, is_held: bytes > 0, answer }
}

impl<M: Deref<Target = GpuMemory>> Mapping<M> {
    /// What was read.
    ///
    /// # Errors
    /// [`Error::Device`] when the device was lost or refused the submission.
    pub async fn bytes(mut self) -> Result<Vec<u8>> {
        if self.bytes == 0 {
            return Ok(Vec::new());
        }
        self.submission.0.wait()?;
        let mapped = self.answered().await.map_err(|_| Error::Device(sentences::device::abandoned()))?;
        self.is_held = mapped.is_ok();
        mapped.map_err(|e| Error::Device(sentences::device::unreadable(e)))?;
        let range = self.staging.raw().slice(..self.bytes).get_mapped_range();
        range.map(|range| range.to_vec()).map_err(|e| Error::Device(sentences::device::failed(e)))
    }

    #[cfg(not(target_arch = "wasm32"))]
    async fn answered(&mut self) -> Answer {
        (&mut self.answer).await
    }

    /// Firefox looks every 100 ms whether work is done, and with every submit (Mozilla's bug 1870699): while it is waited
    /// for, submits without commands make it look more often.
    #[cfg(target_arch = "wasm32")]
    async fn answered(&mut self) -> Answer {
        for _ in 0..URGES {
            if let Some(answer) = answer_within(&mut self.answer, URGE_MS).await {
                return answer;
            }
            self.queue.submit([]);
        }
        (&mut self.answer).await
    }
}

impl<M: Deref<Target = GpuMemory>> Drop for Mapping<M> {
    fn drop(&mut self) {
        let refused = matches!(self.answer.try_recv(), Ok(Some(Err(_))));
        if self.is_held && !refused {
            self.staging.raw().unmap();
        }
    }
}

/// Milliseconds between two empty submits, and the most of them: work that takes longer is no shorter for being asked about.
#[cfg(target_arch = "wasm32")]
const URGE_MS: u32 = 4;
#[cfg(target_arch = "wasm32")]
const URGES: u32 = 100;

/// The answer, if it comes within so many milliseconds.
#[cfg(target_arch = "wasm32")]
async fn answer_within<T>(
    answer: &mut oneshot::Receiver<T>,
    ms: u32,
) -> Option<std::result::Result<T, oneshot::Canceled>> {
    use std::pin::pin;
    use std::task::Poll;
    let mut pause = pin!(crate::clock::sleep(ms));
    std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = std::pin::Pin::new(&mut *answer).poll(context) {
            return Poll::Ready(Some(answer));
        }
        pause.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// The staging memory of the last download, for the next: as large as the largest so far.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Option<GpuMemory>>);

impl Spare {
    /// The spare memory, if there is any of at least `bytes` bytes; what is smaller is freed.
    pub fn take(&self, bytes: u64) -> Option<GpuMemory> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        spare.filter(|memory| memory.allocation().bytes() >= bytes)
    }

    /// Keeps memory that is not mapped.
    pub fn keep(&self, memory: GpuMemory) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
    }
}
