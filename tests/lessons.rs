//! The course, checked by machine.

use std::fs;
use std::path::{Path, PathBuf};

use zadachnik::base::Duration;
use zadachnik::course::compile::{self, Course};
use zadachnik::course::index::CourseIndex;
use zadachnik::course::lesson::Lesson;
use zadachnik::course::sheet::{Block, Sheet};
use zadachnik::course::{opening, tool, verify};
use zadachnik::session::{CommandLog, Session};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn compiled(root: &Path) -> Course {
    compile::course(root).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>())
    })
}

/// A copy of the fixture course that a test may spoil.
struct Copy(PathBuf);

impl Copy {
    fn of_fixture(name: &str) -> Copy {
        Copy::of("tests/lessons", name)
    }

    fn of(root: &str, name: &str) -> Copy {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lessons-{name}"));
        let _ = fs::remove_dir_all(&target);
        copy_folder(&project(root), &target);
        Copy(target)
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).expect("file of the fixture");
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).expect("writable");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("writable");
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn lessons_compile_and_their_prose_is_clean() {
    let course = compiled(&project("lessons"));
    let findings: String = course.findings.iter().map(|finding| format!("{finding}\n")).collect();
    assert!(findings.is_empty(), "{findings}");
    let index = CourseIndex::read(&course.index).expect("a readable index");
    assert_eq!(index.lessons().count(), course.lessons.len());
    assert!(course.lessons.len() >= 6);
    for (lesson, card) in course.lessons.iter().zip(index.lessons()) {
        let read = Sheet::read(&lesson.value).expect(&lesson.id);
        let goals: Vec<&str> = read.goals.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(
            (read.id.as_str(), goals),
            (card.id.as_str(), card.goals.iter().map(String::as_str).collect())
        );
        assert!((5..=12).contains(&read.minutes), "{}: {} minutes", read.id, read.minutes);
    }
}

/// The page fetches one lesson at a time: 15 kB compressed at most. Text of this kind compresses at least 2.5 times.
#[test]
fn compiled_lessons_are_small() {
    for lesson in compiled(&project("lessons")).lessons {
        let bytes = lesson.value.to_string().len();
        assert!(bytes <= 37_500, "{}: {bytes} bytes", lesson.id);
    }
}

