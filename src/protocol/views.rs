//! What the page shows of objects, decisions and goals.

use super::text::crossing;
use crate::base::{Duration, Time, Timestamp, duration_text};

crossing! {
    /// How a pod is drawn: a shape with an icon and a text, colour comes third.
    #[derive(Copy, Eq)]
    pub enum Look {
        Waiting,
        Creating,
        Running,
        Done,
        Failed,
        Backoff,
        Leaving,
        Unknown,
    }
}

impl Look {
    pub const fn as_str(self) -> &'static str {
        match self {
            Look::Waiting | Look::Creating => "waiting",
            Look::Running => "running",
            Look::Done => "done",
            Look::Failed => "failed",
            Look::Backoff => "backoff",
            Look::Leaving => "leaving",
            Look::Unknown => "unknown",
        }
    }
}

crossing! {
    pub struct PodView {
        pub uid: String,
        pub name: String,
        pub namespace: String,
        /// The part of the name that tells this pod from its siblings.
        pub short_name: String,
        /// The uid of the Job that controls the pod; empty for a pod of its own.
        pub owner: String,
        /// The STATUS column of `kubectl get pods`.
        pub status: String,
        pub look: Look,
        pub ready: String,
        pub restarts: i32,
        pub node: String,
        /// The first container's name.
        pub container: String,
        pub index: String,
        pub exit_code: Option<i32>,
        /// When a back-off ends.
        pub retry_at: Option<Time>,
        pub created: Timestamp,
        /// Whether the container runs a heavy computation.
        pub computes: bool,
    }
}

crossing! {
    /// The STATUS column of `kubectl get jobs`.
    #[derive(Copy, Eq)]
    pub enum JobStatus {
        Complete,
        Failed,
        Suspended,
        FailureTarget,
        SuccessCriteriaMet,
        Terminating,
        Running,
    }
}

impl JobStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            JobStatus::Complete => "Complete",
            JobStatus::Failed => "Failed",
            JobStatus::Suspended => "Suspended",
            JobStatus::FailureTarget => "FailureTarget",
            JobStatus::SuccessCriteriaMet => "SuccessCriteriaMet",
            JobStatus::Terminating => "Terminating",
            JobStatus::Running => "Running",
        }
    }
}

crossing! {
    pub struct JobView {
        pub uid: String,
        pub name: String,
        pub namespace: String,
        pub status: JobStatus,
        pub reason: String,
        pub completions: Option<i32>,
        pub parallelism: i32,
        pub backoff_limit: i32,
        pub active: i32,
        pub succeeded: i32,
        pub failed: i32,
        pub terminating: i32,
        pub created: Timestamp,
        pub started: Option<Timestamp>,
        pub ended: Option<Timestamp>,
    }
}

crossing! {
    /// One stretch of a pod's life on the timeline.
    pub struct Bar {
        pub uid: String,
        pub short_name: String,
        pub created: Time,
        pub started: Option<Time>,
        pub ended: Option<Time>,
        /// When the pod began to go away.
        pub leaving: Option<Time>,
        pub removed: Option<Time>,
        pub look: Look,
    }
}

crossing! {
    /// The clock as it is drawn.
    #[derive(Eq, Default)]
    pub struct ClockView {
        /// `00:00:19` since the beginning of the run.
        pub text: String,
        /// Whether it waits for a computation.
        pub holding: bool,
        pub running_to_goal: bool,
        /// Whether a recorded run is done again.
        pub replaying: bool,
        /// Whether nothing but the clock will go on for the next frames.
        pub quiet: bool,
    }
}

crossing! {
    #[derive(Eq)]
    pub struct DecisionView {
        pub number: usize,
        /// As the clock showed it then.
        pub at: String,
        /// In Russian.
        pub sentence: String,
        /// Where Kubernetes has the rule: file and function.
        pub upstream: String,
        /// Whether something was done, not only looked at.
        pub fired: bool,
    }
}

crossing! {
    /// A goal of the lesson, or of a variant: then with the variant's id and numbers drawn for this learner.
    #[derive(Eq)]
    pub struct GoalRow {
        pub id: String,
        /// HTML.
        pub text: String,
        pub met: bool,
        /// HTML: what is still missing; a variant is done without this help.
        pub missing: Option<String>,
    }
}

crossing! {
    #[derive(Eq)]
    pub struct RemarkRow {
        pub id: String,
        /// HTML.
        pub say: String,
        /// Whether only a new beginning helps.
        pub dead_end: bool,
    }
}

/// `12 с`, `2 мин 5 с`: spans in the page's own sentences.
pub fn span_ru(span: Duration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} с"),
        120..3_600 if seconds % 60 == 0 => format!("{} мин", seconds / 60),
        120..3_600 => format!("{} мин {} с", seconds / 60, seconds % 60),
        _ => duration_text::human(span),
    }
}

/// `00:00:19` since the beginning of the run.
pub fn clock_text(since_start: Duration) -> String {
    let seconds = since_start.as_secs().max(0);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
