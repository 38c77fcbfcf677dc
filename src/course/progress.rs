//! What the learner has reached. Kept by ids, so that it survives reload, re-ordering and renaming; it only grows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::index::{CourseIndex, LessonCard};

/// Version of the form; a reader refuses others.
const FORMAT: u64 = 1;
/// Longest text that is read: a hostile file must not fill the memory.
const TEXT_MAX_BYTES: usize = 1 << 20;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    lessons: BTreeMap<String, LessonProgress>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LessonProgress {
    /// Ids of green goals.
    pub goals: BTreeSet<String>,
    /// Ids of variants that were done.
    pub variants: BTreeSet<String>,
    /// First answers to predictions: number of the option, from 0.
    pub predictions: BTreeMap<String, usize>,
    /// Last answers to quizzes: number of the option, from 0.
    pub quizzes: BTreeMap<String, usize>,
    /// How many hints were opened.
    pub hints: usize,
    /// «Я это знаю»: no scaffolding, the lesson counts as done.
    pub known: bool,
    /// The best result, where the lesson is an exam.
    pub exam: Option<ExamResult>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExamResult {
    /// Percent of the points.
    pub percent: i64,
    /// Seconds of the learner's own time until the last counted task.
    pub seconds: i64,
}

impl LessonProgress {
    /// Keeps the better of two results: more points, then less time.
    pub fn note_exam(&mut self, result: ExamResult) {
        let rank = |result: ExamResult| (result.percent, -result.seconds);
        if self.exam.is_none_or(|best| rank(result) > rank(best)) {
            self.exam = Some(result);
        }
    }
}

/// Why a text is no progress.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProgressError {
    #[error("файл слишком велик для прогресса")]
    TooLong,
    #[error("это не файл прогресса Задачника")]
    NotProgress,
    #[error("файл записан другой версией Задачника ({0}), здесь читается версия {FORMAT}")]
    OtherFormat(u64),
    #[error("файл прогресса повреждён: запись урока «{0}» не читается")]
    Damaged(String),
}

impl Progress {
    pub fn lesson(&self, id: &str) -> LessonProgress {
        self.lessons.get(id).cloned().unwrap_or_default()
    }

    pub fn lesson_mut(&mut self, id: &str) -> &mut LessonProgress {
        self.lessons.entry(id.to_owned()).or_default()
    }

    pub fn is_done(&self, card: &LessonCard) -> bool {
        self.lessons.get(&card.id).is_some_and(|lesson| {
            let all_met = card.goals.iter().all(|goal| lesson.goals.contains(goal));
            let asks = !card.goals.is_empty() || card.pass.is_some();
            let passed = |pass: i64| lesson.exam.is_some_and(|result| result.percent >= pass);
            lesson.known || (asks && all_met && card.pass.is_none_or(passed))
        })
    }

    /// The first lesson that is not done.
    pub fn next<'a>(&self, index: &'a CourseIndex) -> Option<&'a LessonCard> {
        index.lessons().find(|card| !self.is_done(card))
    }

    /// Takes over what another progress has reached; nothing is lost.
    pub fn merge(&mut self, other: &Progress) {
        for (id, lesson) in &other.lessons {
            let own = self.lesson_mut(id);
            own.goals.extend(lesson.goals.iter().cloned());
            own.variants.extend(lesson.variants.iter().cloned());
            for (from, to) in
                [(&lesson.predictions, &mut own.predictions), (&lesson.quizzes, &mut own.quizzes)]
            {
                for (id, option) in from {
                    to.entry(id.clone()).or_insert(*option);
                }
            }
            own.hints = own.hints.max(lesson.hints);
            own.known |= lesson.known;
            lesson.exam.into_iter().for_each(|result| own.note_exam(result));
        }
    }

    pub fn to_value(&self) -> Value {
        let mut lessons = Map::new();
        for (id, lesson) in &self.lessons {
            lessons.insert(id.clone(), lesson_value(lesson));
        }
        let mut map = Map::new();
        map.insert("format".to_owned(), Value::from(FORMAT));
        map.insert("lessons".to_owned(), Value::Object(lessons));
        Value::Object(map)
    }

    /// Lessons that this page does not know and fields of a newer page are no mistakes. What does not read is refused as
    /// a whole: half a progress taken for all of it would be worse.
    ///
    /// # Errors
    /// When the text is no progress of this version, or a part of it is damaged.
    pub fn from_text(
        text: &str,
        parse_json: impl FnOnce(&str) -> Option<Value>,
    ) -> Result<Progress, ProgressError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(ProgressError::TooLong);
        }
        let value = parse_json(text).ok_or(ProgressError::NotProgress)?;
        match value["format"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => return Err(ProgressError::OtherFormat(other)),
            None => return Err(ProgressError::NotProgress),
        }
        let lessons = value["lessons"].as_object().ok_or(ProgressError::NotProgress)?;
        let mut progress = Progress::default();
        for (id, value) in lessons {
            let lesson = read_lesson(value).ok_or_else(|| ProgressError::Damaged(id.clone()))?;
            progress.lessons.insert(id.clone(), lesson);
        }
        Ok(progress)
    }
}

