use serde_json::{Value, json};

use super::checker::Checker;
use super::checks::Checks;
use super::mistake::{Part, Place};
use super::world::{ChangeKind, Happening};
use crate::base::Time;

fn checker(checks: Value) -> Checker {
    let checks = Checks::parse(Part::new(&checks, &Place::Root)).expect("valid checks");
    Checker::new(checks, &[])
}

fn job(uid: &str, spec: Value, status: Value) -> Happening {
    let object =
        json!({"kind": "Job", "metadata": {"uid": uid, "name": uid}, "spec": spec, "status": status});
    Happening::Change { kind: ChangeKind::Modified, object }
}

fn pod(uid: &str, owner: &str, phase: &str) -> Happening {
    let metadata = json!({"uid": uid, "name": uid, "ownerReferences": [{"uid": owner}]});
    let object = json!({"kind": "Pod", "metadata": metadata, "status": {"phase": phase}});
    Happening::Change { kind: ChangeKind::Modified, object }
}

fn command(line: &str, exit_code: i32, output: &str) -> Happening {
    Happening::Command { line: line.to_owned(), exit_code, output: output.to_owned() }
}

/// Feeds happenings one a second; answers the ids of the green goals after each, joined by commas.
fn run(checks: Value, happenings: Vec<Happening>) -> Vec<String> {
    let mut checker = checker(checks);
    let mut history = Vec::new();
    for (second, happening) in happenings.into_iter().enumerate() {
        checker.feed(Time::from_millis(second as i64 * 1_000), happening);
        history.push(checker.met().collect::<Vec<_>>().join(","));
    }
    history
}

fn one_goal(mut goal: Value) -> Value {
    goal["id"] = "g".into();
    goal["text"] = "t".into();
    json!({ "goals": [goal] })
}

#[test]
fn when_needs_one_instant_and_eventually_does_not() {
    let parts = json!([{"job": {"status.active": 1}}, {"job": {"status.succeeded": 1}}]);
    let history = || {
        vec![
            job("a", json!({}), json!({"active": 1})),
            job("a", json!({}), json!({"succeeded": 1})),
            job("a", json!({}), json!({"succeeded": 1, "active": 1})),
            job("a", json!({}), json!({})),
        ]
    };
    assert_eq!(run(one_goal(json!({ "when": parts })), history()), ["", "", "g", "g"]);
    assert_eq!(run(one_goal(json!({ "eventually": parts })), history()), ["", "g", "g", "g"]);
}

#[test]
fn every_job_is_judged_on_its_own() {
    let goal = json!({"when": {"job": {"status.succeeded": 2}}, "never": {"pods": {"where": {"status.phase": "Running"}, "count": {"gt": 1}}}});
    let history = vec![
        job("a", json!({}), json!({})),
        pod("a1", "a", "Running"),
        pod("a2", "a", "Running"),
        job("a", json!({}), json!({"succeeded": 2})),
        job("b", json!({}), json!({})),
        pod("b1", "b", "Running"),
        job("b", json!({}), json!({"succeeded": 2})),
    ];
    assert_eq!(run(one_goal(goal), history), ["", "", "", "", "", "", "g"]);
}

#[test]
fn always_after_before_and_within_bound_what_counts() {
    let done = json!({"job": {"status.succeeded": 1}});
    let steps = |spec: Value| {
        vec![
            job("a", json!({"completions": 1}), json!({})),
            command("kubectl get po", 0, ""),
            job("a", spec, json!({})),
            job("a", json!({"completions": 1}), json!({"succeeded": 1})),
        ]
    };
    let check = |extra: Value, green: bool| {
        let mut goal = json!({ "when": done });
        goal.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        let last = run(one_goal(goal.clone()), steps(json!({"completions": 2}))).pop().expect("steps");
        assert_eq!(last == "g", green, "{goal}");
    };
    check(json!({"always": {"job": {"spec.completions": 1}}}), false);
    check(json!({"always": {"job": {"spec.completions": {"lte": 2}}}}), true);
    check(
        json!({"after": {"job": {"spec.completions": 2}}, "always": {"job": {"spec.completions": {"gte": 1}}}}),
        true,
    );
    check(json!({"after": {"job": {"spec.completions": 3}}}), false);
    check(json!({"before": {"command": "kubectl get *"}}), false);
    check(json!({"before": {"command": "kubectl delete *"}}), true);
    check(json!({"within": "3s"}), true);
    check(json!({"within": "2s"}), false);
}

#[test]
fn needs_hold_a_goal_back_but_do_not_forget_it() {
    let checks = json!({"goals": [
        {"id": "late", "text": "t", "needs": "early", "eventually": {"command": "b"}},
        {"id": "early", "text": "t", "eventually": {"command": "a"}},
    ]});
    let history = vec![command("b", 0, ""), command("a", 1, ""), command("a", 0, "")];
    assert_eq!(run(checks, history), ["", "", "late,early"]);
}

