//! The checks of a lesson as data: goals, wrong tracks, dead ends, hints, predictions, quizzes, variants.
//!
//! The same readers serve the compiler (which turns a mistake into file and line) and the page.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::{Duration, Random, sorted};

use super::condition::Condition;
use super::exam::task;
use super::matcher::Matcher;
use super::measure::Measure;
use super::mistake::{Checked, Part, Place};

/// Steps of help that a lesson offers: a nudge, a direction, the solution.
pub const HINTS: usize = 3;

#[derive(Clone, Debug, Default)]
pub struct Checks {
    pub goals: Vec<Goal>,
    pub anti: Vec<Remark>,
    pub dead_ends: Vec<Remark>,
    pub hints: Vec<String>,
    pub predictions: Vec<Prediction>,
    pub quizzes: Vec<Quiz>,
    pub variants: Vec<Variant>,
}

/// A goal is met when `when` holds at one instant and every part of `eventually` has held at some instant, while
/// `always` has held and `never` has not held from the beginning (or from `after`) until then.
#[derive(Clone, Debug)]
pub struct Goal {
    pub id: String,
    /// HTML.
    pub text: String,
    /// Goals that come first.
    pub needs: Vec<String>,
    pub when: Option<Condition>,
    pub eventually: Vec<Condition>,
    pub always: Option<Condition>,
    pub never: Option<Condition>,
    /// Nothing counts before this has held.
    pub after: Option<Condition>,
    /// Nothing counts any more once this has held.
    pub before: Option<Condition>,
    /// Time from the beginning (the Job's creation, or `after`) within which the goal must be met.
    pub within: Option<Duration>,
    pub missing: Vec<Line>,
}

/// What is still to do, shown when `condition` holds (always, where there is none).
#[derive(Clone, Debug)]
pub struct Line {
    pub condition: Option<Condition>,
    /// HTML with `{path}` places for values of the Job.
    pub say: String,
}

/// An early word on a wrong track, or the notice of a dead end.
#[derive(Clone, Debug)]
pub struct Remark {
    pub id: String,
    pub condition: Condition,
    pub say: String,
}

#[derive(Clone, Debug)]
pub struct Prediction {
    pub id: String,
    pub ask: String,
    /// Lines of a script (see `script`) that the engine runs to learn the answer.
    pub run: Vec<String>,
    pub measure: Measure,
    pub options: Vec<PredictionOption>,
    /// What to say when the answer was right or wrong and the option has no reply of its own.
    pub right: String,
    pub wrong: String,
    /// What the engine measured when the lesson was compiled.
    pub measured: Option<Value>,
    /// The measured value may differ between seeds (the right option may not).
    pub varies: bool,
}

#[derive(Clone, Debug)]
pub struct PredictionOption {
    pub text: String,
    pub is: Matcher,
    pub say: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Quiz {
    pub id: String,
    pub ask: String,
    pub options: Vec<QuizOption>,
}

#[derive(Clone, Debug)]
pub struct QuizOption {
    pub text: String,
    pub right: bool,
    pub say: String,
}

/// The task once more with other numbers, to be done unaided.
#[derive(Clone, Debug)]
pub struct Variant {
    pub id: String,
    pub draw: BTreeMap<String, Vec<Value>>,
    /// A goal in which `$name` and `{name}` stand for drawn values.
    pub goal: Value,
    pub solution: Vec<String>,
    /// What the variant is worth as a task of an exam.
    pub points: i64,
}

impl Checks {
    /// # Errors
    /// The first mistake found, with its place.
    pub fn parse(part: Part) -> Checked<Checks> {
        part.fields(&["goals", "anti", "dead_end", "hints", "predictions", "quizzes", "variants", "tests"])?;
        Ok(Checks {
            goals: part.list("goals", goal)?,
            anti: part.list("anti", remark)?,
            dead_ends: part.list("dead_end", remark)?,
            hints: part.list("hints", |hint| hint.text().map(str::to_owned))?,
            predictions: part.list("predictions", prediction)?,
            quizzes: part.list("quizzes", quiz)?,
            variants: part.list("variants", variant)?,
        })
    }

    pub fn goal(&self, id: &str) -> Option<&Goal> {
        self.goals.iter().find(|goal| goal.id == id)
    }

    pub fn prediction(&self, id: &str) -> Option<&Prediction> {
        self.predictions.iter().find(|prediction| prediction.id == id)
    }

    pub fn quiz(&self, id: &str) -> Option<&Quiz> {
        self.quizzes.iter().find(|quiz| quiz.id == id)
    }
}

impl Prediction {
    /// The option that the engine's measurement proved right; `None` while nothing was measured.
    pub fn right_option(&self) -> Option<usize> {
        let measured = self.measured.as_ref()?;
        self.options.iter().position(|option| option.is.holds_for(measured))
    }

