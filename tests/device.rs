//! The seam between what computes and what it computes with: who owns memory, how long it lives, and what happens to what
//! belongs to another device. On an adapter and on the CPU alike.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use pollster::block_on;
use std::sync::Arc;
use wn_gan::Error;
use wn_gan::device::{Buffer, Device, Dispatch, DispatchList, Limits, Progress, Staging, StepUniforms};
use wn_gan::error::plain;
use wn_gan::kernels::{self, Kernel, ReducePartials};

/// Copies `count` numbers from `from` to `to`, as a sum of one part.
fn copying(from: &Buffer, to: &Buffer, count: u32) -> Dispatch {
    Dispatch::new(&kernels::REDUCE_PARTIALS, "copy")
        .params(&ReducePartials { parts: 1, count, total_offset: 0 })
        .buffers(&[from, to])
        .elements(count as usize)
}

fn compile(device: &Device, steps: &StepUniforms, dispatches: Vec<Dispatch>) -> wn_gan::Result<DispatchList> {
    block_on(DispatchList::compile(device, steps, dispatches, &mut Progress::new(1, &mut |_, _, _| {})))
}

/// A device that no other test uses, so that its counts are the test's own.
fn adapter() -> Device {
    block_on(Device::open(Limits::Default))
        .unwrap_or_else(|e| panic!("{e} (or set WNGAN_NO_GPU=1 to ignore the tests that need a GPU)"))
}

fn memory_is_counted_while_it_has_an_owner(device: &Device) {
    let steps = StepUniforms::new(device, 1).unwrap();
    let before = device.counts();
    let alive = || device.counts().buffer_bytes - before.buffer_bytes;
    let (from, to) = (Buffer::new(device, "from", 100).unwrap(), Buffer::new(device, "to", 60).unwrap());
    assert_eq!(alive(), 640);
    let (front, view) = (from.front(10), to.at(3));
    drop((from, to));
    assert_eq!(alive(), 640, "a part keeps the whole");
    let list = compile(device, &steps, vec![copying(&front, &view.buffer, 10)]).unwrap();
    let own = alive() - 640;
    drop((front, view));
    assert_eq!(alive(), 640 + own, "a list keeps what it binds");
    drop(list);
    assert_eq!(alive(), 0);
    assert!(device.counts().buffers >= before.buffers + 2, "what is gone was still created");
    assert_eq!(device.check(), Ok(()));
}

/// The list, its buffers and its step block are gone before the device has begun to work on the submit that uses them.
fn a_submit_outlives_the_memory_it_uses(device: &Device) {
    const LEN: usize = 1 << 20;
    let numbers: Vec<f32> = (0..LEN).map(|i| i as f32).collect();
    let to = Buffer::new(device, "to", LEN).unwrap();
    {
        let steps = StepUniforms::new(device, 1).unwrap();
        let (from, between) = (Buffer::new(device, "from", LEN).unwrap(), Buffer::new(device, "between", LEN).unwrap());
        from.write(device, &numbers);
        let dispatches = vec![copying(&from, &between, LEN as u32), copying(&between, &to, LEN as u32)];
        let list = compile(device, &steps, dispatches).unwrap();
        device.submit("test", |encoder| list.record(encoder, 0));
    }
    // New memory may lie where the old did.
    let others: Vec<_> = (0..4).map(|_| Buffer::new(device, "other", LEN).unwrap()).collect();
    others.iter().for_each(|buffer| buffer.write(device, &vec![f32::NAN; LEN]));
    let found: Vec<f32> = block_on(to.read(device)).unwrap();
    assert_eq!(found.iter().zip(&numbers).position(|(found, expected)| found != expected), None);
    assert_eq!(device.check(), Ok(()));
}

/// What comes between dispatches and what comes after them sees what they wrote.
fn commands_see_what_those_before_them_wrote(device: &Device) {
    let steps = StepUniforms::new(device, 1).unwrap();
    let buffer = |name: &str| Buffer::new(device, name, 4).unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(buffer);
    a.write(device, &[1f32, 2.0, 3.0, 4.0]);
    let [to_b, to_d] =
        [(&a, &b), (&c, &d)].map(|(from, to)| compile(device, &steps, vec![copying(from, to, 4)]).unwrap());
    device.submit("test", |encoder| {
        to_b.record(encoder, 0);
        encoder.copy_range(&b, 1, &c, 0, 3);
        to_d.record(encoder, 0);
        encoder.clear(&c);
        encoder.copy(&d, &a);
    });
    let read = |buffer: &Buffer| -> Vec<f32> { block_on(buffer.read(device)).unwrap() };
    assert_eq!(
        [a, b, c, d].map(|buffer| read(&buffer)),
        [[2.0, 3.0, 4.0, 0.0], [1.0, 2.0, 3.0, 4.0], [0.0; 4], [2.0, 3.0, 4.0, 0.0]]
    );
}

