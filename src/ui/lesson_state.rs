//! A lesson that is open: its goals over the running session, its remarks, its answers.

use std::rc::Rc;

use leptos::prelude::*;

use super::desk::set_if_changed;
use super::live::follow;
use super::names::key_log;
use super::progress::ProgressStore;
use super::work::Work;
use crate::course::sheet::Sheet;
use crate::protocol::views::GoalRow;
use crate::protocol::{LessonOpening, Origin};
use crate::web::browser;

#[derive(Clone, Copy)]
pub struct LessonState {
    pub work: Work,
    pub progress: ProgressStore,
    sheet: StoredValue<Rc<Sheet>, LocalStorage>,
    /// The compiled lesson, for its judge.
    text: StoredValue<Rc<str>, LocalStorage>,
    pub goals: RwSignal<Vec<GoalRow>>,
    pub done: Memo<bool>,
    /// Draws the numbers of variants.
    seed: u64,
}

impl LessonState {
    /// Opens a lesson: a fresh session with its files, goals as far as they were met before.
    pub fn open(sheet: Sheet, text: String, work: Work, progress: ProgressStore) -> LessonState {
        let saved = progress.lesson_untracked(&sheet.id);
        progress.opened(&sheet.id);
        let rows = sheet.goals.iter().map(|(id, text)| GoalRow {
            id: id.clone(),
            text: text.clone(),
            met: saved.goals.contains(id),
            missing: None,
        });
        let goals = RwSignal::new(rows.collect::<Vec<GoalRow>>());
        let state = LessonState {
            work,
            progress,
            sheet: StoredValue::new_local(Rc::new(sheet)),
            text: StoredValue::new_local(text.into()),
            goals,
            done: Memo::new(move |_| goals.with(|goals| goals.iter().all(|goal| goal.met))),
            seed: browser::fresh_seed(),
        };
        state.begin();
        follow(move || {
            let met =
                work.desk.variants.get().into_iter().filter(|variant| variant.met).map(|variant| variant.id);
            let (met, id) = (met.collect::<Vec<_>>(), &state.lesson().id);
            if met.iter().any(|variant| !progress.lesson_untracked(id).variants.contains(variant)) {
                progress.change(id, |saved| saved.variants.extend(met));
            }
        });
        follow(move || {
            let told = work.desk.goals.get();
            // Nothing is told before the cluster is there.
            if !told.is_empty() {
                state.take_goals(told);
            }
        });
        state
    }

    fn take_goals(&self, goals: Vec<GoalRow>) {
        let met: Vec<String> = goals.iter().filter(|goal| goal.met).map(|goal| goal.id.clone()).collect();
        let id = self.lesson().id.clone();
        if met.iter().any(|goal| !self.progress.lesson_untracked(&id).goals.contains(goal)) {
            self.progress.change(&id, |saved| saved.goals.extend(met));
        }
        set_if_changed(self.goals, goals);
    }

    pub fn lesson(&self) -> Rc<Sheet> {
        self.sheet.get_value()
    }

    /// Starts the lesson's cluster anew; met goals stay met.
    pub fn restart(&self) {
        self.work.desk.forget();
        self.begin();
    }

    fn begin(&self) {
        let (desk, lesson) = (self.work.desk, self.lesson());
        let goals = self.goals.get_untracked().into_iter().filter(|goal| goal.met).map(|goal| goal.id);
        let met = goals.chain(self.progress.lesson_untracked(&lesson.id).variants).collect();
        let opening = LessonOpening { text: self.text.get_value().to_string(), met, seed: self.seed };
        let clock = lesson.cluster.clock;
        desk.paused.set(clock == 0);
        desk.speed.set(100 * clock.max(1) as u64);
        desk.when_ready(move || {
            desk.open_or_restore(origin_of(&lesson), &key_log(&lesson.id), Some(opening));
        });
    }

    pub fn is_met(&self, goal: &str) -> bool {
        self.goals.with(|goals| goals.iter().any(|row| row.id == goal && row.met))
    }

    /// The first answer to a prediction counts: it cannot be unsaid once the reply is known.
    pub fn answer(&self, prediction: &str) -> Option<usize> {
        self.progress.lesson(&self.lesson().id).predictions.get(prediction).copied()
    }

    pub fn set_answer(&self, prediction: &str, option: usize) {
        self.progress.change(&self.lesson().id, |saved| {
            saved.predictions.insert(prediction.to_owned(), option);
        });
    }

    pub fn quiz_answer(&self, quiz: &str) -> Option<usize> {
        self.progress.lesson(&self.lesson().id).quizzes.get(quiz).copied()
    }

    /// A quiz may be answered again.
    pub fn set_quiz_answer(&self, quiz: &str, option: usize) {
        self.progress.change(&self.lesson().id, |saved| {
            saved.quizzes.insert(quiz.to_owned(), option);
        });
    }

    /// The variant, once the cluster has drawn its numbers.
    pub fn variant(&self, id: &str) -> Option<GoalRow> {
        self.work.desk.variants.with(|rows| rows.iter().find(|row| row.id == id).cloned())
    }

    pub fn is_known(&self) -> bool {
        self.progress.lesson(&self.lesson().id).known
    }
}

fn origin_of(lesson: &Sheet) -> Origin {
    Origin {
        lesson: lesson.id.clone(),
        files: lesson.start.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        nodes: lesson.cluster.nodes.max(1) as usize,
        cpus: lesson.cluster.cpu.map(|cores| cores as u32),
    }
}
