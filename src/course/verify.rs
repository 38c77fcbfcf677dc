//! The author's check: plays every solution, start, message and prediction of the course.

use serde_json::Value;

use crate::base::Duration;

use super::checks::Variant;
use super::compile::Course;
use super::compile::author_error::AuthorError;
use super::compile::folder::{CompiledLesson, GOLDEN};
use super::compile::tests_section::{Expectation, TestCase};
use super::exam::{self, Task};
use super::lesson::Lesson;
use super::mistake::Mistake;
use super::runner::{self, Play, Stuck};

/// Virtual time for which an untouched start is watched.
const WATCH: Duration = Duration::from_secs(300);

/// Checks every lesson on so many seeds. The course's own findings come first.
pub fn course(course: &Course, seeds: u64) -> Vec<AuthorError> {
    let mut errors = course.findings.clone();
    for lesson in &course.lessons {
        errors.extend(check_lesson(lesson, seeds));
    }
    errors
}

pub fn check_lesson(compiled: &CompiledLesson, seeds: u64) -> Vec<AuthorError> {
    let lesson = match Lesson::read(&compiled.value) {
        Ok(lesson) => lesson,
        Err(mistake) => return vec![AuthorError::new(&compiled.checks_file, 0, mistake.message)],
    };
    let mut errors = start(compiled, &lesson);
    let first = lesson.cluster.seed;
    for seed in first..first + seeds {
        errors.extend(solution(compiled, &lesson, seed));
        if !errors.is_empty() {
            break;
        }
    }
    errors.extend(compiled.tests.iter().filter_map(|test| case(compiled, &lesson, test)));
    for index in 0..lesson.checks.predictions.len() {
        errors.extend(prediction(compiled, &lesson, index, seeds));
    }
    for index in 0..lesson.checks.variants.len() {
        errors.extend(variant(compiled, &lesson, index, seeds));
    }
    errors.extend(exam(compiled, &lesson, seeds));
    errors.extend(manifests(compiled, &lesson));
    errors.extend(offered(compiled, &lesson));
    errors.extend(history(compiled));
    errors
}

