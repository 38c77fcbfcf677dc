//! A compiled lesson as the page and the runner read it.

use serde_json::Value;

use super::checks::Checks;
use super::mistake::{Checked, Part, Place};

/// Steps within steps are refused beyond this depth.
const STEP_DEPTH_MAX: usize = 4;

#[derive(Clone, Debug, Default)]
pub struct Lesson {
    pub id: String,
    pub title: String,
    /// Position in the course, from 1.
    pub number: usize,
    pub part: String,
    pub minutes: i64,
    /// Ids of lessons that come first.
    pub needs: Vec<String>,
    /// What the learner can do afterwards: HTML.
    pub teaches: Vec<String>,
    /// Manifest fields that the lesson introduces.
    pub fields: Vec<String>,
    pub cluster: ClusterSpec,
    pub layout: Layout,
    pub start: Vec<LessonFile>,
    pub solution: Vec<LessonFile>,
    /// Lines of solution/commands.txt.
    pub commands: Vec<String>,
    pub body: Vec<Block>,
    pub checks: Checks,
    /// Id of the next lesson.
    pub next: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonFile {
    pub name: String,
    pub text: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterSpec {
    pub nodes: i64,
    /// Cores of each node; `None` is the cluster's own default.
    pub cpu: Option<i64>,
    pub seed: u64,
    /// Speed of the virtual clock when the lesson opens; 0 is paused.
    pub clock: i64,
}

impl Default for ClusterSpec {
    fn default() -> ClusterSpec {
        ClusterSpec { nodes: 1, cpu: None, seed: 1, clock: 1 }
    }
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

/// A piece of the lesson's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// Safe HTML that the compiler made. Commands are `<button data-run="LINE">` or `<button data-copy="TEXT">`.
    Html(String),
    Predict(String),
    Goal(String),
    /// Opens when the goal `after` is met (at once where there is none).
    Step {
        after: Option<String>,
        title: String,
        body: Vec<Block>,
    },
    /// The newest decision by the rule with this id (`job.create-pods`).
    Why(String),
    Hints,
    Quiz(String),
    /// Two files of the lesson side by side.
    Compare(String, String),
    /// The variant to be done unaided.
    Variant(String),
}

impl Lesson {
    /// # Errors
    /// When the data is no compiled lesson.
    pub fn read(value: &Value) -> Checked<Lesson> {
        let root = Place::Root;
        let part = Part::new(value, &root);
        let texts = |name: &str| part.list(name, |item| item.text().map(str::to_owned));
        Ok(Lesson {
            id: part.need_text("id")?,
            title: part.need_text("title")?,
            number: value["number"].as_u64().unwrap_or(0) as usize,
            part: part.need_text("part")?,
            minutes: value["minutes"].as_i64().unwrap_or(0),
            needs: texts("needs")?,
            teaches: texts("teaches")?,
            fields: texts("fields")?,
            cluster: part.opt("cluster", cluster)?.unwrap_or_default(),
            layout: value["layout"].as_str().and_then(Layout::parse).unwrap_or_default(),
            start: part.list("start", file)?,
            solution: part.list("solution", file)?,
            commands: texts("commands")?,
            body: part.list("body", |item| block(item, 0))?,
            checks: part.opt("checks", Checks::parse)?.unwrap_or_default(),
            next: part.opt_text("next")?,
        })
    }
}

/// # Errors
/// When a field is unknown or has the wrong type.
pub fn cluster(part: Part) -> Checked<ClusterSpec> {
    part.fields(&["nodes", "cpu", "seed", "clock"])?;
    let number = |item: Part| match item.value.as_i64().filter(|number| (0..=1_000).contains(number)) {
        Some(number) => Ok(number),
        None => item.mistake("здесь нужно целое число от 0 до 1000"),
    };
    let default = ClusterSpec::default();
    Ok(ClusterSpec {
        nodes: part.opt("nodes", number)?.unwrap_or(default.nodes),
        cpu: part.opt("cpu", number)?,
        seed: part.opt("seed", number)?.map_or(default.seed, |seed| seed as u64),
        clock: part.opt("clock", number)?.unwrap_or(default.clock),
    })
}

fn file(part: Part) -> Checked<LessonFile> {
    Ok(LessonFile { name: part.need_text("name")?, text: part.need_text("text")? })
}

/// `[kind, ...]`, as short as may be.
fn block(part: Part, depth: usize) -> Checked<Block> {
    let text = |index: usize| part.value.get(index).and_then(Value::as_str).unwrap_or_default().to_owned();
    if depth > STEP_DEPTH_MAX {
        return part.mistake("шаги вложены слишком глубоко");
    }
    Ok(match text(0).as_str() {
        "html" => Block::Html(text(1)),
        "predict" => Block::Predict(text(1)),
        "goal" => Block::Goal(text(1)),
        "step" => {
            let body = part.value.get(3).cloned().unwrap_or_default();
            let place = Place::Item(part.place, 3);
            let after = Some(text(1)).filter(|after| !after.is_empty());
            let body = Part::new(&body, &place).items(|item| block(item, depth + 1))?;
            Block::Step { after, title: text(2), body }
        }
        "why" => Block::Why(text(1)),
        "hints" => Block::Hints,
        "quiz" => Block::Quiz(text(1)),
        "compare" => Block::Compare(text(1), text(2)),
        "variant" => Block::Variant(text(1)),
        other => return part.mistake(format!("неизвестный блок «{other}»")),
    })
}

impl Block {
    /// The compiled form that `Lesson::read` reads.
    pub fn to_value(&self) -> Value {
        use serde_json::json;
        match self {
            Block::Html(html) => json!(["html", html]),
            Block::Predict(id) => json!(["predict", id]),
            Block::Goal(id) => json!(["goal", id]),
            Block::Step { after, title, body } => {
                let body: Vec<Value> = body.iter().map(Block::to_value).collect();
                json!(["step", after.as_deref().unwrap_or_default(), title, body])
            }
            Block::Why(event) => json!(["why", event]),
            Block::Hints => json!(["hints"]),
            Block::Quiz(id) => json!(["quiz", id]),
            Block::Compare(a, b) => json!(["compare", a, b]),
            Block::Variant(id) => json!(["variant", id]),
        }
    }
}

/// The index of the course.
#[derive(Clone, Debug, Default)]
pub struct CourseIndex {
    pub title: String,
    pub kubernetes: String,
    pub parts: Vec<CoursePart>,
    pub glossary: Vec<Term>,
}

#[derive(Clone, Debug)]
pub struct CoursePart {
    pub title: String,
    /// What the part is about: HTML. May be empty.
    pub about: String,
    pub lessons: Vec<LessonCard>,
}

/// A lesson in the list.
#[derive(Clone, Debug)]
pub struct LessonCard {
    pub id: String,
    pub number: usize,
    pub title: String,
    pub minutes: i64,
    pub goals: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Term {
    pub id: String,
    pub term: String,
    pub english: String,
    /// HTML.
    pub definition: String,
}

impl CourseIndex {
    /// # Errors
    /// When the data is no compiled index.
    pub fn read(value: &Value) -> Checked<CourseIndex> {
        let root = Place::Root;
        let part = Part::new(value, &root);
        let card = |card: Part| {
            Ok(LessonCard {
                id: card.need_text("id")?,
                number: card.value["number"].as_u64().unwrap_or(0) as usize,
                title: card.need_text("title")?,
                minutes: card.value["minutes"].as_i64().unwrap_or(0),
                goals: card.list("goals", |goal| goal.text().map(str::to_owned))?,
            })
        };
        let course_part = |item: Part| {
            let about = item.opt_text("about")?.unwrap_or_default();
            Ok(CoursePart { title: item.need_text("title")?, about, lessons: item.list("lessons", card)? })
        };
        let term = |item: Part| {
            Ok(Term {
                id: item.need_text("id")?,
                term: item.need_text("term")?,
                english: item.need_text("english")?,
                definition: item.need_text("definition")?,
            })
        };
        Ok(CourseIndex {
            title: part.need_text("title")?,
            kubernetes: part.need_text("kubernetes")?,
            parts: part.list("parts", course_part)?,
            glossary: part.list("glossary", term)?,
        })
    }

    pub fn lessons(&self) -> impl Iterator<Item = &LessonCard> {
        self.parts.iter().flat_map(|part| &part.lessons)
    }
}