    /// What to say to an answer (HTML), and whether it was right; `None` while nothing was measured.
    pub fn reply(&self, chosen: usize) -> Option<(bool, &str)> {
        let right = self.right_option()? == chosen;
        let own = self.options.get(chosen).and_then(|option| option.say.as_deref());
        Some((right, own.unwrap_or(if right { &self.right } else { &self.wrong })))
    }
}

pub fn goal(part: Part) -> Checked<Goal> {
    part.fields(&[
        "id",
        "text",
        "needs",
        "when",
        "eventually",
        "always",
        "never",
        "after",
        "before",
        "within",
        "missing",
    ])?;
    let goal = Goal {
        id: part.need_text("id")?,
        text: part.need_text("text")?,
        needs: part.opt("needs", |needs| needs.texts())?.unwrap_or_default(),
        when: part.opt("when", Condition::parse)?,
        eventually: part.opt("eventually", several)?.unwrap_or_default(),
        always: part.opt("always", Condition::parse)?,
        never: part.opt("never", Condition::parse)?,
        after: part.opt("after", Condition::parse)?,
        before: part.opt("before", Condition::parse)?,
        within: part.opt("within", span)?,
        missing: part.list("missing", line)?,
    };
    if goal.when.is_none() && goal.eventually.is_empty() {
        return part.mistake("цели нужно when или eventually: иначе она зелёная с самого начала");
    }
    Ok(goal)
}

impl Goal {
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let options = [&self.when, &self.always, &self.never, &self.after, &self.before];
        options.into_iter().flatten().chain(&self.eventually)
    }
}

/// One condition, or a list whose items need not hold at the same instant.
fn several(part: Part) -> Checked<Vec<Condition>> {
    match part.value {
        Value::Array(_) => part.items(Condition::parse),
        _ => Condition::parse(part).map(|condition| vec![condition]),
    }
}

/// `30` or `30s`, `2m`, `1h`.
pub fn span(part: Part) -> Checked<Duration> {
    if let Some(seconds) = part.value.as_i64() {
        return Ok(Duration::from_secs(seconds));
    }
    let text = part.text()?;
    match parse_span(text) {
        Some(span) => Ok(span),
        None => part.mistake(format!("непонятный промежуток «{text}»; пишите 30s, 2m или 1h")),
    }
}

pub fn parse_span(text: &str) -> Option<Duration> {
    let unit = [("s", 1), ("m", 60), ("h", 3_600)];
    let (number, seconds) =
        unit.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let number: i64 = number.parse().ok().filter(|number| (0..=1_000_000).contains(number))?;
    Some(Duration::from_secs(number * seconds))
}

fn line(part: Part) -> Checked<Line> {
    part.fields(&["if", "say"])?;
    Ok(Line { condition: part.opt("if", Condition::parse)?, say: part.need_text("say")? })
}

fn remark(part: Part) -> Checked<Remark> {
    part.fields(&["id", "if", "say"])?;
    let Some(condition) = part.opt("if", Condition::parse)? else {
        return part.mistake("нет поля «if»");
    };
    Ok(Remark { id: part.need_text("id")?, condition, say: part.need_text("say")? })
}

fn prediction(part: Part) -> Checked<Prediction> {
    part.fields(&["id", "ask", "run", "measure", "options", "right", "wrong", "measured", "varies"])?;
    let Some(measure) = part.opt("measure", Measure::parse)? else {
        return part.mistake("нет поля «measure»");
    };
    let options = part.list("options", |option| {
        option.fields(&["text", "is", "say"])?;
        let Some(is) = option.opt("is", Matcher::parse)? else {
            return option.mistake("нет поля «is»");
        };
        Ok(PredictionOption { text: option.need_text("text")?, is, say: option.opt_text("say")? })
    })?;
    if options.len() < 2 {
        return part.mistake("предсказанию нужно хотя бы два варианта ответа");
    }
    Ok(Prediction {
        id: part.need_text("id")?,
        ask: part.need_text("ask")?,
        run: script_lines(part, "run")?,
        measure,
        options,
        right: part.need_text("right")?,
        wrong: part.need_text("wrong")?,
        measured: part.value.get("measured").cloned(),
        varies: part.opt_bool("varies")?.unwrap_or(false),
    })
}

fn script_lines(part: Part, name: &str) -> Checked<Vec<String>> {
    match part.opt(name, |lines| lines.texts())? {
        Some(lines) => Ok(lines.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()),
        None => part.mistake(format!("нет поля «{name}»")),
    }
}

fn quiz(part: Part) -> Checked<Quiz> {
    part.fields(&["id", "ask", "options"])?;
    let options = part.list("options", |option| {
        option.fields(&["text", "right", "say"])?;
        let right = option.opt_bool("right")?.unwrap_or(false);
        Ok(QuizOption { text: option.need_text("text")?, right, say: option.need_text("say")? })
    })?;
    let right = options.iter().filter(|option| option.right).count();
    if options.len() < 2 || right == 0 || right == options.len() {
        return part.mistake("вопросу нужны и верные (right: true), и неверные варианты");
    }
    Ok(Quiz { id: part.need_text("id")?, ask: part.need_text("ask")?, options })
}

