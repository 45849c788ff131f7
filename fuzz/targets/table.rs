//! Tables that a run appends to.
#![no_main]
#![allow(dead_code, reason = "modules of the program, of which this uses a part")]

#[path = "../../src/bin/wngan/files.rs"]
mod files;
#[path = "../../src/bin/wngan/table.rs"]
mod table;

use table::Table;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for columns in [&[5, 4][..], &[2], &[6]] {
        let table = Table::parse(bytes, columns);
        assert!(table.numbers().all(|row| columns.contains(&row.len()) && row[0] >= 0.0));
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(table.rows.len() + table.damaged, lines.saturating_sub(1), "each line is a row or damaged");
        let again = format!("header\n{}\n", table.rows.join("\n"));
        if !table.rows.is_empty() {
            assert_eq!(Table::parse(again.as_bytes(), columns).rows, table.rows, "what is whole stays so");
        }
    }
});
