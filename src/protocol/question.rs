//! What the page asks, with no effect on the run.

use super::text::crossing;

crossing! {
    pub enum Question {
        /// What Tab could put at `cursor`, a byte offset into the line.
        Complete { line: String, cursor: usize },
        /// The line as it was meant, if it was typed with the Russian layout.
        Meant { line: String },
        /// What is wrong with a manifest.
        Problems { text: String },
        /// What could be written at a byte offset of a manifest.
        Suggest { text: String, offset: usize },
        /// What the field at a byte offset of a manifest means.
        Explain { text: String, offset: usize },
        /// The newest decision by the rule with this id, as a sentence.
        Why { rule: String },
        /// The run so far, as it is kept and shared.
        Record,
        /// Everything that the terminal keeps, as a transcript.
        Transcript,
        /// Begins to measure a Job of so many pods, on a cluster of its own.
        MeasureBegin { pods: u32 },
        /// Goes on measuring for some real milliseconds.
        MeasureOn,
        /// Runs a line of the terminal on the cluster that was measured last.
        MeasureLine { line: String },
    }
}

crossing! {
    /// One variant a question, in the same order.
    pub enum Reply {
        Completion(Completion),
        Meant(Option<String>),
        Problems(Vec<Problem>),
        Suggestions(Suggestions),
        Card(Option<Card>),
        Why(Option<String>),
        Record(String),
        Transcript(String),
        MeasureBegun,
        /// `None` while the Job is unfinished; an error, in Russian, when it does not end.
        Measured(Option<Result<Throughput, String>>),
        /// Real microseconds of the line; `None` when nothing was measured before.
        MeasuredLine(Option<u64>),
    }
}

crossing! {
    #[derive(Eq, Default)]
    pub struct Completion {
        /// Byte offset at which the word to complete begins.
        pub replace_from: usize,
        pub candidates: Vec<String>,
    }
}

crossing! {
    /// A stretch of a text. Lines and columns count from 1.
    #[derive(Copy, Eq, Default)]
    pub struct Mark {
        pub line: u32,
        pub column: u32,
        pub to_line: u32,
        pub to_column: u32,
    }
}

crossing! {
    #[derive(Copy, Eq)]
    pub enum Severity {
        /// The cluster refuses it.
        Error,
        /// The cluster takes it, but not as it looks.
        Warning,
        /// Legal, and rarely meant.
        Hint,
    }
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}

crossing! {
    /// One finding about a manifest.
    #[derive(Eq)]
    pub struct Problem {
        pub mark: Mark,
        pub severity: Severity,
        /// Kubernetes' own English text, if there is one.
        pub exact: String,
        pub russian: String,
        pub fix: Option<Fix>,
    }
}

crossing! {
    /// A change of the text that mends a finding.
    #[derive(Eq)]
    pub struct Fix {
        /// As a button says it.
        pub title: String,
        /// Byte offsets of what is replaced.
        pub from: usize,
        pub to: usize,
        pub text: String,
    }
}

impl Fix {
    /// The mended text; `None` for a text that the fix was not made for.
    pub fn apply(&self, text: &str) -> Option<String> {
        let (before, after) = (text.get(..self.from)?, text.get(self.to..)?);
        Some(format!("{before}{}{after}", self.text))
    }
}

crossing! {
    /// What could be written at a place of a manifest.
    #[derive(Eq, Default)]
    pub struct Suggestions {
        /// Byte offset at which the word begins that a suggestion replaces.
        pub from: usize,
        /// The best first.
        pub suggestions: Vec<Suggestion>,
    }
}

crossing! {
    #[derive(Eq)]
    pub struct Suggestion {
        pub label: String,
        pub insert: String,
        /// Type, default and the like, in Russian.
        pub detail: String,
        /// What it means, in Russian; may be empty.
        pub about: String,
        pub required: bool,
    }
}

crossing! {
    /// What a field of a manifest means.
    #[derive(Eq)]
    pub struct Card {
        /// Byte offsets of the key.
        pub start: usize,
        pub end: usize,
        /// As `kubectl explain` takes it.
        pub path: String,
        pub detail: String,
        pub about: String,
    }
}

crossing! {
    /// What a Job of many pods cost.
    pub struct Throughput {
        pub pods: u32,
        /// Real microseconds of the core's work.
        pub core_us: u64,
        /// Virtual milliseconds from the Job's creation to its end.
        pub virtual_ms: i64,
    }
}
