//! Exams: a lesson whose variants are timed tasks. Which tasks, and with which numbers, the seed draws; the report says
//! what was reached in time.

use std::collections::BTreeMap;

use super::mistake::{Checked, Part, Place};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exam {
    /// Time for all tasks together, in minutes of the learner's own time.
    pub minutes: i64,
    /// Percent of the points that pass.
    pub pass: i64,
    /// How many of the variants are drawn; all of them where it is absent.
    pub tasks: Option<usize>,
}

/// A variant as a task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Id of the variant.
    pub id: String,
    /// What the task is worth.
    pub points: i64,
}

/// What came of an exam.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Each task with the seconds until it was met; `None` where it was not, or too late.
    pub tasks: Vec<(Task, Option<i64>)>,
    pub points: i64,
    pub points_max: i64,
    /// Rounded down: 65.9 does not pass where 66 is asked for.
    pub percent: i64,
    pub passed: bool,
    /// Seconds until the last counted task was met.
    pub seconds: i64,
}

/// `{minutes: 30, pass: 66, tasks: 5}`.
///
/// # Errors
/// When a field is unknown or out of its range.
pub fn exam(part: Part) -> Checked<Exam> {
    part.fields(&["minutes", "pass", "tasks"])?;
    let number = |name: &'static str, most: i64| part.opt(name, |item| within(item, most));
    let need = |name: &'static str, most: i64| match number(name, most)? {
        Some(number) => Ok(number),
        None => Place::Field(part.place, name).mistake(format!("нет поля «{name}»")),
    };
    Ok(Exam {
        minutes: need("minutes", 240)?,
        pass: need("pass", 100)?,
        tasks: number("tasks", 100)?.map(|tasks| tasks as usize),
    })
}

/// The id and the points of a variant.
///
/// # Errors
/// When there is no id, or the points are out of their range.
pub fn task(part: Part) -> Checked<Task> {
    let points = part.opt("points", |item| within(item, 100))?;
    Ok(Task { id: part.need_text("id")?, points: points.unwrap_or(1) })
}

fn within(item: Part, most: i64) -> Checked<i64> {
    match item.value.as_i64().filter(|number| (1..=most).contains(number)) {
        Some(number) => Ok(number),
        None => item.mistake(format!("здесь нужно целое число от 1 до {most}")),
    }
}

/// `tasks`: those that were drawn. `met`: seconds from the exam's beginning until each task was met, by id.
pub fn report(exam: Exam, tasks: &[Task], met: &BTreeMap<String, i64>) -> Report {
    let in_time = |task: &Task| met.get(&task.id).copied().filter(|seconds| *seconds <= exam.minutes * 60);
    let tasks: Vec<(Task, Option<i64>)> = tasks.iter().map(|task| (task.clone(), in_time(task))).collect();
    let counted = || tasks.iter().filter(|(_, met)| met.is_some());
    let points = counted().map(|(task, _)| task.points).sum();
    let points_max: i64 = tasks.iter().map(|(task, _)| task.points).sum();
    let percent = if points_max == 0 { 0 } else { points * 100 / points_max };
    let seconds = counted().filter_map(|(_, met)| *met).max().unwrap_or_default();
    Report { points, points_max, percent, passed: percent >= exam.pass, seconds, tasks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_count_in_time_only() {
        let exam = Exam { minutes: 10, pass: 70, tasks: None };
        let task = |(index, points): (usize, i64)| Task { id: format!("task-{index}"), points };
        let tasks: Vec<Task> = [2, 3, 5].into_iter().enumerate().map(task).collect();
        let check = |times: &[(&str, i64)], points: i64, passed: bool, seconds: i64| {
            let met = times.iter().map(|(id, seconds)| ((*id).to_owned(), *seconds)).collect();
            let report = report(exam, &tasks, &met);
            assert_eq!((report.points, report.passed, report.seconds), (points, passed, seconds));
            assert_eq!(report.points_max, 10);
        };
        check(&[], 0, false, 0);
        check(&[("task-0", 30), ("task-2", 600)], 7, true, 600);
        check(&[("task-0", 30), ("task-2", 601)], 2, false, 30);
        check(&[("task-9", 1)], 0, false, 0);
    }
}
