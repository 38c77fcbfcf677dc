//! The desk through the words of the protocol, as a page would use it.

use std::collections::BTreeMap;

use super::Desk;
use crate::containers::compute;
use crate::protocol::text::{from_text, to_text};
use crate::protocol::views::{JobStatus, JobView, PodView};
use crate::protocol::{Act, Change, Goal, LessonOpening, Opening, Origin, Question, Reply, Source};

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: pi\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: perl:5.34.0\n        command: [\"perl\", \"-Mbignum=bpi\", \"-wle\", \"print bpi(50)\"]\n";
const LESSON: &str = r#"{"id": "first", "title": "t", "part": "p", "checks": {
    "goals": [{"id": "done", "text": "готово", "when": {"job": {"status.succeeded": 1}}, "missing": [{"say": "ещё нет"}]}]}}"#;

/// Takes over changes as the page does.
#[derive(Default)]
struct Page {
    desk: Desk,
    jobs: BTreeMap<String, JobView>,
    pods: BTreeMap<String, PodView>,
    lines: Vec<String>,
    files: BTreeMap<String, String>,
    busy: bool,
    /// Every status that a pod was told with.
    statuses: Vec<String>,
    changes: Vec<Change>,
}

impl Page {
    fn open(files: &[(&str, &str)], lesson: Option<LessonOpening>) -> Page {
        let mut page = Page::default();
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let origin = Origin { files: files.collect(), nodes: 1, ..Origin::default() };
        page.act(Act::Open(Opening { source: Source::Fresh { origin, seed: 7, kept: None }, lesson }));
        page
    }

    /// Through the text form, as between the modules.
    fn act(&mut self, act: Act) -> usize {
        let act = from_text(&to_text(&act)).expect("readable");
        let changes = self.desk.act(act, &|| 0.0);
        let changes: Vec<Change> = from_text(&to_text(&changes)).expect("readable");
        let count = changes.len();
        for change in changes {
            self.take(change);
        }
        count
    }

    fn take(&mut self, change: Change) {
        match change.clone() {
            Change::Began => {
                let desk = std::mem::take(&mut self.desk);
                *self = Page { desk, ..Page::default() };
            }
            Change::Job(view) => {
                self.jobs.insert(view.uid.clone(), view);
            }
            Change::Pod(view) => {
                self.statuses.push(view.status.clone());
                self.pods.insert(view.uid.clone(), view);
            }
            Change::Gone(uid) => {
                self.jobs.remove(&uid);
                self.pods.remove(&uid);
            }
            Change::Lines { lines, .. } => self.lines.extend(lines.into_iter().map(|line| line.text)),
            Change::File { name, text: Some(text) } => {
                self.files.insert(name, text);
            }
            Change::Busy(busy) => self.busy = busy,
            Change::Start { id, request } => {
                let result = compute::run(&request.parse().expect("a request"));
                self.act(Act::Computed { id, result });
            }
            _ => {}
        }
        self.changes.push(change);
    }

    fn frame(&mut self) -> usize {
        self.act(Act::Frame { elapsed_us: 16_000, speed_percent: 100, paused: false })
    }

    fn line(&mut self, line: &str) {
        self.act(Act::Line(line.to_owned()));
        for _ in 0..2_000 {
            if !self.busy {
                return;
            }
            self.frame();
        }
        panic!("{line} does not end");
    }

    fn run_to_the_end_of_jobs(&mut self) {
        self.act(Act::RunTo(Goal::JobsEnd));
        for _ in 0..1_000 {
            self.frame();
            if self.jobs.values().all(|job| job.status == JobStatus::Complete) {
                return;
            }
        }
        panic!("the Job does not end: {:?}", self.jobs);
    }

    /// What the newest block of the terminal shows.
    fn screen(&self) -> Vec<String> {
        let session = self.desk.run.as_ref().expect("a run").session();
        let block = session.terminal().blocks.last().expect("a block");
        block.lines.iter().map(|line| line.text.clone()).collect()
    }