fn variant(part: Part) -> Checked<Variant> {
    part.fields(&["id", "draw", "goal", "solution", "points"])?;
    let task = task(part)?;
    let draw = part.opt("draw", |draw| {
        let one = |(name, values): (&String, &Value)| {
            let place = Place::Field(draw.place, name);
            if name.len() < 2 || ["true", "false"].contains(&name.as_str()) {
                return place.mistake("имя должно быть длиннее одной буквы: в YAML n — это false");
            }
            let values = Part::new(values, &place).items(|item| Ok(item.value.clone()))?;
            if values.is_empty() {
                place.mistake("список пуст")
            } else {
                Ok((name.clone(), values))
            }
        };
        let mut drawn = BTreeMap::new();
        for pair in draw.map()?.iter().map(one) {
            let (name, values) = pair?;
            drawn.insert(name, values);
        }
        Ok(drawn)
    })?;
    let goal_place = Place::Field(part.place, "goal");
    let Some(template) = part.value.get("goal") else { return part.mistake("нет поля «goal»") };
    let variant = Variant {
        id: task.id,
        draw: draw.unwrap_or_default(),
        goal: template.clone(),
        solution: script_lines(part, "solution")?,
        points: task.points,
    };
    let (filled, _) = variant.filled(0);
    goal(Part::new(&filled, &goal_place))?;
    Ok(variant)
}

/// A variant with its numbers drawn.
#[derive(Clone, Debug)]
pub struct DrawnVariant {
    pub goal: Goal,
    pub solution: Vec<String>,
}

impl Variant {
    /// The same seed draws the same numbers.
    ///
    /// # Errors
    /// When the goal is not well-formed with the drawn values.
    pub fn drawn(&self, seed: u64) -> Checked<DrawnVariant> {
        let (filled, solution) = self.filled(seed);
        Ok(DrawnVariant { goal: goal(Part::new(&filled, &Place::Root))?, solution })
    }

    /// The goal as data and the solution, with drawn values in them.
    pub fn filled(&self, seed: u64) -> (Value, Vec<String>) {
        let mut random = Random::new(seed);
        let mut pick = |values: &Vec<Value>| values[random.below(values.len() as u64) as usize].clone();
        let mut drawn: Vec<(&str, Value)> =
            self.draw.iter().map(|(name, values)| (name.as_str(), pick(values))).collect();
        // A longer name may begin with a shorter one.
        sorted::sort_by_key(&mut drawn, |(name, _)| std::cmp::Reverse(name.len()));
        let mut goal = self.goal.clone();
        substitute(&mut goal, &drawn);
        (goal, self.solution.iter().map(|line| replaced(line, &drawn)).collect())
    }
}

/// A text that is `$name` alone becomes the value itself, so that numbers stay numbers.
fn substitute(value: &mut Value, drawn: &[(&str, Value)]) {
    match value {
        Value::String(text) => {
            let whole = drawn.iter().find(|(name, _)| text.strip_prefix('$') == Some(*name));
            *value = whole.map_or_else(|| Value::String(replaced(text, drawn)), |(_, value)| value.clone());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, drawn)),
        Value::Object(map) => map.values_mut().for_each(|item| substitute(item, drawn)),
        _ => {}
    }
}

fn replaced(text: &str, drawn: &[(&str, Value)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in drawn {
        let value = super::matcher::text_of(value);
        text = text.replace(&format!("${name}"), &value).replace(&format!("{{{name}}}"), &value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variants_draw_the_same_numbers_from_the_same_seed() {
        let data = json!({
            "id": "v",
            "draw": {"count": [3, 4, 6], "name": ["alpha"]},
            "goal": {"id": "v", "text": "Нужно {count}", "when": {"job": {"spec.completions": "$count"}}},
            "solution": ["kubectl create job {name}", "sed s/5/$count/"],
        });
        let variant = variant(Part::new(&data, &Place::Root)).expect("valid");
        let first = variant.drawn(7).expect("valid");
        assert_eq!(first.goal.text, variant.drawn(7).expect("valid").goal.text);
        let texts: std::collections::BTreeSet<String> =
            (0..20).map(|seed| variant.drawn(seed).expect("valid").goal.text).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert_eq!(first.solution[0], "kubectl create job alpha");
    }

    #[test]
    fn a_goal_that_nobody_must_reach_is_refused() {
        let data = json!({"goals": [{"id": "a", "text": "б", "never": {"job": {}}}]});
        let mistake = Checks::parse(Part::new(&data, &Place::Root)).expect_err("no positive part");
        assert_eq!(mistake.at, "/goals/0");
    }

    #[test]
    fn spans_have_units() {
        assert_eq!(parse_span("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse_span("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse_span("2"), None);
        assert_eq!(parse_span("-2m"), None);
    }
}