#[test]
fn a_folder_with_a_lesson_appears_without_touching_code() {
    let copy = Copy::of_fixture("appears");
    let mut out = String::new();
    assert_eq!(tool::main(&words(&format!("new second {}", copy.0.display())), &mut out), 0, "{out}");
    let course = compiled(&copy.0);
    assert!(course.findings.is_empty(), "{:?}", course.findings);
    let ids: Vec<&str> = course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    assert_eq!(ids, ["fixture", "second"]);
    let errors = verify::course(&course, 3);
    assert!(errors.is_empty(), "{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>());
    let target = copy.0.join("out");
    let source = copy.0.display().to_string();
    let build = [String::from("build"), target.display().to_string(), source];
    assert_eq!(tool::main(&build, &mut out), 0, "{out}");
    for name in ["course.json", "fixture.json", "second.json"] {
        assert!(target.join(name).is_file(), "{name}");
    }
}

#[test]
fn a_lesson_becomes_blocks_of_safe_html() {
    let course = compiled(&project("tests/lessons"));
    let lesson = Lesson::read(&course.lessons[0].value).expect("readable");
    let Block::Html(first) = &lesson.body[0] else { panic!("{:?}", lesson.body[0]) };
    let button = "<button type=\"button\" class=\"run\" data-run=\"kubectl apply -f job.yaml\"><code>kubectl apply -f job.yaml</code></button>";
    assert!(first.contains(button), "{first}");
    assert!(first.contains("data-term=\"pod\">под</dfn> (<span lang=\"en\">Pod</span>)"), "{first}");
    assert!(first.contains("data-file=\"job.yaml\"><code>apiVersion: batch/v1\n"), "{first}");
    let Some(Block::Step { after, title, body }) = lesson.body.last() else { panic!("{:?}", lesson.body) };
    assert_eq!((after.as_deref(), title.as_str()), (Some("done"), "Почему"));
    assert_eq!(body[0], Block::Why("job.complete".to_owned()));
    let Block::Html(last) = &body[1] else { panic!("{body:?}") };
    assert!(last.contains(">пода</dfn> больше"), "the English word comes once: {last}");
}

/// A mistake of an author: what is spoilt in the fixture (file, old text, new text), and what the error must say.
type Case = (&'static str, &'static str, &'static str, &'static str);

const LESSON: &str = "01-fixture/lesson.md";
const CHECKS: &str = "01-fixture/checks.yaml";

/// Every mistake is an error with its file and line.
fn check_mistakes(name: &str, cases: &[Case]) {
    for (index, (file, from, to, expected)) in cases.iter().enumerate() {
        let copy = Copy::of_fixture(&format!("{name}-{index}"));
        copy.replace(file, from, to);
        let errors = compile::course(&copy.0).err().unwrap_or_default();
        let text: String = errors.iter().map(|error| format!("{error}\n")).collect();
        assert!(text.contains(expected), "{file}: {from:?} -> {to:?}: expected {expected:?}, got:\n{text}");
        assert!(text.lines().all(|line| line.starts_with("lessons/")), "{text}");
    }
}

#[test]
fn mistakes_in_the_text_name_their_line() {
    check_mistakes(
        "mistakes_in_the_text_name_their_line",
        &[
            (LESSON, "::predict{pods}", "::predikt{pods}", "lesson.md:25: неизвестная директива «::predikt»"),
            (
                LESSON,
                "::predict{pods}",
                "::predict{pots}",
                "lesson.md:25: в checks.yaml нет предсказания «pots»",
            ),
            (LESSON, "::why{job.complete}", "::why{job.magic}", "lesson.md:30: нет правила «job.magic»"),
            (LESSON, "{after=done title", "{before=done title", "lesson.md:29: неизвестный атрибут «before»"),
            (
                LESSON,
                "{after=done title",
                "{after=never title",
                "lesson.md:29: в checks.yaml нет цели «never»",
            ),
            (LESSON, "больше не нужно.", "больше <b>не</b> нужно.", "lesson.md:32: сырой HTML"),
            (LESSON, "(#/sandbox)", "(#/sandpit)", "lesson.md:32: ссылка «#/sandpit»"),
            (
                LESSON,
                "[песочница](#/sandbox)",
                "![](pod.svg)",
                "lesson.md:32: в папке урока нет картинки «pod.svg»",
            ),
            (LESSON, "[песочница](#/sandbox)", "![](pod.svg)", "lesson.md:32: картинке нужно описание"),
            (LESSON, "::term{pod}", "::term{pot}", "lesson.md:8: в glossary.yaml нет термина «pot»"),
            (LESSON, "  name: hello", "  name: other", "lesson.md:10: блок не совпадает с файлом «job.yaml»"),
            (LESSON, "`{run}", "`{walk}", "lesson.md:8: после кода можно {run}"),
            (LESSON, "\n:::\n", "\n", "lesson.md:29: шаг не закрыт"),
            (
                LESSON,
                "::why{job.complete}",
                "::compare{job.yaml solution/job.yaml}",
                "lesson.md:30: в уроке нет файла «solution/job.yaml»",
            ),
            (LESSON, "hello\"]\n```", "hello\"]", "lesson.md:10: блок кода не закрыт"),
        ],
    );
}

#[test]
fn mistakes_in_the_fields_name_their_line() {
    check_mistakes(
        "mistakes_in_the_fields_name_their_line",
        &[
            (LESSON, "minutes: 5", "minutes: five", "lesson.md:4: нет поля «minutes»"),
            (LESSON, "cluster: {seed: 9}", "cluster: {moons: 9}", "lesson.md:6: неизвестное поле «moons»"),
            (
                LESSON,
                "minutes: 5",
                "minutes: 5\nneeds: [fixture]",
                "lesson.md:5: урок «fixture» идёт не раньше",
            ),
            (
                LESSON,
                "minutes: 5",
                "minutes: 5\nfields: [spec.completons]",
                "lesson.md:5: нет поля «spec.completons»",
            ),
            (LESSON, "{seed: 9}", "{faults: [{do: rain}]}", "lesson.md:6: поломки пишутся так"),
            (
                LESSON,
                "{seed: 9}",
                "{faults: [{since: Jobs, do: registry-down}]}",
                "lesson.md:6: since бывает start",
            ),
            (
                LESSON,
                "{seed: 9}",
                "{faults: [{do: node-lost node-2}]}",
                "lesson.md:6: в кластере урока нет узла для «node-lost node-2»: узлов 1",
            ),
            (LESSON, "{seed: 9}", "{start: вчера}", "lesson.md:6: здесь нужно время в кавычках"),
            (LESSON, "{seed: 9}", "{seed: 9}\nexam: {minutes: 5}", "lesson.md:7: нет поля «pass»"),
        ],
    );
}

#[test]
fn mistakes_in_the_checks_name_their_line() {
    check_mistakes(
        "mistakes_in_the_checks_name_their_line",
        &[
            (CHECKS, "  never: {event:", "  newer: {event:", "checks.yaml:5: неизвестное поле «newer»"),
            (CHECKS, "type=Complete]", "type=Complete", "checks.yaml:4: в пути"),
            (CHECKS, "id: failed", "id: done", "checks.yaml:11: id «done» уже занят"),
            (
                CHECKS,
                "expect: missing done/2",
                "expect: missing done/1",
                "в tests нет случая для «missing done/2»",
            ),
            (CHECKS, "\"# wait: end\"]", "\"# wait: soon\"]", "checks.yaml:17: непонятное ожидание «soon»"),
            (
                "01-fixture/solution/commands.txt",
                "goal done",
                "goal ready",
                "commands.txt:2: нет цели «ready»",
            ),
            ("course.yaml", "from: 1", "since: 1", "course.yaml:4: неизвестное поле «since»"),
            ("glossary.yaml", "english: Pod,", "", "glossary.yaml:2: нет поля «english»"),
            (
                CHECKS,
                "{status.succeeded} из",
                "{status.suceeded} из",
                "checks.yaml:8: у Job нет поля «status.suceeded»",
            ),
            (
                CHECKS,
                "\"status.conditions[",
                "\"status.condition[",
                "checks.yaml:4: у Job нет поля «condition»",
            ),
            (
                CHECKS,
                "say: Примените файл.",
                "say: Файл: применить",
                "checks.yaml:9: не читается как YAML: двоеточие",
            ),
            (
                CHECKS,
                "[kubectl apply -f job.yaml]",
                "[{kubectl: apply}]",
                "checks.yaml:26: здесь нужен текст",
            ),
            (CHECKS, "- id: done", "- id: all done", "checks.yaml:2: id состоит из строчных"),
            (CHECKS, "tests:", "hints: [один, два, три]\ntests:", "checks.yaml:24: третья подсказка"),
            (CHECKS, "kind: Pod}}", "kind: Pods}}", "checks.yaml:18: неизвестный вид «Pods»"),
        ],
    );
}

#[test]
fn the_prose_lint_names_file_and_line() {
    let copy = Copy::of_fixture("prose");
    copy.replace("01-fixture/lesson.md", "больше не нужно.", "еще не \"нужно\".");
    copy.replace("01-fixture/checks.yaml", "say: Примените файл.", "say: Примените Fайл.");
    copy.replace("01-fixture/lesson.md", "minutes: 5", "minutes: 40");
    copy.replace("01-fixture/lesson.md", "job.yaml`{run}", "job.yaml`{run}.");
    let findings: Vec<String> = compiled(&copy.0).findings.iter().map(ToString::to_string).collect();
    let text = findings.join("\n");
    for expected in [
        "lesson.md:32: кавычки",
        "lesson.md:32: в слове «еще»",
        "checks.yaml:9: в слове «Fайл»",
        "lesson.md:4: уроку нужно от 5 до 12 минут",
        "lesson.md:8: после кнопки с командой стоит «.»",
    ] {
        assert!(text.contains(expected), "{expected} not in:\n{text}");
    }
}

/// Every solution on 20 seeds, every untouched start, every message, every prediction, every variant.
#[test]
fn lessons_pass_the_authors_check() {
    for root in ["lessons", "tests/lessons", "tests/lessons-later"] {
        let errors = verify::course(&compiled(&project(root)), 20);
        assert!(errors.is_empty(), "{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>());
    }
}

#[test]
fn predictions_learn_their_answers_from_the_engine() {
    let mut course = compiled(&project("lessons"));
    verify::measure(&mut course).expect("every script plays");
    for compiled in &course.lessons {
        let value = &compiled.value;
        let lesson = Lesson::read(value).expect(&compiled.id);
        for prediction in &lesson.checks.predictions {
            let right = prediction.right_option();
            let right =
                right.unwrap_or_else(|| panic!("{}/{}: {:?}", lesson.id, prediction.id, prediction.measured));
            assert_eq!(prediction.reply(right).map(|(right, _)| right), Some(true));
        }
        let sheet = Sheet::read(value).expect(&lesson.id);
        for (shown, judged) in sheet.predictions.iter().zip(&lesson.checks.predictions) {
            for (at, choice) in shown.options.iter().enumerate() {
                assert_eq!(judged.reply(at), Some((choice.right, choice.reply.as_str())), "{}", shown.id);
            }
        }
    }
}

/// The check finds what is wrong: a lesson whose solution, message, prediction or manifest does not hold.
#[test]
fn the_authors_check_finds_what_does_not_hold() {
    let checks = "01-fixture/checks.yaml";
    let cases = [
        (
            "01-fixture/solution/commands.txt",
            "kubectl apply -f job.yaml",
            "kubectl apply -f no.yaml",
            "commands.txt:2: не дождались",
        ),
        (
            checks,
            "  when: {job: {\"status.conditions[type=Complete].status\": \"True\"}}",
            "  when: {object: {kind: Node}}",
            "checks.yaml:2: цель «done» зелёная без",
        ),
        (
            checks,
            "{text: один, is: 1}",
            "{text: один, is: 7}",
            "checks.yaml:15: измерено 1, и верных ответов 0",
        ),
        (
            checks,
            "expect: missing done/2\n",
            "expect: missing done/2\n  run: [kubectl apply -f job.yaml]\n",
            "checks.yaml:27: ожидалось «missing done/2», но сказано done/1",
        ),
        (checks, "exit 1", "exit 0", "ожидалось «dead_end failed», но этого не сказано"),
        ("01-fixture/golden.txt", "seed 9", "seed 8", "golden.txt: решение даёт другую историю"),
        (
            "01-fixture/lesson.md",
            "`kubectl apply -f job.yaml`",
            "`kubectl aply -f job.yaml`",
            "lesson.md:8: терминал не знает команды «kubectl aply -f job.yaml»",
        ),
        (
            "01-fixture/lesson.md",
            "::why{job.complete}",
            "::why{job.backoff-limit}",
            "lesson.md:30: решение урока не доводит до правила «job.backoff-limit»",
        ),
        (
            checks,
            "[type=Failed].status\": \"True\"",
            "[type=Complete].status\": \"True\"",
            "checks.yaml:11: решение попадает в «failed»",
        ),
        (
            "01-fixture/lesson.md",
            "minutes: 5",
            "minutes: 5\ninvalid: [job.yaml]",
            "start/job.yaml: файл назван неверным",
        ),
    ];
    for (index, (file, from, to, expected)) in cases.into_iter().enumerate() {
        let copy = Copy::of_fixture(&format!("fault-{index}"));
        copy.replace(file, from, to);
        let errors = verify::course(&compiled(&copy.0), 2);
        let text: String = errors.iter().map(|error| format!("{error}\n")).collect();
        assert!(text.contains(expected), "{file}: {from:?} -> {to:?}: expected {expected:?}, got:\n{text}");
    }
}

fn later(id: &str) -> Lesson {
    let course = compiled(&project("tests/lessons-later"));
    let lesson = course.lessons.iter().find(|lesson| lesson.id == id).expect("a lesson of the later course");
    Lesson::read(&lesson.value).expect(id)
}

/// What parts 2 to 5 need and part 1 does not: a cluster with a past, faults, a time of day, an exam.
#[test]
fn lessons_of_later_parts_can_be_said() {
    let drill = later("drill");
    assert_eq!((drill.opening.len(), drill.opens_after), (2, Duration::from_secs(302)));
    let (log, until) = opening::log(&drill, 4);
    let mut session = Session::replay(&log);
    session.run_until(until);
    assert_eq!((until - log.cluster.start, session.terminal().blocks.len()), (drill.opens_after, 2));
    let shown = session.terminal().blocks[1].streams_text();
    assert!(shown.contains("ImagePullBackOff") || shown.contains("ErrImagePull"), "{shown}");
    assert_eq!(
        opening::log(&later("cron"), 1).0.cluster.start.to_timestamp().to_string(),
        "2026-11-23T02:58:30Z"
    );
    let course = compiled(&project("tests/lessons-later"));
    let index = CourseIndex::read(&course.index).expect("a readable index");
    let passes: Vec<Option<i64>> = index.lessons().map(|card| card.pass).collect();
    assert_eq!(passes, [None, None, None, None, Some(66)]);
    let indexed =
        course.lessons.iter().find(|lesson| lesson.id == "indexed").expect("a lesson of the later course");
    let sheet = Sheet::read(&indexed.value).expect("readable");
    let text = |name: &str| sheet.file(name).map(|file| file.text.contains("suspend: true"));
    assert_eq!(
        (text("parts.yaml"), text("solution/parts.yaml"), text("other.yaml")),
        (Some(true), Some(false), None)
    );
    let exam = later("exam");
    let drawn =
        |seed: u64| -> Vec<&str> { exam.drawn_variants(seed).iter().map(|v| v.id.as_str()).collect() };
    assert_eq!(drawn(5), drawn(5));
    let pairs: std::collections::BTreeSet<Vec<&str>> = (0..40).map(drawn).collect();
    assert_eq!(
        pairs.len(),
        3,
        "every pair of the three tasks comes up, in the order of the lesson: {pairs:?}"
    );
}

/// Planned faults belong to what a run begins with: a shared link of such a lesson tells the same history.
#[test]
fn planned_faults_happen_again_from_the_text_of_the_log() {
    let (log, _) = opening::log(&later("node-lost"), 5);
    let history = |log: &CommandLog, apply: bool| {
        let mut session = Session::replay(log);
        session.hash_history();
        // Hashing begins with the clock: what is entered at its first instant would not be in it.
        session.run_until(log.cluster.start + Duration::from_secs(1));
        if apply {
            session.perform(zadachnik::session::Input::Line("kubectl apply -f twins.yaml".to_owned()));
        }
        session.run_until(log.cluster.start + Duration::from_secs(900));
        (session.cluster().history_hash().expect("asked for"), session.log().clone())
    };
    let (played, whole) = history(&log, true);
    let read = CommandLog::from_text(&whole.to_text()).expect("our own text");
    assert_eq!((history(&read, false).0, &read), (played, &whole));
    let mut spared = read.clone();
    spared.cluster.faults.clear();
    assert_ne!(history(&spared, false).0, played, "the fault is part of the history");
}

/// A part may be moved and its lessons renumbered: what the learner has reached goes by id.
#[test]
fn renamed_and_reordered_lessons_keep_their_ids() {
    let copy = Copy::of("tests/lessons-later", "reordered");
    let ids =
        |root: &Path| -> Vec<String> { compiled(root).lessons.into_iter().map(|lesson| lesson.id).collect() };
    let before = ids(&copy.0);
    fs::rename(copy.0.join("01-drill"), copy.0.join("03-another-name")).expect("free name");
    fs::rename(copy.0.join("03-node-lost"), copy.0.join("01-node-lost")).expect("free name");
    let after = ids(&copy.0);
    assert_ne!(before, after);
    assert_eq!(before.iter().collect::<std::collections::BTreeSet<_>>(), after.iter().collect());
}