/// Asks the engine for the answers of all predictions and writes them into the compiled lessons.
///
/// # Errors
/// Predictions whose script cannot be played.
pub fn measure(course: &mut Course) -> Result<(), Vec<AuthorError>> {
    let mut errors = Vec::new();
    for compiled in &mut course.lessons {
        let Ok(lesson) = Lesson::read(&compiled.value) else { continue };
        for (index, prediction) in lesson.checks.predictions.iter().enumerate() {
            match runner::predict(&lesson, prediction, lesson.cluster.seed) {
                Ok(measured) => compiled.value["checks"]["predictions"][index]["measured"] = measured,
                Err(stuck) => {
                    let pointer = format!("/predictions/{index}/run/{}", stuck.line);
                    errors.push(at(compiled, pointer, stuck.message));
                }
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn at(compiled: &CompiledLesson, pointer: String, message: String) -> AuthorError {
    let mistake = Mistake { at: pointer, message };
    AuthorError::of_mistake(&compiled.checks_file, 0, &compiled.checks_source, mistake)
}

fn script_error(compiled: &CompiledLesson, stuck: Stuck, seed: u64) -> AuthorError {
    let file = compiled.folder.file("solution/commands.txt");
    AuthorError::new(&file, stuck.line + 1, format!("{} (seed {seed})", stuck.message))
}

/// What was done before the learner came has ended well, and no goal is green without the learner.
fn start(compiled: &CompiledLesson, lesson: &Lesson) -> Vec<AuthorError> {
    let mut play = Play::new(lesson, lesson.checks.clone(), lesson.cluster.seed);
    let unwell = play.session().terminal().blocks.iter().find(|block| block.status != Some(0));
    if let Some(block) = unwell {
        let what = if block.status.is_none() {
            "не успевает закончиться"
        } else {
            "не проходит"
        };
        let message = format!("команда «{}» {what} до прихода ученика", block.command);
        return vec![AuthorError::new(&compiled.folder.file("start/commands.txt"), 0, message)];
    }
    play.pass(WATCH);
    let met: Vec<&str> = play.checker().met().collect();
    let goals = lesson.checks.goals.iter().enumerate().filter(|(_, goal)| met.contains(&goal.id.as_str()));
    let message = |id: &str| format!("цель «{id}» зелёная без единого действия ученика");
    goals.map(|(index, goal)| at(compiled, format!("/goals/{index}"), message(&goal.id))).collect()
}

/// The solution meets every goal, off every wrong track.
fn solution(compiled: &CompiledLesson, lesson: &Lesson, seed: u64) -> Vec<AuthorError> {
    let mut play = Play::new(lesson, lesson.checks.clone(), seed);
    if let Err(stuck) = play.play(&lesson.commands) {
        return vec![script_error(compiled, stuck, seed)];
    }
    let checker = play.checker();
    let met: Vec<&str> = checker.met().collect();
    let goals = lesson.checks.goals.iter().enumerate().filter(|(_, goal)| !met.contains(&goal.id.as_str()));
    let missed = |id: &str| format!("решение не достигает цели «{id}» (seed {seed})");
    let mut errors: Vec<AuthorError> =
        goals.map(|(index, goal)| at(compiled, format!("/goals/{index}"), missed(&goal.id))).collect();
    let mut decided: Vec<&str> =
        play.session().cluster().decisions().map(|decision| decision.rule.id()).collect();
    decided.sort_unstable();
    for (rule, line) in &compiled.rules {
        if decided.binary_search(&rule.as_str()).is_err() {
            let message = format!("решение урока не доводит до правила «{rule}» (::why) (seed {seed})");
            errors.push(AuthorError::new(&compiled.folder.file("lesson.md"), *line, message));
        }
    }
    for (list, remarks) in [("anti", &lesson.checks.anti), ("dead_end", &lesson.checks.dead_ends)] {
        let entered = remarks.iter().enumerate().filter(|(_, remark)| checker.has_entered(&remark.id));
        let message = |id: &str| format!("решение попадает в «{id}» (seed {seed})");
        errors.extend(
            entered.map(|(index, remark)| at(compiled, format!("/{list}/{index}"), message(&remark.id))),
        );
    }
    errors
}

/// The message of a test case is reached.
fn case(compiled: &CompiledLesson, lesson: &Lesson, test: &TestCase) -> Option<AuthorError> {
    let mut play = Play::new(lesson, lesson.checks.clone(), lesson.cluster.seed);
    if let Err(stuck) = play.play(&test.run) {
        return Some(at(compiled, format!("{}/run/{}", test.at, stuck.line), stuck.message));
    }
    let checker = play.checker();
    let says = match &test.expect {
        Expectation::Missing(id, number) => {
            let goal = lesson.checks.goal(id)?;
            let said = if checker.met().any(|met| met == id) { None } else { checker.missing(goal) };
            let said = said.map(|(number, _)| number);
            if said == Some(*number) {
                return None;
            }
            said.map_or("цель уже зелёная".to_owned(), |said| format!("сказано {id}/{said}"))
        }
        Expectation::Anti(id) | Expectation::DeadEnd(id) => {
            let views = [checker.anti(), checker.dead_ends()].concat();
            if views.iter().any(|view| view.id == id) {
                return None;
            }
            "этого не сказано".to_owned()
        }
        Expectation::Goal(id) => {
            if checker.met().any(|met| met == id) {
                return None;
            }
            "цель не зелёная".to_owned()
        }
        Expectation::Quiet => format!("сказано «{}»", checker.entered().next()?),
    };
    Some(at(
        compiled,
        test.at.clone(),
        format!("ожидалось «{}», но {says}; конец терминала:\n{}", test.expect, tail(&play)),
    ))
}

/// The last lines of the terminal, for the author.
fn tail(play: &Play) -> String {
    let block = play.session().terminal().blocks.last();
    let text =
        block.map(|block| format!("    $ {}\n{}", block.command, block.streams_text())).unwrap_or_default();
    text.lines().take(12).map(|line| format!("    {}\n", line.trim_start())).collect()
}

/// Exactly one option is right, and the same on every seed.
fn prediction(compiled: &CompiledLesson, lesson: &Lesson, index: usize, seeds: u64) -> Option<AuthorError> {
    let prediction = &lesson.checks.predictions[index];
    let pointer = format!("/predictions/{index}");
    let mut first: Option<(usize, Value)> = None;
    for seed in lesson.cluster.seed..lesson.cluster.seed + seeds {
        let measured = match runner::predict(lesson, prediction, seed) {
            Ok(measured) => measured,
            Err(stuck) => return Some(at(compiled, format!("{pointer}/run/{}", stuck.line), stuck.message)),
        };
        let fits = |value: &Value| -> Vec<usize> {
            let options = prediction.options.iter().enumerate();
            options.filter(|(_, option)| option.is.holds_for(value)).map(|(index, _)| index).collect()
        };
        let right = match fits(&measured).as_slice() {
            [only] => *only,
            several => {
                let message =
                    format!("измерено {measured}, и верных ответов {}, а должен быть один", several.len());
                return Some(at(compiled, pointer, format!("{message} (seed {seed})")));
            }
        };
        let (option, value) = first.get_or_insert((right, measured.clone()));
        if *option != right || (*value != measured && !prediction.varies) {
            let message =
                format!("ответ зависит от seed: {value} и {measured} (seed {seed}); нужно varies: true");
            return Some(at(compiled, pointer, message));
        }
    }
    None
}

/// The variant is not green before its own solution, and green after it.
fn variant(compiled: &CompiledLesson, lesson: &Lesson, index: usize, seeds: u64) -> Option<AuthorError> {
    let pointer = format!("/variants/{index}");
    for seed in lesson.cluster.seed..lesson.cluster.seed + seeds {
        let drawn = match lesson.checks.variants[index].drawn(seed) {
            Ok(drawn) => drawn,
            Err(mistake) => return Some(at(compiled, format!("{pointer}/goal"), mistake.message)),
        };
        let message = match runner::vary(lesson, drawn.goal.clone(), &drawn.solution, seed) {
            Ok((false, true)) => continue,
            Ok((true, _)) => "вариант зелёный ещё до своего решения".to_owned(),
            Ok((_, false)) => "решение варианта не достигает его цели".to_owned(),
            Err(stuck) => stuck.message,
        };
        return Some(at(compiled, pointer, format!("{message} (seed {seed}: {})", drawn.goal.text)));
    }
    None
}

/// The solutions of all drawn tasks, one after another on one cluster, give full points.
fn exam(compiled: &CompiledLesson, lesson: &Lesson, seeds: u64) -> Option<AuthorError> {
    let exam = lesson.exam?;
    let task = |variant: &Variant| Task { id: variant.id.clone(), points: variant.points };
    for seed in lesson.cluster.seed..lesson.cluster.seed + seeds {
        let met = match runner::sit(lesson, seed) {
            Ok(met) => met,
            Err(stuck) => {
                return Some(at(
                    compiled,
                    "/variants".to_owned(),
                    format!("{} (seed {seed})", stuck.message),
                ));
            }
        };
        let tasks: Vec<Task> = lesson.drawn_variants(seed).into_iter().map(task).collect();
        let report = exam::report(exam, &tasks, &met);
        if let Some((task, _)) = report.tasks.iter().find(|(_, met)| met.is_none()) {
            let message = format!(
                "на экзамене решения подряд дают {} из {}: задание «{}» не выполнено (seed {seed})",
                report.points, report.points_max, task.id
            );
            return Some(at(compiled, "/variants".to_owned(), message));
        }
    }
    None
}

/// The terminal knows the commands that the texts offer.
fn offered(compiled: &CompiledLesson, lesson: &Lesson) -> Vec<AuthorError> {
    let unknown = compiled.offered.iter().filter_map(|offered| {
        let said = runner::is_unknown(lesson, &offered.command)?;
        let message = format!("терминал не знает команды «{}»: {said}", offered.command);
        Some(AuthorError::new(&offered.file, offered.line, message))
    });
    unknown.collect()
}

/// The history of the lesson's solution, as golden.txt remembers it.
///
/// # Errors
/// When the solution cannot be played to its end.
pub fn golden(compiled: &CompiledLesson) -> Result<String, AuthorError> {
    let lesson = Lesson::read(&compiled.value)
        .map_err(|mistake| AuthorError::new(&compiled.checks_file, 0, mistake.message))?;
    runner::history(&lesson).map_err(|stuck| script_error(compiled, stuck, lesson.cluster.seed))
}

/// The solution makes the history that the repository remembers. One that cannot be played was named before.
fn history(compiled: &CompiledLesson) -> Option<AuthorError> {
    let history = golden(compiled).ok()?;
    let message = match compiled.golden.as_str() {
        golden if golden == history => return None,
        "" => "нет истории решения; её запишет sim lesson golden".to_owned(),
        golden => format!(
            "решение даёт другую историю: было «{golden}», стало «{history}»; если так и задумано, sim lesson golden"
        ),
    };
    Some(AuthorError::new(&compiled.folder.file(GOLDEN), 0, message))
}

/// Manifests are accepted by the API server, those listed as `invalid` are refused.
fn manifests(compiled: &CompiledLesson, lesson: &Lesson) -> Vec<AuthorError> {
    let mut errors = Vec::new();
    for (inner, files) in [("start", &lesson.start), ("solution", &lesson.solution)] {
        for file in files.iter().filter(|file| file.name.ends_with(".yaml")) {
            let wrong = inner == "start" && compiled.invalid.contains(&file.name);
            let accepted = runner::accepts(lesson, file);
            let message = match (accepted, wrong) {
                (Ok(()), false) | (Err(_), true) => continue,
                (Ok(()), true) => "файл назван неверным (invalid), но API-сервер его принимает".to_owned(),
                (Err(refusal), false) => format!("API-сервер не принимает файл: {}", refusal.trim()),
            };
            errors.push(AuthorError::new(
                &compiled.folder.file(&format!("{inner}/{}", file.name)),
                0,
                message,
            ));
        }
    }
    errors
}