/// Of a device that nothing is known of little is asked at a time.
fn work_that_is_cut_is_the_same_work(device: &Device) {
    const LEN: usize = 1 << 18;
    let steps = StepUniforms::new(device, 1).unwrap();
    let buffers: Vec<_> = (0..8).map(|i| Buffer::new(device, &format!("number {i}"), LEN).unwrap()).collect();
    let numbers: Vec<f32> = (0..LEN).map(|i| i as f32).collect();
    buffers[0].write(device, &numbers);
    let copies = buffers.windows(2).map(|pair| copying(&pair[0], &pair[1], LEN as u32)).collect();
    let list = compile(device, &steps, copies).unwrap();
    let before = device.counts();
    device.submit_in_pieces("test", |encoder| {
        list.record(encoder, 0);
        encoder.copy(&buffers[7], &buffers[0]);
        encoder.clear(&buffers[7]);
        list.record(encoder, 0);
    });
    let after = device.counts();
    assert_eq!(after.dispatches - before.dispatches, 14);
    assert!(after.submits - before.submits >= 14, "{} submits", after.submits - before.submits);
    assert!(buffers.iter().all(|buffer| block_on(buffer.read::<f32>(device)).unwrap() == numbers));
}

/// Several read-backs are under way at a time; one that nobody waits for any more is no obstacle.
fn read_backs_overlap(device: &Device) {
    let buffer = Buffer::new(device, "test", 4).unwrap();
    let staging = [0, 1, 2].map(|_| Staging::new(device, "test", 4).unwrap());
    let begin = |staging: &Staging, values: &[u32; 4]| {
        buffer.write(device, values);
        let submission = device.submit("test", |encoder| staging.copy_from(encoder, &buffer, 4));
        staging.read(device, 4, submission)
    };
    let first = begin(&staging[0], &[1; 4]);
    drop(begin(&staging[1], &[2; 4]));
    let third = begin(&staging[2], &[3; 4]);
    let second = begin(&staging[1], &[4; 4]);
    let read = [third, first, second].map(|reading| block_on(reading.values::<u32>(device)).unwrap());
    assert_eq!(read, [[3; 4], [1; 4], [4; 4]].map(|values: [u32; 4]| values.to_vec()));
    // Memory may go before the answer is here.
    let [staging, ..] = staging;
    let last = begin(&staging, &[5; 4]);
    drop(staging);
    assert_eq!(block_on(last.values::<u32>(device)).unwrap(), [5; 4]);
    assert_eq!(device.check(), Ok(()));
}

fn what_belongs_to_another_device_is_refused(device: &Device, other: &Device) {
    let steps = StepUniforms::new(device, 1).unwrap();
    let (own, foreign) = (Buffer::new(device, "own", 4).unwrap(), Buffer::new(other, "foreign", 4).unwrap());
    let is_foreign = |error: &Error| matches!(error, Error::Foreign { buffer, .. } if buffer == "foreign");
    let error = compile(device, &steps, vec![copying(&own, &foreign, 4)]).unwrap_err();
    assert!(is_foreign(&error), "{error}");
    assert!(error.to_string().starts_with("The buffer \"foreign\" belongs to another device than "), "{error}");
    let error = block_on(foreign.read::<f32>(device)).unwrap_err();
    assert!(is_foreign(&error), "{error}");
    let error = compile(other, &steps, vec![]).unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
    assert_eq!((device.check(), other.check()), (Ok(()), Ok(())));
}

#[test]
fn on_the_cpu() {
    let device = Device::cpu();
    memory_is_counted_while_it_has_an_owner(&device);
    a_submit_outlives_the_memory_it_uses(&device);
    commands_see_what_those_before_them_wrote(&device);
    work_that_is_cut_is_the_same_work(&device);
    read_backs_overlap(&device);
    what_belongs_to_another_device_is_refused(&device, &Device::cpu());
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn on_an_adapter() {
    let device = adapter();
    memory_is_counted_while_it_has_an_owner(&device);
    a_submit_outlives_the_memory_it_uses(&device);
    commands_see_what_those_before_them_wrote(&device);
    work_that_is_cut_is_the_same_work(&device);
    read_backs_overlap(&device);
    what_belongs_to_another_device_is_refused(&device, &adapter());
    what_belongs_to_another_device_is_refused(&device, &Device::cpu());
    what_belongs_to_another_device_is_refused(&Device::cpu(), &device);
}

/// Read-backs of all sizes need no more memory than the largest.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn read_backs_share_one_staging_buffer() {
    let device = adapter();
    let buffers = [1000, 10, 500].map(|len| Buffer::new(&device, "test", len).unwrap());
    let read = |buffer: &Buffer| assert_eq!(block_on(buffer.read::<u32>(&device)), Ok(vec![0; buffer.len()]));
    read(&buffers[0]);
    let before = device.counts();
    buffers.iter().for_each(read);
    let after = device.counts();
    assert_eq!((after.buffers, after.buffer_bytes), (before.buffers, before.buffer_bytes));
    assert_eq!(after.readback_bytes - before.readback_bytes, 4 * 1510);
    let larger = Buffer::new(&device, "test", 2000).unwrap();
    read(&larger);
    // The larger takes the smaller's place.
    assert_eq!(device.counts().buffer_bytes - before.buffer_bytes, 4 * (2000 + 2000 - 1000));
}