// Built by hand: what `json!` does with sets and maps is kilobytes of code for the page.
fn lesson_value(lesson: &LessonProgress) -> Value {
    let ids = |ids: &BTreeSet<String>| Value::Array(ids.iter().cloned().map(Value::String).collect());
    let answers = |answers: &BTreeMap<String, usize>| {
        let mut map = Map::new();
        for (id, option) in answers {
            map.insert(id.clone(), Value::from(*option));
        }
        Value::Object(map)
    };
    let mut map = Map::new();
    for (name, value) in [
        ("goals", ids(&lesson.goals)),
        ("variants", ids(&lesson.variants)),
        ("predictions", answers(&lesson.predictions)),
        ("quizzes", answers(&lesson.quizzes)),
        ("hints", Value::from(lesson.hints)),
        ("known", Value::Bool(lesson.known)),
    ] {
        map.insert(name.to_owned(), value);
    }
    if let Some(result) = lesson.exam {
        let pair = vec![Value::from(result.percent), Value::from(result.seconds)];
        map.insert("exam".to_owned(), Value::Array(pair));
    }
    Value::Object(map)
}

/// A missing field is empty; a field of the wrong type is damage.
fn read_lesson(value: &Value) -> Option<LessonProgress> {
    let map = value.as_object()?;
    let ids = |name: &str| -> Option<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        if let Some(items) = map.get(name) {
            for item in items.as_array()? {
                ids.insert(item.as_str()?.to_owned());
            }
        }
        Some(ids)
    };
    let answers = |name: &str| -> Option<BTreeMap<String, usize>> {
        let mut answers = BTreeMap::new();
        if let Some(items) = map.get(name) {
            for (id, option) in items.as_object()? {
                answers.insert(id.clone(), number(option)?);
            }
        }
        Some(answers)
    };
    let exam = match map.get("exam") {
        None => None,
        Some(result) => Some(ExamResult {
            percent: result.get(0)?.as_i64().filter(|percent| (0..=100).contains(percent))?,
            seconds: result.get(1)?.as_i64().filter(|seconds| *seconds >= 0)?,
        }),
    };
    Some(LessonProgress {
        goals: ids("goals")?,
        variants: ids("variants")?,
        predictions: answers("predictions")?,
        quizzes: answers("quizzes")?,
        hints: map.get("hints").map_or(Some(0), number)?,
        known: map.get("known").map_or(Some(false), Value::as_bool)?,
        exam,
    })
}