    fn record(&mut self) -> String {
        match self.desk.answer(Question::Record, &|| 0.0) {
            Reply::Record(text) => text,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_first_job_is_told_from_apply_to_its_log() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    assert_eq!(page.files["job.yaml"], JOB);
    page.line("kubectl apply -f job.yaml");
    assert_eq!(page.lines, ["job.batch/pi created"]);
    page.run_to_the_end_of_jobs();
    page.frame();
    assert_eq!(page.statuses.first().map(String::as_str), Some("Pending"));
    assert_eq!(page.statuses.last().map(String::as_str), Some("Completed"));
    let job = page.jobs.values().next().expect("the Job");
    assert_eq!((job.succeeded, job.active), (1, 0));
    assert!(page.pods.values().all(|pod| pod.owner == job.uid));
    assert!(page.changes.iter().any(|change| matches!(change, Change::Decision(decision) if decision.fired)));
    page.line("kubectl logs job/pi");
    assert!(page.lines.last().is_some_and(|line| line.starts_with("3.14159")), "{:?}", page.lines);
    page.line("kubectl delete job pi");
    for _ in 0..300 {
        page.frame();
    }
    assert!(page.jobs.is_empty() && page.pods.is_empty(), "{:?}", page.pods);
}

#[test]
fn a_clock_is_told_quiet_only_while_no_event_is_near() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.act(Act::Line("kubectl apply -f job.yaml; sleep 5; echo slept".to_owned()));
    // Whoever acts sees to the next frame.
    page.frame();
    let quiet = |page: &Page| {
        let told = page.changes.iter().rev().find_map(|change| match change {
            Change::Clock(clock) => Some(clock.quiet),
            _ => None,
        });
        told.expect("a clock")
    };
    let mut quiet_frames = 0;
    for _ in 0..1_000 {
        let (was_quiet, known) = (quiet(&page), page.changes.len());
        page.frame();
        let news = &page.changes[known..];
        let moved = news.iter().any(|change| !matches!(change, Change::Clock(_) | Change::Now(_)));
        assert!(!(was_quiet && moved), "{news:?}");
        quiet_frames += usize::from(was_quiet);
    }
    assert!(quiet(&page) && !page.busy && quiet_frames > 500, "{quiet_frames}");
    assert!(page.lines.contains(&"slept".to_owned()), "{:?}", page.lines);
}

#[test]
fn a_frame_in_which_nothing_changed_says_nothing() {
    let mut page = Page::open(&[], None);
    page.act(Act::Frame { elapsed_us: 16_000, speed_percent: 100, paused: true });
    for _ in 0..10 {
        assert_eq!(page.act(Act::Frame { elapsed_us: 16_000, speed_percent: 100, paused: true }), 0);
    }
    let told: usize = (0..60).map(|_| page.frame()).sum();
    assert!(told <= 4, "a second of an idle cluster tells of its clock alone, not {told} changes");
}

#[test]
fn of_a_busy_cluster_only_what_changed_is_told() {
    let sleepers = JOB.replace("command:", "args:").replace("perl:5.34.0", "busybox:1.36");
    let sleepers =
        sleepers.replace("\"perl\", \"-Mbignum=bpi\", \"-wle\", \"print bpi(50)\"", "\"sleep\", \"3600\"");
    let sleepers =
        sleepers.replace("spec:\n  template", "spec:\n  parallelism: 300\n  completions: 300\n  template");
    let mut page = Page::open(&[("many.yaml", &sleepers)], None);
    page.line("kubectl apply -f many.yaml");
    for _ in 0..600 {
        page.frame();
    }
    assert_eq!(page.pods.len(), 200);
    assert!(page.changes.contains(&Change::LeftOut(100)));
    let newest = page.pods.values().max_by_key(|pod| (pod.created, pod.name.clone())).expect("a pod");
    let name = newest.name.clone();
    page.changes.clear();
    page.line(&format!("kubectl delete pod {name} --wait=false --now"));
    let pods = page.changes.iter().filter(|change| matches!(change, Change::Pod(_))).count();
    assert!(pods <= 4, "{pods} pods were told for one that was deleted");
}

#[test]
fn a_bar_keeps_its_first_start_through_restarts() {
    let mut page = Page::open(&[], None);
    page.line("kubectl run again --image=busybox:1.36 -- sleep 3");
    for _ in 0..60 * 60 {
        page.frame();
    }
    let restarts = page.pods.values().map(|pod| pod.restarts).max();
    assert!(restarts >= Some(2), "{restarts:?} restarts");
    let bar = page.changes.iter().rev().find_map(|change| match change {
        Change::Bar(bar) => Some(bar),
        _ => None,
    });
    let bar = bar.expect("a bar");
    let waited = bar.started.expect("a start") - bar.created;
    assert!(waited.as_secs() < 5, "the pod waited {waited:?} before its first start");
}

#[test]
fn a_lesson_is_judged_where_it_runs() {
    let lesson = LessonOpening { text: LESSON.to_owned(), met: Vec::new(), seed: 1 };
    let mut page = Page::open(&[("job.yaml", JOB)], Some(lesson));
    let goals = |page: &Page| {
        let told = page.changes.iter().rev().find_map(|change| match change {
            Change::Goals(rows) => Some(rows.clone()),
            _ => None,
        });
        told.expect("goals are told")
    };
    assert_eq!(goals(&page)[0].missing.as_deref(), Some("ещё нет"));
    page.line("kubectl apply -f job.yaml");
    page.run_to_the_end_of_jobs();
    assert!(goals(&page)[0].met);
    let again = LessonOpening { text: LESSON.to_owned(), met: vec!["done".to_owned()], seed: 1 };
    let page = Page::open(&[("job.yaml", JOB)], Some(again));
    assert!(goals(&page)[0].met, "what was met stays green");
}

#[test]
fn a_record_is_done_again_and_a_damaged_one_leaves_the_run() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.line("kubectl apply -f job.yaml");
    page.run_to_the_end_of_jobs();
    let record = page.record();
    let (jobs, pods) = (page.jobs.clone(), page.pods.clone());
    let mut other = Page::open(&[], None);
    other.act(Act::Open(Opening { source: Source::Record(record.clone()), lesson: None }));
    for _ in 0..1_000 {
        other.frame();
        if !other.busy {
            break;
        }
    }
    assert_eq!((&other.jobs, &other.pods), (&jobs, &pods));
    assert_eq!(other.record(), record);
    other.act(Act::Open(Opening { source: Source::Record("{}".to_owned()), lesson: None }));
    assert!(matches!(other.changes.last(), Some(Change::Refused(_))));
    assert_eq!(other.jobs, jobs);
}

