//! The one place that spells test ids, routes and storage keys. Tests from outside rely on them.

/// Values of `data-testid`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestId {
    TerminalInput,
    TerminalLog,
    Editor,
    Apply,
    Grid,
    Pod,
    Job,
    Clock,
    Speed,
    Pause,
    NextEvent,
    Goal,
    Predict,
    Why,
    Timeline,
    Bench,
    LessonNext,
    Theme,
}

impl TestId {
    pub const fn as_str(self) -> &'static str {
        match self {
            TestId::TerminalInput => "terminal-input",
            TestId::TerminalLog => "terminal-log",
            TestId::Editor => "editor",
            TestId::Apply => "apply",
            TestId::Grid => "grid",
            TestId::Pod => "pod",
            TestId::Job => "job",
            TestId::Clock => "clock",
            TestId::Speed => "speed",
            TestId::Pause => "pause",
            TestId::NextEvent => "next-event",
            TestId::Goal => "goal",
            TestId::Predict => "predict",
            TestId::Why => "why",
            TestId::Timeline => "timeline",
            TestId::Bench => "bench",
            TestId::LessonNext => "lesson-next",
            TestId::Theme => "theme",
        }
    }
}

/// The screens, as the address after `#` names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    Cover,
    Lesson(String),
    Sandbox,
    Bench,
    /// A shared run: the command log in the address.
    Run(String),
    Unknown,
}

impl Route {
    pub fn parse(hash: &str) -> Route {
        let path = hash.trim_start_matches('#').trim_start_matches('/').trim_end_matches('/');
        match path.split_once('/') {
            None if path.is_empty() => Route::Cover,
            None if path == "sandbox" => Route::Sandbox,
            None if path == "bench" => Route::Bench,
            Some(("lesson", id)) if !id.is_empty() => Route::Lesson(id.to_owned()),
            Some(("run", log)) if !log.is_empty() => Route::Run(log.to_owned()),
            _ => Route::Unknown,
        }
    }

    pub fn href(&self) -> String {
        match self {
            Route::Cover | Route::Unknown => "#/".to_owned(),
            Route::Lesson(id) => format!("#/lesson/{id}"),
            Route::Sandbox => "#/sandbox".to_owned(),
            Route::Bench => "#/bench".to_owned(),
            Route::Run(log) => format!("#/run/{log}"),
        }
    }
}

/// The parts of the workplace; a narrow screen shows one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tab {
    Lesson,
    Cluster,
    Editor,
    Terminal,
}

impl Tab {
    pub const fn as_str(self) -> &'static str {
        match self {
            Tab::Lesson => "lesson",
            Tab::Cluster => "cluster",
            Tab::Editor => "editor",
            Tab::Terminal => "terminal",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Tab::Lesson => "Урок",
            Tab::Cluster => "Кластер",
            Tab::Editor => "YAML",
            Tab::Terminal => "Терминал",
        }
    }
}

/// Keys of what the browser keeps.
pub const KEY_THEME: &str = "theme";
pub const KEY_PROGRESS: &str = "progress";
/// A progress that could not be read, as it was found.
pub const KEY_PROGRESS_UNREAD: &str = "progress-unread";
pub const KEY_LAST_LESSON: &str = "last-lesson";

/// The sandbox's run.
pub const KEY_SANDBOX: &str = "sandbox";

/// The run of a lesson.
pub fn key_log(lesson: &str) -> String {
    format!("log/{lesson}")
}
