//! What the learner has reached. Kept by ids, so that it survives reload, re-ordering and renaming; it only grows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

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
}

/// Why a text is no progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProgressError {
    #[error("файл слишком велик для прогресса")]
    TooLong,
    #[error("это не файл прогресса Задачника")]
    NotProgress,
    #[error("файл записан другой версией Задачника ({0}), здесь читается версия {FORMAT}")]
    OtherFormat(u64),
}

impl Progress {
    pub fn lesson(&self, id: &str) -> LessonProgress {
        self.lessons.get(id).cloned().unwrap_or_default()
    }

    pub fn lesson_mut(&mut self, id: &str) -> &mut LessonProgress {
        self.lessons.entry(id.to_owned()).or_default()
    }

    /// Begins the lesson anew.
    pub fn forget(&mut self, id: &str) {
        self.lessons.remove(id);
    }

    pub fn is_done(&self, card: &LessonCard) -> bool {
        self.lessons.get(&card.id).is_some_and(|lesson| {
            lesson.known
                || (!card.goals.is_empty() && card.goals.iter().all(|goal| lesson.goals.contains(goal)))
        })
    }

    pub fn is_begun(&self, card: &LessonCard) -> bool {
        self.lessons.get(&card.id).is_some_and(|lesson| *lesson != LessonProgress::default())
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
        }
    }

    pub fn to_text(&self) -> String {
        let lessons: Map<String, Value> =
            self.lessons.iter().map(|(id, lesson)| (id.clone(), lesson_value(lesson))).collect();
        json!({"format": FORMAT, "lessons": lessons}).to_string()
    }

    /// Unknown fields are ignored, so that a newer page's file still reads.
    ///
    /// # Errors
    /// When the text is no progress of this version.
    pub fn from_text(text: &str) -> Result<Progress, ProgressError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(ProgressError::TooLong);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| ProgressError::NotProgress)?;
        match value["format"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => return Err(ProgressError::OtherFormat(other)),
            None => return Err(ProgressError::NotProgress),
        }
        let lessons = value["lessons"].as_object().ok_or(ProgressError::NotProgress)?;
        Ok(Progress { lessons: lessons.iter().map(|(id, value)| (id.clone(), read_lesson(value))).collect() })
    }
}

fn lesson_value(lesson: &LessonProgress) -> Value {
    json!({
        "goals": lesson.goals, "variants": lesson.variants, "predictions": lesson.predictions,
        "quizzes": lesson.quizzes, "hints": lesson.hints, "known": lesson.known,
    })
}

fn read_lesson(value: &Value) -> LessonProgress {
    let ids = |name: &str| -> BTreeSet<String> {
        let items = value[name].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let answers = |name: &str| -> BTreeMap<String, usize> {
        let items = value[name].as_object().into_iter().flatten();
        items.filter_map(|(id, option)| Some((id.clone(), option.as_u64()? as usize))).collect()
    };
    LessonProgress {
        goals: ids("goals"),
        variants: ids("variants"),
        predictions: answers("predictions"),
        quizzes: answers("quizzes"),
        hints: value["hints"].as_u64().unwrap_or(0) as usize,
        known: value["known"].as_bool().unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(id: &str, goals: &[&str]) -> LessonCard {
        let goals = goals.iter().map(|goal| (*goal).to_owned()).collect();
        LessonCard { id: id.to_owned(), number: 1, title: String::new(), minutes: 5, goals }
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
        assert_eq!(Progress::from_text(&sample().to_text()), Ok(sample()));
        assert_eq!(Progress::from_text("[]"), Err(ProgressError::NotProgress));
        assert_eq!(Progress::from_text("{\"format\":9}"), Err(ProgressError::OtherFormat(9)));
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