#[test]
fn what_is_typed_while_a_run_is_done_again_runs_after_it() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.line("kubectl apply -f job.yaml");
    page.run_to_the_end_of_jobs();
    let record = page.record();
    page.act(Act::Open(Opening { source: Source::Record(record), lesson: None }));
    assert!(page.busy);
    page.line("kubectl get jobs --no-headers");
    assert!(page.screen()[0].contains("Complete   1/1"), "{:?}", page.screen());
}

#[test]
fn a_kept_run_goes_on_only_from_the_same_beginning() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.line("kubectl apply -f job.yaml");
    let kept = Some(page.record());
    let open = |text: &str| {
        let files = vec![("job.yaml".to_owned(), text.to_owned())];
        let origin = Origin { files, nodes: 1, ..Origin::default() };
        let source = Source::Fresh { origin, seed: 9, kept: kept.clone() };
        let mut page = Page::default();
        page.act(Act::Open(Opening { source, lesson: None }));
        page.frame();
        page.frame();
        page.jobs.len()
    };
    assert_eq!(open(JOB), 1);
    assert_eq!(open("changed"), 0);
}

/// A lesson whose cluster has a past and a fault to come opens where its past has ended; a kept run of it goes on.
#[test]
fn a_lesson_begins_with_its_past() {
    let text = LESSON.replace(
        "\"checks\"",
        "\"cluster\": {\"start\": \"2026-11-23T03:00:00Z\", \"faults\": [{\"after\": \"90s\", \"do\": \"node-lost node-1\"}]},
        \"opening\": [[0, \"line\", \"kubectl apply -f job.yaml\"]], \"opens_after\": 61000, \"checks\"",
    );
    let open = |kept: Option<String>| {
        let files = [("job.yaml".to_owned(), JOB.to_owned())].into();
        let origin = Origin { files, nodes: 1, ..Origin::default() };
        let lesson = Some(LessonOpening { text: text.clone(), met: Vec::new(), seed: 1 });
        let mut page = Page::default();
        page.act(Act::Open(Opening { source: Source::Fresh { origin, seed: 7, kept }, lesson }));
        for _ in 0..1_000 {
            page.frame();
            if !page.busy {
                break;
            }
        }
        page
    };
    let mut page = open(None);
    assert_eq!(page.lines, ["job.batch/pi created"], "what was done before is in the terminal");
    assert!(page.jobs.values().all(|job| job.status == JobStatus::Complete) && page.jobs.len() == 1);
    page.line("date -u");
    assert!(page.lines[1].contains("03:01:0"), "{:?}", page.lines);
    page.act(Act::Frame { elapsed_us: 100_000, speed_percent: 100_000, paused: false });
    page.line("kubectl get nodes");
    assert!(page.lines.last().is_some_and(|line| line.contains("NotReady")), "{:?}", page.lines);
    let kept = page.record();
    let again = open(Some(kept));
    assert_eq!(again.lines, page.lines, "the kept run goes on");
}

