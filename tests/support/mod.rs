//! A learner's desk for tests: type a line, let time pass, read what was printed.

use std::collections::BTreeMap;

use zadachnik::base::Duration;
use zadachnik::cluster::ClusterOptions;
use zadachnik::session::{Session, SessionOptions};

/// No line of a test takes longer, in virtual time.
const LINE_MAX: Duration = Duration::from_secs(3_600);

pub struct Desk {
    pub session: Session,
}

impl Desk {
    pub fn new(seed: u64, files: &[(&str, &str)]) -> Desk {
        let files: BTreeMap<String, String> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let cluster = ClusterOptions { seed, ..ClusterOptions::default() };
        Desk { session: Session::new(SessionOptions { cluster, files }) }
    }

    /// Runs a line to its end and answers what both streams showed.
    pub fn line(&mut self, line: &str) -> String {
        let limit = self.session.now() + LINE_MAX;
        self.session.run_line(line, LINE_MAX);
        assert!(self.session.now() < limit, "`{line}` does not end");
        self.session.terminal().blocks.last().map(|block| block.streams_text()).unwrap_or_default()
    }

    /// The exit status of the last line.
    pub fn status(&self) -> Option<i32> {
        self.session.terminal().blocks.last().and_then(|block| block.status)
    }

    pub fn advance(&mut self, seconds: f64) {
        let until = self.session.now() + Duration::from_millis((seconds * 1000.0) as i64);
        self.session.run_until(until);
    }

    /// The words of each row of a table, without its header.
    pub fn rows(&mut self, line: &str) -> Vec<Vec<String>> {
        let text = self.line(line);
        text.lines().skip(1).map(|row| row.split_whitespace().map(str::to_owned).collect()).collect()
    }
}
