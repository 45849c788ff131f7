//! How far a build is.

/// Tells somebody how far a build of several dispatch lists is.
pub struct Progress<'a> {
    report: &'a mut dyn FnMut(usize, usize, &str),
    lists: usize,
    finished: usize,
}

impl<'a> Progress<'a> {
    /// For `lists` lists; `report(done, total, kernel)` is called before each pipeline is built, which takes up to
    /// seconds on a software adapter.
    pub fn new(lists: usize, report: &'a mut dyn FnMut(usize, usize, &str)) -> Progress<'a> {
        Progress { report, lists, finished: 0 }
    }

    /// `done` of `of` parts of a list are built, and `kernel` is next; a list is a hundred parts of the whole.
    pub(super) fn part(&mut self, done: usize, of: usize, kernel: &str) {
        (self.report)(100 * self.finished + 100 * done / of, 100 * self.lists, kernel);
    }

    /// A list is built.
    pub(super) fn list(&mut self) {
        self.finished += 1;
    }
}