#[test]
fn editors_and_completions_have_their_texts() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.line("nano job.yaml");
    let opened = page.changes.iter().any(
        |change| matches!(change, Change::OpenEditor { file, text } if file == "job.yaml" && text == JOB),
    );
    assert!(opened, "{:?}", page.changes);
    let question = Question::Complete { line: "kubectl get jo".to_owned(), cursor: 14 };
    let Reply::Completion(found) = page.desk.answer(question, &|| 0.0) else { panic!("no completion") };
    assert_eq!((found.replace_from, found.candidates.contains(&"jobs".to_owned())), (12, true), "{found:?}");
}

#[test]
fn a_measurement_ends_in_slices() {
    let mut desk = Desk::default();
    desk.answer(Question::MeasureBegin { pods: 5 }, &|| 0.0);
    let ticks = std::cell::Cell::new(0.0);
    let clock = || {
        ticks.set(ticks.get() + 5.0);
        ticks.get()
    };
    for _ in 0..100_000 {
        match desk.answer(Question::MeasureOn, &clock) {
            Reply::Measured(None) => {}
            Reply::Measured(Some(Ok(found))) => {
                assert!(found.pods == 5 && found.virtual_ms > 1_000 && found.core_us > 12_000, "{found:?}");
                return;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("the measurement does not end");
}

#[test]
fn the_first_line_knows_the_time() {
    let mut page = Page::open(&[], None);
    page.line("date -u +%FT%T; time sleep 2");
    assert_eq!(page.lines[0], "2026-11-23T09:00:00");
    assert_eq!(page.lines[2], "real\t0m2.000s");
}

#[test]
fn the_terminal_survives_what_would_end_or_fill_it() {
    let mut page = Page::open(&[], None);
    page.line("exec seq 2");
    page.line("yes | sed ':a;ba'");
    page.line("echo alive");
    assert_eq!(page.lines, ["1", "2", "sed: the script ran for too long on one line", "alive"]);
    page.act(Act::Line("perl -e '$x = 1; $x .= $x while 1'".to_owned()));
    page.frame();
    page.act(Act::Interrupt);
    page.line("exec echo still here");
    assert_eq!(page.lines.last().map(String::as_str), Some("still here"));
}

#[test]
fn what_a_command_reads_is_typed_and_ended() {
    let mut page = Page::open(&[], None);
    page.act(Act::Line("cat > note.txt".to_owned()));
    for line in ["one", "two"] {
        page.frame();
        page.act(Act::Line(line.to_owned()));
    }
    assert!(page.busy);
    page.act(Act::EndOfInput);
    page.frame();
    assert!(!page.busy);
    assert_eq!(page.files["note.txt"], "one\ntwo\n");
    assert_eq!(page.lines, ["one", "two"], "a terminal shows what is typed");
    // A command that reads nothing leaves the lines to the shell.
    page.act(Act::Line("sleep 1".to_owned()));
    page.line("echo $((1 + 1))");
    assert_eq!(page.lines.last().map(String::as_str), Some("2"));
}

#[test]
fn a_line_that_waits_for_a_command_is_told_of_it_once() {
    let mut page = Page::open(&[], None);
    page.act(Act::Line("sleep 2".to_owned()));
    page.act(Act::Line("echo next".to_owned()));
    page.act(Act::Line("echo last".to_owned()));
    page.line("");
    let told = page.lines.iter().filter(|line| line.contains("Ctrl+C")).count();
    assert_eq!(told, 1);
    assert_eq!(page.screen(), ["last"]);
}

#[test]
fn a_watched_pipeline_shows_its_newest_output_only() {
    let mut page = Page::open(&[], None);
    page.line("kubectl create job a --image=busybox -- sleep 5");
    page.act(Act::Line("watch -n 1 'kubectl get jobs --no-headers | cut -c1-13'".to_owned()));
    for _ in 0..700 {
        page.frame();
    }
    assert!(page.busy);
    let shown = page.screen();
    assert!(shown[0].starts_with("Every 1.0s: kubectl get jobs"), "{shown:?}");
    assert_eq!(shown[1..], ["", "a     Complet"], "{shown:?}");
    page.act(Act::Interrupt);
    page.frame();
    assert!(!page.busy);
}

#[test]
fn the_text_of_a_live_object_is_judged_beside_it() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    page.line("kubectl apply -f job.yaml");
    page.act(Act::Line("kubectl edit job pi".to_owned()));
    page.frame();
    let opened = page.changes.iter().rev().find_map(|change| match change {
        Change::OpenEditor { text, .. } => Some(text.clone()),
        _ => None,
    });
    let text = opened.expect("the editor opens");
    let mut errors = |text: String| match page.desk.answer(Question::Problems { text }, &|| 0.0) {
        Reply::Problems(problems) => problems.into_iter().map(|problem| problem.exact).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(errors(text.clone()), [] as [&str; 0]);
    let copied = errors(text.replace("name: pi", "name: copy"));
    assert!(copied.iter().any(|error| error.contains("not auto-generated")), "{copied:?}");
}

#[test]
fn an_alias_stands_for_the_beginning_of_a_command() {
    let mut page = Page::open(&[], None);
    page.line("kgj | wc -l");
    assert!(page.lines[0].starts_with("bash: kgj: command not found"), "{:?}", page.lines);
    page.line("alias kgj='kubectl get jobs' ls='ls -a'");
    page.line("kgj --no-headers 2>&1 | wc -l; ls | head -n 1; alias kgj; unalias kgj; type kgj");
    let shown = &page.lines[page.lines.len() - 4..];
    assert_eq!(shown[..3], ["1", ".", "alias kgj='kubectl get jobs'"], "{shown:?}");
    assert_eq!(shown[3], "bash: type: kgj: not found");
}

#[test]
fn commands_end_while_the_clock_stands_still() {
    let mut page = Page::open(&[("job.yaml", JOB)], None);
    for line in
        ["kubectl apply -f job.yaml | cat", "kubectl get jobs -o name | sed s/.*.b.tch.//", "date -u +%T"]
    {
        page.act(Act::Line(line.to_owned()));
        page.act(Act::Frame { elapsed_us: 16_000, speed_percent: 100, paused: true });
        assert!(!page.busy, "{line}");
    }
    assert_eq!(page.lines, ["job.batch/pi created", "pi", "09:00:00"]);
}