/// Buffers are read from several threads at once.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn read_backs_of_several_threads_do_not_meet() {
    let device = Arc::new(adapter());
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let device = &device;
            scope.spawn(move || {
                let numbers: Vec<u32> = (0..1000).map(|i| 1000 * thread + i).collect();
                let buffer = Buffer::new(device, "test", numbers.len()).unwrap();
                buffer.write(device, &numbers);
                for _ in 0..20 {
                    assert_eq!(block_on(buffer.read::<u32>(device)), Ok(numbers.clone()));
                }
            });
        }
    });
}

/// The pipelines of a list are begun together: one that is refused spoils neither the others nor the device.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_refused_kernel_is_named_and_nothing_else_is_lost() {
    let device = adapter();
    let steps = StepUniforms::new(&device, 1).unwrap();
    let (from, to) = (Buffer::new(&device, "from", 4).unwrap(), Buffer::new(&device, "to", 4).unwrap());
    from.write(&device, &[1f32, 2.0, 3.0, 4.0]);
    let broken: &Kernel =
        Box::leak(Box::new(Kernel { name: "broken", parts: &["nonsense"], ..kernels::REDUCE_PARTIALS }));
    let dispatch = |kernel| Dispatch::new(kernel, "broken").buffers(&[&from, &to]);
    let error = compile(&device, &steps, vec![copying(&from, &to, 4), dispatch(broken), copying(&to, &from, 4)]);
    let error = error.unwrap_err();
    assert!(matches!(&error, Error::Shader { shader, .. } if shader == "broken"), "{error}");
    let list = compile(&device, &steps, vec![copying(&from, &to, 4)]).unwrap();
    device.submit("test", |encoder| list.record(encoder, 0));
    assert_eq!(block_on(to.read::<f32>(&device)), Ok(vec![1.0, 2.0, 3.0, 4.0]));
}

/// An error inside a build is the build's; one outside is told once. Neither is the end of the device.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_build_that_the_device_refuses_leaves_it_alone() {
    let device = adapter();
    let memory = device.counts().buffer_bytes;
    // More than the buffer holds, which only the device notices.
    let overfill = |device: &Device| {
        let buffer = Buffer::new(device, "small", 4)?;
        buffer.write(device, &[1f32; 1000]);
        Ok(buffer)
    };
    let built = block_on(device.guarded(async { overfill(&device) }));
    assert!(matches!(built, Err(Error::Build(_))), "{built:?}");
    assert_eq!(device.check(), Ok(()));
    assert_eq!(device.counts().buffer_bytes, memory, "what was built is freed");
    let own: wn_gan::Result<()> = Err(Error::Config(plain("Ours.")));
    let both = block_on(device.guarded(async { overfill(&device).and(own) }));
    assert_eq!(both.unwrap_err(), Error::Config(plain("Ours.")), "what we say is the better sentence");

    let buffer = overfill(&device).unwrap();
    let refused = block_on(buffer.read::<f32>(&device));
    assert!(matches!(refused, Err(Error::Device(_))), "{refused:?}");
    assert_eq!(block_on(buffer.read::<f32>(&device)), Ok(vec![0.0; 4]), "told once");
}

#[test]
fn a_dispatch_with_too_few_buffers_is_refused() {
    let device = Device::cpu();
    let steps = StepUniforms::new(&device, 1).unwrap();
    let buffer = Buffer::new(&device, "only", 4).unwrap();
    let dispatch = Dispatch::new(&kernels::REDUCE_PARTIALS, "sum").buffers(&[&buffer]);
    let error = compile(&device, &steps, vec![dispatch]).unwrap_err();
    assert!(error.to_string().contains("the dispatch \"sum\" has 1 storage buffers and needs 2"), "{error}");
}
