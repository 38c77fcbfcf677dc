//! The course's index: parts, lessons, glossary.

use serde_json::Value;

use super::mistake::{Checked, Part, Place};

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
    /// Percent of the points that pass the lesson's exam, where it is one.
    pub pass: Option<i64>,
}

impl LessonCard {
    /// # Errors
    /// When the data is no card.
    pub fn read(card: Part) -> Checked<LessonCard> {
        Ok(LessonCard {
            id: card.need_text("id")?,
            number: card.value["number"].as_u64().unwrap_or(0) as usize,
            title: card.need_text("title")?,
            minutes: card.value["minutes"].as_i64().unwrap_or(0),
            goals: card.list("goals", |goal| goal.text().map(str::to_owned))?,
            pass: card.value["pass"].as_i64(),
        })
    }
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
        let course_part = |item: Part| {
            let about = item.opt_text("about")?.unwrap_or_default();
            Ok(CoursePart {
                title: item.need_text("title")?,
                about,
                lessons: item.list("lessons", LessonCard::read)?,
            })
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
