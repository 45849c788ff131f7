//! Two processes that want the same run folder.

use crate::program::{folder, text};
use crate::run::{Run, record, times};

#[test]
#[ignore = "scripts/soak.sh writers"]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let whole = Run::whole("writers");
    let mut rows = Vec::new();
    let wanted = times("WRITERS", 12);
    while (rows.len() as u32) < wanted {
        let run = Run::new(folder("writers"), "writers");
        let mut first = run.start();
        while run.saved() == 0 {
            assert!(first.try_wait().unwrap().is_none(), "the first ended");
        }
        let last = run.root.join("net_archive/last.safetensors");
        for more in [&["--resume"][..], &["--overwrite"], &[], &["--load_path", text(&last), "--rewind"]] {
            let output = run.output(more);
            let is_alone = first.try_wait().unwrap().is_none();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if !is_alone {
                break;
            }
            assert!(!output.status.success(), "{more:?} was let in");
            let refusals = ["Another process is writing the run", "already holds a run"];
            let refusal = refusals.into_iter().find(|part| said.contains(part)).unwrap_or_else(|| panic!("{said}"));
            rows.push(format!("{},{},{refusal}", rows.len() + 1, more.first().unwrap_or(&"no flag")));
        }
        let output = first.wait_with_output().unwrap();
        assert!(output.status.success(), "the first: {}", String::from_utf8_lossy(&output.stderr));
        run.ends_as(&whole);
    }
    record("two_writers", "attempt,second_process,what_it_was_told", &rows);
}

#[test]
#[ignore = "scripts/soak.sh writers"]
fn of_two_that_start_at_once_one_writes() {
    let whole = Run::whole("at_once");
    let mut rows = Vec::new();
    for number in 1..=times("WRITERS", 12) {
        let run = Run::new(folder("at_once"), "at_once");
        let outputs = [run.start(), run.start()].map(|child| child.wait_with_output().unwrap());
        let said = outputs.each_ref().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
        let ended = outputs.iter().filter(|output| output.status.success()).count();
        let refused = said.iter().filter(|said| said.contains("Another process is writing the run")).count();
        // The second may have come when the first was done.
        assert!(ended + refused == 2 && ended >= 1, "{said:?}");
        run.ends_as(&whole);
        rows.push(format!("{number},{ended},{refused}"));
    }
    record("two_starts", "attempt,ended_well,refused", &rows);
}