#[test]
fn nothing_is_missing_of_a_goal_whose_turn_has_not_come() {
    let mut checker = checker(json!({"goals": [
        {"id": "early", "text": "t", "eventually": {"command": "a"}, "missing": [{"say": "do a"}]},
        {"id": "late", "text": "t", "needs": "early", "eventually": {"command": "b"}, "missing": [{"say": "do b"}]},
    ]}));
    let missing =
        |checker: &Checker| checker.goals().into_iter().map(|goal| goal.missing).collect::<Vec<_>>();
    assert_eq!(missing(&checker), [Some("do a".to_owned()), None]);
    checker.feed(Time::from_millis(0), command("a", 0, ""));
    assert_eq!(missing(&checker), [None, Some("do b".to_owned())]);
}

#[test]
fn events_of_a_pod_count_for_its_job_also_when_the_pod_is_gone() {
    let event = |uid: &str, about: &str| {
        let object = json!({"kind": "Event", "metadata": {"uid": uid}, "reason": "Killing", "involvedObject": {"uid": about}});
        Happening::Change { kind: ChangeKind::Added, object }
    };
    let gone = |uid: &str, owner: &str| match pod(uid, owner, "Running") {
        Happening::Change { object, .. } => Happening::Change { kind: ChangeKind::Deleted, object },
        other => other,
    };
    let goal = json!({"eventually": {"all": [{"job": {}}, {"event": {"reason": "Killing", "count": 2}}]}});
    let history = vec![
        job("a", json!({}), json!({})),
        pod("a1", "a", "Running"),
        event("e1", "a1"),
        event("e2", "stranger"),
        gone("a1", "a"),
        event("e3", "a1"),
    ];
    assert_eq!(run(one_goal(goal), history), ["", "", "", "", "", "g"]);
}

#[test]
fn commands_are_known_by_line_success_and_output() {
    let check = |condition: Value, happening: Happening, green: bool| {
        let last = run(one_goal(json!({ "eventually": { "command": condition } })), vec![happening]);
        assert_eq!(last[0] == "g", green, "{condition}");
    };
    check(json!("kubectl get po*"), command("  k  get   pods", 0, ""), true);
    check(json!("kubectl get po*"), command("kubectl get pods", 1, ""), false);
    check(json!({"line": "kubectl *", "ok": false}), command("kubectl get pods", 1, ""), true);
    check(json!({"prints": "3.14159*"}), command("kubectl logs x", 0, "warn\n3.1415926\n"), true);
    check(json!({"prints": "3.14159*"}), command("kubectl logs x", 0, "2.71\n"), false);
}

#[test]
fn the_first_fitting_line_says_what_is_missing() {
    let goal = json!({"when": {"job": {"status.succeeded": 5}}, "missing": [
        {"if": {"object": {"kind": "Job", "count": 0}}, "say": "Создайте Job."},
        {"if": {"job": {"spec.completions": {"absent": true}}}, "say": "Нет completions."},
        {"say": "Сейчас {status.succeeded} из {spec.completions}."},
    ]});
    let mut checker = checker(one_goal(goal));
    let mut check = |happening: Option<Happening>, expected: Option<&str>| {
        if let Some(happening) = happening {
            checker.feed(Time::default(), happening);
        }
        assert_eq!(checker.goals()[0].missing.as_deref(), expected);
    };
    check(None, Some("Создайте Job."));
    check(Some(job("a", json!({}), json!({}))), Some("Нет completions."));
    check(Some(job("a", json!({"completions": 5}), json!({"succeeded": 2}))), Some("Сейчас 2 из 5."));
    check(Some(job("a", json!({"completions": 5}), json!({"succeeded": 5}))), None);
}

#[test]
fn a_dead_end_is_named_while_goals_are_open_and_forgotten_after_a_restart() {
    let mut checks = one_goal(json!({"when": {"job": {"status.succeeded": 5}}}));
    checks["dead_end"] =
        json!([{"id": "spent", "if": {"job": {"status.failed": {"gt": 2}}}, "say": "Начните заново."}]);
    let mut checker = checker(checks);
    checker.feed(Time::default(), job("a", json!({}), json!({"failed": 3})));
    assert_eq!(checker.dead_ends().len(), 1);
    checker.restart();
    assert!(checker.dead_ends().is_empty());
    assert!(checker.has_entered("spent"));
    checker.feed(Time::default(), job("b", json!({}), json!({"failed": 3, "succeeded": 5})));
    assert!(checker.is_done() && checker.dead_ends().is_empty());
}
