//! A disk that is full. `FULL_DISK` names an empty folder on a file system of a few MiB, which `scripts/soak.sh` mounts.

use crate::run::{Run, random, record, times};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Fills the file system.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

#[test]
#[ignore = "scripts/soak.sh disk"]
fn a_run_ends_with_a_sentence_and_goes_on_when_there_is_room() {
    let disk = PathBuf::from(std::env::var_os("FULL_DISK").expect("FULL_DISK names a folder on a small file system"));
    let whole = Run::whole("disk");
    let (root, ballast) = (disk.join("run"), disk.join("ballast"));
    let (mut run, mut rows, mut tries) = (Run::new(root.clone(), "disk"), Vec::new(), 0);
    let wanted = times("DISK_FULL", 12);
    while (rows.len() as u32) < wanted {
        tries += 1;
        assert!(tries < 20 * wanted, "the disk was never full in time");
        let before = run.saved();
        let mut child = run.start();
        sleep(Duration::from_millis(100 + u64::from(random(tries, 400))));
        let is_running = child.try_wait().unwrap().is_none();
        fill(&ballast);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(run.halves().is_empty(), "a half-written file would keep the disk full: {:?}", run.halves());
        let saved = run.saved();
        assert!(saved >= before, "a save was lost: {saved} after {before}");
        let lost = run.done().saturating_sub(saved);
        fs::remove_file(&ballast).unwrap();
        if is_running && !output.status.success() {
            let refusal = said.lines().last().unwrap_or_default();
            assert!(refusal.starts_with("wngan: ") && refusal.contains("No space left on device"), "{said}");
            let what = refusal.replace(&*disk.to_string_lossy(), "").replace(',', " ");
            rows.push(format!("{},{saved},{lost},{what}", rows.len() + 1));
        }
        if output.status.success() {
            run.ends_as(&whole);
            fs::remove_dir_all(&root).unwrap();
            run = Run::new(root.clone(), "disk");
        }
    }
    run.ends_as(&whole);
    record("disk_full", "time,steps_saved,steps_lost,what_was_said", &rows);
}
