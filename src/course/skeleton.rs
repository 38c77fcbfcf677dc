//! The skeleton of a new lesson: a small lesson that passes the author's check, to be overwritten.

/// Files of the skeleton: path below the lesson's folder and text. `ID` in the text stands for the lesson's id.
pub const FILES: [(&str, &str); 5] = [
    ("lesson.md", include_str!("skeleton/lesson.md")),
    ("checks.yaml", include_str!("skeleton/checks.yaml")),
    ("start/job.yaml", include_str!("skeleton/start.yaml")),
    ("solution/job.yaml", include_str!("skeleton/solution.yaml")),
    ("solution/commands.txt", include_str!("skeleton/commands.txt")),
];
