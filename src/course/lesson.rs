//! A compiled lesson as its judge and the author's check read it; the page reads its sheet.

use serde_json::Value;

use super::checks::Checks;
use super::mistake::{Checked, Part, Place};
use super::sheet::{Block, ClusterSpec, LessonFile, block, cluster, file};

#[derive(Clone, Debug, Default)]
pub struct Lesson {
    pub id: String,
    pub cluster: ClusterSpec,
    pub start: Vec<LessonFile>,
    pub solution: Vec<LessonFile>,
    /// Lines of solution/commands.txt.
    pub commands: Vec<String>,
    pub body: Vec<Block>,
    pub checks: Checks,
}

/// What stands beside the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Layout {
    /// Grid, editor and terminal.
    #[default]
    Full,
    /// Grid and terminal.
    Terminal,
    /// The text alone.
    Text,
}

impl Layout {
    pub const NAMES: [(&'static str, Layout); 3] =
        [("full", Layout::Full), ("terminal", Layout::Terminal), ("text", Layout::Text)];

    pub fn parse(name: &str) -> Option<Layout> {
        Layout::NAMES.iter().find(|(known, _)| *known == name).map(|(_, layout)| *layout)
    }

    pub fn name(self) -> &'static str {
        Layout::NAMES.iter().find(|(_, layout)| *layout == self).map_or("full", |(name, _)| name)
    }
}

impl Lesson {
    /// # Errors
    /// When the data is no compiled lesson.
    pub fn read(value: &Value) -> Checked<Lesson> {
        let root = Place::Root;
        let part = Part::new(value, &root);
        Ok(Lesson {
            id: part.need_text("id")?,
            cluster: part.opt("cluster", cluster)?.unwrap_or_default(),
            start: part.list("start", file)?,
            solution: part.list("solution", file)?,
            commands: part.list("commands", |item| item.text().map(str::to_owned))?,
            body: part.list("body", |item| block(item, 0))?,
            checks: part.opt("checks", Checks::parse)?.unwrap_or_default(),
        })
    }
}
