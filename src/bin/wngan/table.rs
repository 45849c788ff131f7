//! Tables as text. A kill leaves the start of a row at the end, which a resumed run writes again; what a power cut, an editor
//! or a second program did to other rows is left out and said.

use crate::files::{file_error, write_whole};
use std::fs::{File, OpenOptions};
use std::path::Path;
use wn_gan::Result;

/// The whole rows of a table below its header, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Rows, without their line ends.
    pub rows: Vec<String>,
    /// How many others there are, but for a last one without a line end.
    pub damaged: usize,
}

impl Table {
    /// A row is whole if its first field is a step and it has one of these numbers of fields.
    pub fn parse(bytes: &[u8], columns: &[usize]) -> Table {
        let whole = &bytes[..bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0)];
        let mut table = Table::default();
        for line in whole.split(|&byte| byte == b'\n').skip(1) {
            let row = std::str::from_utf8(line).map(|line| line.trim_end_matches('\r'));
            match row.ok().filter(|row| step(row).is_some() && columns.contains(&row.split(',').count())) {
                Some(row) => table.rows.push(row.into()),
                None => table.damaged += 1,
            }
        }
        table
    }

    /// Reads a table; one that is not there is empty.
    ///
    /// # Errors
    /// [`wn_gan::Error::File`] when it cannot be read.
    pub fn read(path: &Path, columns: &[usize]) -> Result<Table> {
        if !path.exists() {
            return Ok(Table::default());
        }
        Ok(Table::parse(&std::fs::read(path).map_err(|e| file_error("Reading", path, &e))?, columns))
    }

    /// The rows' fields; one that is no number is NaN.
    pub fn numbers(&self) -> impl Iterator<Item = Vec<f64>> {
        let number = |field: &str| field.trim().parse().unwrap_or(f64::NAN);
        self.rows.iter().map(move |row| row.split(',').map(number).collect())
    }
}

/// Opens a table for appending, with its header and the whole rows of steps below `end`.
///
/// # Errors
/// [`wn_gan::Error::File`] when it cannot be read or written.
pub fn open(path: &Path, header: &str, columns: &[usize], end: u32) -> Result<File> {
    let before = |row: &&String| step(row).is_some_and(|step| step < end);
    let kept: String = Table::read(path, columns)?.rows.iter().filter(before).map(|row| format!("{row}\n")).collect();
    write_whole(path, format!("{header}\n{kept}").as_bytes())?;
    OpenOptions::new().append(true).open(path).map_err(|e| file_error("Opening the table", path, &e))
}

/// The first field.
fn step(row: &str) -> Option<u32> {
    row.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_is_kept_whatever_stands_between() {
        let text = b"step,loss\n0,0.5\n1,0.\xff\n2\n3,0.25\r\n\n4,0.5,1\nx,0.5\n5,\n6,0.1";
        let table = Table::parse(text, &[2]);
        assert_eq!((table.rows.join(" "), table.damaged), ("0,0.5 3,0.25 5,".into(), 5));
        let numbers: Vec<_> = table.numbers().collect();
        assert_eq!(numbers[..2], [[0.0, 0.5], [3.0, 0.25]]);
        assert!(numbers[2][1].is_nan());
    }

    #[test]
    fn a_table_without_rows_is_empty() {
        for text in [&b""[..], b"step", b"step,loss\n", b"step,loss\n0,0.5"] {
            assert_eq!(Table::parse(text, &[2]), Table::default());
        }
    }
}
