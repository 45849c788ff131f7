//! SIGKILL, inside saves and at any moment.

use crate::program::folder;
use crate::run::{Run, SAVED_EVERY, random, record, times};
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

/// What a kill may cost: the steps since the last save, which is at most an interval ago.
fn check(run: &Run, saved_before: u32) -> (u32, u32) {
    let (saved, done) = (run.saved(), run.done());
    assert!(saved >= saved_before, "a save was lost: {saved} after {saved_before}");
    assert!(done <= saved + SAVED_EVERY, "{done} steps were done and {saved} saved");
    (saved, done.saturating_sub(saved))
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits for the `nth` half-written checkpoint; nothing if the run ends before.
fn wait_for_save(run: &Run, child: &mut Child, nth: u32) -> Option<()> {
    let (mut seen, mut was_there) = (0, !run.halves().is_empty());
    loop {
        let is_there = !run.halves().is_empty();
        if is_there && !was_there {
            seen += 1;
        }
        if seen == nth {
            return Some(());
        }
        was_there = is_there;
        if child.try_wait().unwrap().is_some() {
            return None;
        }
    }
}

#[test]
#[ignore = "scripts/soak.sh kills"]
fn inside_saves() {
    let whole = Run::whole("kills");
    let (mut run, mut rows, mut tries) = (Run::new(folder("kills"), "kills"), Vec::new(), 0);
    let wanted = times("KILLS", 12);
    while (rows.len() as u32) < wanted {
        tries += 1;
        assert!(tries < 20 * wanted, "{} kills of {tries} were inside a save", rows.len());
        let before = run.saved();
        let mut child = run.start();
        if wait_for_save(&run, &mut child, 1 + random(tries, 6)).is_none() {
            // It ended first: what was killed must be whole before the next is begun.
            run.ends_as(&whole);
            run = Run::new(folder("kills"), "kills");
            continue;
        }
        kill(&mut child);
        let Some(half) = run.halves().pop() else { continue };
        let (saved, lost) = check(&run, before);
        rows.push(format!("{},{half},{saved},{lost}", rows.len() + 1));
    }
    run.ends_as(&whole);
    record("kills_inside_saves", "kill,half_written_file,steps_saved,steps_lost", &rows);
}

#[test]
#[ignore = "scripts/soak.sh kills"]
fn at_random_moments() {
    let whole = Run::whole("random_kills");
    let (mut run, mut rows) = (Run::new(folder("random_kills"), "random_kills"), Vec::new());
    for number in 1..=times("RANDOM_KILLS", 50) {
        let before = run.saved();
        let mut child = run.start();
        let millis = random(number, 700);
        sleep(Duration::from_millis(millis.into()));
        kill(&mut child);
        let (saved, lost) = check(&run, before);
        rows.push(format!("{number},{millis},{saved},{lost}"));
        if saved == 240 {
            run.ends_as(&whole);
            run = Run::new(folder("random_kills"), "random_kills");
        }
    }
    run.ends_as(&whole);
    record("kills_at_random_moments", "kill,milliseconds_after_start,steps_saved,steps_lost", &rows);
}
