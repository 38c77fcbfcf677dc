//! What the page shows of a lesson: its text, files, questions and hints. Plain data: how goals are judged is not here.

use serde_json::Value;

use super::exam::{self, Exam, Task};
use super::index::LessonCard;
use super::matcher::Matcher;
use super::mistake::{Checked, Part, Place};

/// Steps within steps are refused beyond this depth.
const STEP_DEPTH_MAX: usize = 4;

#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub id: String,
    pub title: String,
    /// Position in the course, from 1.
    pub number: usize,
    pub part: String,
    pub minutes: i64,
    /// What the learner can do afterwards: HTML.
    pub teaches: Vec<String>,
    /// Lessons to do before; their titles are links: HTML.
    pub needs: Vec<LessonCard>,
    /// The fields of manifests that the lesson introduces: HTML, each a command that explains it.
    pub fields: String,
    /// What stands beside the text: `full`, `terminal`, `text`.
    pub layout: String,
    pub cluster: ClusterSpec,
    pub start: Vec<LessonFile>,
    pub solution: Vec<LessonFile>,
    pub body: Vec<Block>,
    /// Id and text (HTML) of each goal.
    pub goals: Vec<(String, String)>,
    pub predictions: Vec<Question>,
    pub quizzes: Vec<Question>,
    pub hints: Vec<String>,
    /// Set where the lesson is an exam: its tasks are the variants.
    pub exam: Option<Exam>,
    /// Every variant, in the order of checks.yaml.
    pub tasks: Vec<Task>,
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

/// A prediction or a quiz.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    pub id: String,
    /// HTML.
    pub ask: String,
    pub options: Vec<Choice>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// HTML.
    pub text: String,
    pub right: bool,
    /// HTML: what is said after it was chosen.
    pub reply: String,
}

impl Sheet {
    /// # Errors
    /// When the data is no compiled lesson.
    pub fn read(value: &Value) -> Checked<Sheet> {
        let root = Place::Root;
        let part = Part::new(value, &root);
        let checks = Part::new(&value["checks"], &root);
        let text = |item: Part| item.text().map(str::to_owned);
        Ok(Sheet {
            id: part.need_text("id")?,
            title: part.need_text("title")?,
            number: value["number"].as_u64().unwrap_or(0) as usize,
            part: part.need_text("part")?,
            minutes: value["minutes"].as_i64().unwrap_or(0),
            teaches: part.list("teaches", text)?,
            needs: part.list("needs", LessonCard::read)?,
            fields: part.opt_text("fields")?.unwrap_or_default(),
            layout: part.opt_text("layout")?.unwrap_or_default(),
            cluster: part.opt("cluster", cluster)?.unwrap_or_default(),
            start: part.list("start", file)?,
            solution: part.list("solution", file)?,
            body: part.list("body", |item| block(item, 0))?,
            goals: checks.list("goals", |goal| Ok((goal.need_text("id")?, goal.need_text("text")?)))?,
            predictions: checks.list("predictions", prediction)?,
            quizzes: checks.list("quizzes", quiz)?,
            hints: checks.list("hints", text)?,
            exam: part.opt("exam", exam::exam)?,
            tasks: checks.list("variants", exam::task)?,
            next: part.opt_text("next")?,
        })
    }

    /// A file as `::compare` names it: `job.yaml`, or `solution/job.yaml` where start/ has one of the same name.
    pub fn file(&self, name: &str) -> Option<&LessonFile> {
        file_named(&self.start, &self.solution, name)
    }

    pub fn prediction(&self, id: &str) -> Option<&Question> {
        self.predictions.iter().find(|question| question.id == id)
    }

    pub fn quiz(&self, id: &str) -> Option<&Question> {
        self.quizzes.iter().find(|question| question.id == id)
    }
}

/// See `Sheet::file`.
pub(super) fn file_named<'a>(
    start: &'a [LessonFile],
    solution: &'a [LessonFile],
    name: &str,
) -> Option<&'a LessonFile> {
    let of = |files: &'a [LessonFile], name: &str| files.iter().find(|file| file.name == name);
    match name.strip_prefix("solution/") {
        Some(name) => of(solution, name),
        None => of(start, name).or_else(|| of(solution, name)),
    }
}

/// Right is what the engine measured when the lesson was compiled.
fn prediction(part: Part) -> Checked<Question> {
    let measured = part.value.get("measured").cloned().unwrap_or_default();
    let (right, wrong) = (part.need_text("right")?, part.need_text("wrong")?);
    let options = part.list("options", |option| {
        let is_right = option.opt("is", Matcher::parse)?.is_some_and(|is| is.holds_for(&measured));
        let common = if is_right { &right } else { &wrong };
        let reply = option.opt_text("say")?.unwrap_or_else(|| common.clone());
        Ok(Choice { text: option.need_text("text")?, right: is_right, reply })
    })?;
    Ok(Question { id: part.need_text("id")?, ask: part.need_text("ask")?, options })
}

fn quiz(part: Part) -> Checked<Question> {
    let options = part.list("options", |option| {
        let right = option.opt_bool("right")?.unwrap_or(false);
        Ok(Choice { text: option.need_text("text")?, right, reply: option.need_text("say")? })
    })?;
    Ok(Question { id: part.need_text("id")?, ask: part.need_text("ask")?, options })
}

/// What the page shows of a lesson's cluster; how it begins (`start`, `faults`) is read by `Lesson`.
///
/// # Errors
/// When a field is unknown or has the wrong type.
pub fn cluster(part: Part) -> Checked<ClusterSpec> {
    part.fields(&["nodes", "cpu", "seed", "clock", "start", "faults"])?;
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

pub(super) fn file(part: Part) -> Checked<LessonFile> {
    Ok(LessonFile { name: part.need_text("name")?, text: part.need_text("text")? })
}

/// `[kind, ...]`, as short as may be.
pub(super) fn block(part: Part, depth: usize) -> Checked<Block> {
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
    /// The compiled form that `Sheet::read` and `Lesson::read` read.
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