/// A small number: the page is compiled for 32 bits, a file may have been written elsewhere.
fn number(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).map(|number| number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(id: &str, goals: &[&str]) -> LessonCard {
        let goals = goals.iter().map(|goal| (*goal).to_owned()).collect();
        LessonCard { id: id.to_owned(), number: 1, title: String::new(), minutes: 5, goals, pass: None }
    }

    fn read(text: &str) -> Result<Progress, ProgressError> {
        Progress::from_text(text, |text| serde_json::from_str(text).ok())
    }

    fn text_of(progress: &Progress) -> String {
        progress.to_value().to_string()
    }

    fn sample() -> Progress {
        let mut progress = Progress::default();
        let lesson = progress.lesson_mut("first-job");
        lesson.goals.extend(["applied".to_owned(), "complete".to_owned()]);
        lesson.predictions.insert("pods-left".to_owned(), 2);
        lesson.hints = 1;
        progress
    }

    #[test]
    fn progress_survives_its_text() {
        assert_eq!(read(&text_of(&sample())), Ok(sample()));
        assert_eq!(read("[]"), Err(ProgressError::NotProgress));
        assert_eq!(read("{\"format\":9}"), Err(ProgressError::OtherFormat(9)));
    }

    #[test]
    fn what_is_no_progress_is_refused_as_a_whole() {
        let check = |text: &str, expected: ProgressError| {
            assert_eq!(read(text), Err(expected), "{text}");
        };
        let text = text_of(&sample());
        check("", ProgressError::NotProgress);
        check("<!doctype html>", ProgressError::NotProgress);
        check(&text[..text.len() / 2], ProgressError::NotProgress);
        check("{\"format\":1,\"lesson\":\"x\",\"until\":5,\"log\":\"\"}", ProgressError::NotProgress);
        check(&" ".repeat(TEXT_MAX_BYTES + 1), ProgressError::TooLong);
        let damaged = || ProgressError::Damaged("first-job".to_owned());
        check("{\"format\":1,\"lessons\":{\"first-job\":5}}", damaged());
        check(&text.replace("\"hints\":1", "\"hints\":\"one\""), damaged());
        check(&text.replace("\"hints\":1", "\"hints\":4294967296"), damaged());
        check(&text.replace("[\"applied\"", "[7,\"applied\""), damaged());
        check(&text.replace("\"known\":false", "\"exam\":[101,5]"), damaged());
        let newer = text.replace("\"hints\":1", "\"hints\":1,\"stars\":3");
        assert_eq!(read(&newer), Ok(sample()), "fields of a newer page are ignored");
        assert_eq!(read("{\"format\":1,\"lessons\":{}}"), Ok(Progress::default()));
    }

    /// Lessons that were renamed, moved to another number or taken out keep what was reached, by their ids.
    #[test]
    fn progress_is_kept_by_ids() {
        let kept = read(&text_of(&sample())).expect("our own text");
        let moved =
            LessonCard {
                number: 17, title: "Новое имя".to_owned(), ..card("first-job", &["complete"])
            };
        assert!(kept.is_done(&moved));
        assert_eq!(kept.lesson("first-job").predictions["pods-left"], 2);
    }

    #[test]
    fn an_exam_is_done_when_it_is_passed_and_the_best_result_stays() {
        let exam = LessonCard { pass: Some(66), ..card("exam", &[]) };
        let mut progress = Progress::default();
        let mut sit = |percent: i64, seconds: i64| {
            progress.lesson_mut("exam").note_exam(ExamResult { percent, seconds });
            let read = read(&text_of(&progress)).expect("our own text");
            (read.is_done(&exam), read.lesson("exam").exam)
        };
        assert_eq!(sit(60, 500), (false, Some(ExamResult { percent: 60, seconds: 500 })));
        assert_eq!(sit(80, 900), (true, Some(ExamResult { percent: 80, seconds: 900 })));
        assert_eq!(sit(80, 700), (true, Some(ExamResult { percent: 80, seconds: 700 })));
        assert_eq!(sit(70, 100), (true, Some(ExamResult { percent: 80, seconds: 700 })));
    }

    #[test]
    fn a_lesson_is_done_by_its_goals_or_by_knowing() {
        let mut progress = sample();
        assert!(progress.is_done(&card("first-job", &["applied", "complete"])));
        assert!(!progress.is_done(&card("first-job", &["applied", "new-goal"])));
        assert!(!progress.is_done(&card("other", &["a"])));
        progress.lesson_mut("other").known = true;
        assert!(progress.is_done(&card("other", &["a"])));
    }

    #[test]
    fn merging_loses_nothing_and_keeps_first_answers() {
        let mut own = sample();
        let mut other = Progress::default();
        other.lesson_mut("first-job").predictions.insert("pods-left".to_owned(), 0);
        other.lesson_mut("first-job").goals.insert("digits".to_owned());
        own.merge(&other);
        let lesson = own.lesson("first-job");
        assert_eq!(lesson.goals.len(), 3);
        assert_eq!(lesson.predictions["pods-left"], 2);
        assert_eq!(lesson.hints, 1);
    }
}
