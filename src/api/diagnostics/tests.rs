use super::*;

const HEAD: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\n";
const ONCE: &str = "  backoffLimit: 4\n";
const NEVER: &str = "      restartPolicy: Never\n";

/// What the first finding is to be.
struct Expected<'a> {
    line: usize,
    severity: Severity,
    /// Part of the server's words; empty where it says nothing.
    message: &'a str,
    /// Part of the explanation.
    explanation: &'a str,
    fix: After<'a>,
}

enum After<'a> {
    NoFix,
    /// The fix leaves this among the lines, and no error.
    Line(&'a str),
}

use After::{Line, NoFix};
use Severity::{Error, Hint, Warning};

fn expect<'a>(
    line: usize,
    severity: Severity,
    message: &'a str,
    explanation: &'a str,
    fix: After<'a>,
) -> Expected<'a> {
    Expected { line, severity, message, explanation, fix }
}

fn check(text: &str, expected: &Expected) {
    let found = diagnose(text);
    let first = found.first().unwrap_or_else(|| panic!("no finding: {text}"));
    let told = format!("{first:?} in\n{text}");
    assert_eq!((first.span.start.line, first.severity), (expected.line, expected.severity), "{told}");
    assert!(first.message.contains(expected.message), "{told}");
    assert_eq!(first.message.is_empty(), expected.message.is_empty(), "{told}");
    assert!(first.explanation.contains(expected.explanation), "{told}");
    let Some(fix) = &first.fix else {
        assert!(matches!(expected.fix, NoFix), "no fix: {told}");
        return;
    };
    let Line(wanted) = expected.fix else { panic!("a fix: {told}") };
    let after = format!("{}{}{}", &text[..fix.span.start.offset], fix.text, &text[fix.span.end.offset..]);
    assert!(after.contains(wanted), "{told}\nbecame\n{after}");
    let errors: Vec<_> = diagnose(&after).into_iter().filter(|left| left.severity == Error).collect();
    assert_eq!(errors, [], "\n{after}");
}

/// Lines 5.. are the spec's, then `template:` and `spec:`, the pod's, and the container's after three of its own.
fn job(spec: &str, pod: &str, container: &str) -> String {
    format!(
        "{HEAD}spec:\n{spec}  template:\n    spec:\n{pod}      containers:\n      - name: main\n        image: busybox\n{container}"
    )
}

fn good(container: &str) -> String {
    job(ONCE, NEVER, container)
}

#[test]
fn a_good_manifest_has_no_findings() {
    for command in [
        "",
        "        command: [sh, -c, \"echo a && exit 1\"]\n",
        "        command: [perl, -Mbignum=bpi, -wle, print bpi(2000)]\n",
        "        command: [/bin/sh, -c]\n        args: [\"echo $HOME\", \"$(X)\"]\n",
        "        command: [bash, -exc, \"echo $1\", a, b]\n",
        "        command: [sh, /script.sh]\n",
    ] {
        assert_eq!(diagnose(&good(command)), []);
    }
}

#[test]
fn restart_policies() {
    let line = "      restartPolicy: Never\n      containers";
    check(
        &job(ONCE, "", ""),
        &expect(8, Error, "restartPolicy: Required value", "Умолчания нет", Line(line)),
    );
    let policy = |text: &str| format!("      restartPolicy: {text}\n");
    check(&job(ONCE, &policy("always"), ""), &expect(9, Error, "Unsupported value", "", Line(NEVER)));
    check(
        &job(ONCE, &policy("onFailure"), ""),
        &expect(9, Error, "Unsupported value", "", Line("restartPolicy: OnFailure\n")),
    );
    let rules = "  podFailurePolicy:\n    rules: [{action: Ignore, onPodConditions: [{type: A}]}]\n";
    check(
        &job(rules, &policy("OnFailure"), ""),
        &expect(10, Error, "only \"Never\" is supported when podFailurePolicy", "", Line(NEVER)),
    );
    check(
        &job(&format!("{ONCE}  restartPolicy: Never\n"), "", "")
            .replace("      containers", "      subdomain: a\n      containers"),
        &expect(7, Error, "unknown field \"spec.restartPolicy\"", "нужен в spec.template.spec.", Line(NEVER)),
    );
    check(
        &job(ONCE, "", "        restartPolicy: Never\n"),
        &expect(8, Error, "spec.template.spec.restartPolicy: Required value", "", Line(NEVER)),
    );
}

#[test]
fn misplaced_fields() {
    for field in [
        "backoffLimit: 3",
        "completions: 3",
        "parallelism: 3",
        "ttlSecondsAfterFinished: 3",
        "completionMode: NonIndexed",
        "suspend: true",
    ] {
        let name = field.split(':').next().expect("a name");
        let moved = format!("spec:\n  {field}\n  manualSelector: false\n");
        for (indent, place) in
            [("      ", "spec.template.spec"), ("        ", "spec.template.spec.containers[0]")]
        {
            let lines = format!("{indent}{field}\n");
            let (pod, container) = if indent.len() == 6 {
                (format!("{lines}{NEVER}"), "")
            } else {
                (NEVER.to_owned(), lines.as_str())
            };
            let text = job("  manualSelector: false\n", &pod, container);
            let found = diagnose(&text).into_iter().find(|found| found.severity == Error).expect("an error");
            assert_eq!(found.message, format!("unknown field \"{place}.{name}\""));
            assert!(found.explanation.ends_with("нужен в spec."), "{found:?}");
            let fix = found.fix.expect("a fix");
            let after =
                format!("{}{}{}", &text[..fix.span.start.offset], fix.text, &text[fix.span.end.offset..]);
            assert!(after.contains(&moved), "{after}");
            assert!(diagnose(&after).iter().all(|left| left.severity != Error), "{after}");
        }
    }
}

#[test]
fn misplaced_elsewhere() {
    let inside = "  template:\n    activeDeadlineSeconds: 9\n";
    check(
        &good("").replace("  template:\n", inside),
        &expect(
            8,
            Error,
            "unknown field \"spec.template.activeDeadlineSeconds\"",
            "нужен в spec.",
            Line("spec:\n  activeDeadlineSeconds: 9\n  backoffLimit"),
        ),
    );
    check(
        &job(ONCE, &format!("{NEVER}      command: [\"sleep\", \"5\"]\n"), ""),
        &expect(
            10,
            Error,
            "unknown field \"spec.template.spec.command\"",
            "нужен в spec.template.spec.containers.",
            Line("      - command: [\"sleep\", \"5\"]\n        name: main\n"),
        ),
    );
    check(
        &job(ONCE, &format!("{NEVER}      args:\n      - a\n      - b\n"), ""),
        &expect(
            10,
            Error,
            "unknown field \"spec.template.spec.args\"",
            "",
            Line("      - args:\n        - a\n        - b\n        name: main\n"),
        ),
    );
    check(
        &good("").replace("  backoffLimit: 4\n", "").replace("kind: Job\n", "kind: Job\nbackoffLimit: 4\n"),
        &expect(
            3,
            Error,
            "unknown field \"backoffLimit\"",
            "стоит в начале манифеста",
            Line("spec:\n  backoffLimit: 4\n  template"),
        ),
    );
}

#[test]
fn misspelt_fields() {
    let spec = |line: &str| job(&format!("  {line}\n"), NEVER, "");
    for (line, right) in [
        ("backofflimit: 4", "  backoffLimit: 4\n"),
        ("backoff_limit: 4", "  backoffLimit: 4\n"),
        ("backoffLimits: 4", "  backoffLimit: 4\n"),
        ("retries: 4", "  backoffLimit: 4\n"),
        ("completion: 4", "  completions: 4\n"),
        ("replicas: 1", "  parallelism: 1\n"),
        ("timeout: 4", "  activeDeadlineSeconds: 4\n"),
    ] {
        check(&spec(line), &expect(6, Error, "unknown field \"spec.", "", Line(right)));
    }
    check(
        &good("        cmd: [a]\n"),
        &expect(
            13,
            Error,
            "unknown field \"spec.template.spec.containers[0].cmd\"",
            "",
            Line("command: [a]"),
        ),
    );
    check(
        &job(ONCE, &format!("{NEVER}      backofflimit: 3\n"), ""),
        &expect(10, Error, "unknown field", "Похоже на «backoffLimit», место которому в spec.", NoFix),
    );
    check(
        &good("").replace("name: hello", "name: Hello_1"),
        &expect(4, Error, "RFC 1123", "", Line("name: hello-1\n")),
    );
}

#[test]
fn wrong_types() {
    let container = |lines: &str| good(&format!("        {lines}\n"));
    let command = |fixed: &'static str| {
        expect(13, Error, "cannot unmarshal string into Go struct field Container", "", Line(fixed))
    };
    check(&container("command: sleep 5"), &command("command: [\"sh\", \"-c\", \"sleep 5\"]"));
    check(&container("args: \"5\""), &command("args: [\"5\"]"));
    check(
        &container("env:\n          A: b\n          C: 5"),
        &expect(
            14,
            Error,
            "cannot unmarshal object",
            "список пар",
            Line(
                "          - name: A\n            value: \"b\"\n          - name: C\n            value: \"5\"\n",
            ),
        ),
    );
    check(
        &container("env:\n        - {name: A, value: 5}"),
        &expect(14, Error, "cannot unmarshal number", "", Line("value: \"5\"")),
    );
    check(
        &good("").replace(
            "      - name: main\n        image: busybox\n",
            "        name: main\n        image: busybox\n",
        ),
        &expect(
            11,
            Error,
            "cannot unmarshal object",
            "containers — это список",
            Line("        - name: main\n          image: busybox\n"),
        ),
    );
    let spec = |line: &str| job(&format!("{ONCE}  {line}\n"), NEVER, "");
    check(&spec("completions: \"5\""), &expect(7, Error, "of type int32", "", Line("completions: 5\n")));
    check(&spec("completions: пять"), &expect(7, Error, "of type int32", "", NoFix));
    check(&spec("completions: 2.5"), &expect(7, Error, "cannot unmarshal number 2.5", "целое число", NoFix));
    check(
        &spec("suspend: \"yes\""),
        &expect(7, Error, "of type bool", "true или false", Line("suspend: true\n")),
    );
    check(
        &good("        resources: {limits: {memory: 128m}}\n"),
        &expect(13, Warning, "fractional byte value", "тысячная", Line("memory: 128Mi")),
    );
}

#[test]
fn texts_kinds_and_keys() {
    let found = diagnose("kind: Job\nmetadata:\n\tname: hello\n").remove(0);
    assert!(
        found.message.ends_with("yaml: line 3: found character that cannot start any token"),
        "{found:?}"
    );
    assert_eq!(found.fix.expect("a fix").text, "  ");
    let text = job("  backoffLimit: 2\n  backoffLimit: 3\n", NEVER, "");
    check(&text, &expect(7, Warning, "", "последнее значение", NoFix));
    let no_matches =
        |kind: &str, version: &str| format!("no matches for kind {kind:?} in version {version:?}");
    for (written, right) in [("batch/v1beta1", "batch/v1"), ("v1", "batch/v1"), ("apps/v1", "batch/v1")] {
        let text = good("").replace("batch/v1", written);
        check(
            &text,
            &expect(1, Error, &no_matches("Job", written), "", Line(&format!("apiVersion: {right}\n"))),
        );
    }
    check(
        &good("").replace("Job", "job"),
        &expect(2, Error, &no_matches("job", "batch/v1"), "", Line("kind: Job\n")),
    );
    check("hello\n", &expect(1, Error, "invalid object to validate", "", NoFix));
}

#[test]
fn habits_of_jobs() {
    let check_hint = |spec: &str, policy: &str, line: usize, explanation: &str, fix: After| {
        let text = job(spec, &format!("      restartPolicy: {policy}\n"), "");
        check(&text, &expect(line, Hint, "", explanation, fix));
    };
    let once = "spec:\n  backoffLimit: 0\n  completions: 1\n";
    check_hint("  completions: 1\n", "Never", 9, "не значит «один запуск»", Line(once));
    check_hint("  backoffLimit: 1\n", "OnFailure", 6, "исчезнет вместе с журналом", NoFix);
    check_hint("  ttlSecondsAfterFinished: 600\n", "OnFailure", 6, "не сбережёт журнал", NoFix);
    check_hint("  backoffLimit: 1\n  completions: 9\n  parallelism: 5\n", "Never", 6, "хватит 2", NoFix);
    check_hint("  parallelism: 3\n", "OnFailure", 6, "очередь работ", NoFix);
    check_hint(
        "  completions: 2\n  parallelism: 3\n",
        "OnFailure",
        7,
        "вместе запустятся 2",
        Line("parallelism: 2\n"),
    );
    check_hint("  parallelism: 0\n", "OnFailure", 6, "подов не будет", NoFix);
    check_hint("  completions: 0\n", "OnFailure", 6, "ни одного пода", NoFix);
    check_hint("  ttlSecondsAfterFinished: 0\n", "OnFailure", 6, "журнал прочитать не успеть", NoFix);
    check_hint("  activeDeadlineSeconds: 0\n", "OnFailure", 6, "DeadlineExceeded", NoFix);
    let text = job(ONCE, &format!("      activeDeadlineSeconds: 5\n{NEVER}"), "");
    check(&text, &expect(9, Hint, "", "каждый под", NoFix));
    check(&good("      - {name: log, image: busybox}\n"), &expect(13, Hint, "", "все его контейнеры", NoFix));
    check(
        &good("").replace("  name: hello", "  generateName: hello-"),
        &expect(4, Hint, "", "kubectl create -f", NoFix),
    );
}

#[test]
fn schedules() {
    let cron_job = |name: &str, schedule: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: {name}\nspec:\n  schedule: \"{schedule}\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n          - name: main\n            image: busybox\n"
        )
    };
    assert_eq!(diagnose(&cron_job("hello", "*/5 3 * * 1-5")), []);
    check(
        &cron_job("hello", "* 3 * * *"),
        &expect(6, Hint, "", "шестьдесят запусков", Line("\"0 3 * * *\"")),
    );
    check(&cron_job("hello", "0 3 13 * 5"), &expect(6, Hint, "", "это «или»", NoFix));
    check(
        &cron_job(&"a".repeat(53), "0 3 * * *"),
        &expect(4, Error, "must be no more than 52 characters", "", NoFix),
    );
    let text = cron_job("hello", "0 3 * * *").replace("  jobTemplate", "  backoffLimit: 2\n  jobTemplate");
    check(
        &text,
        &expect(
            7,
            Error,
            "unknown field \"spec.backoffLimit\"",
            "нужен в spec.jobTemplate.spec.",
            Line("    spec:\n      backoffLimit: 2\n      template"),
        ),
    );
}

#[test]
fn commands() {
    let cases = [
        ("[\"exit 1\"]", "имя одной программы", Line("[\"sh\", \"-c\", \"exit 1\"]")),
        ("[exit, \"1\"]", "команда оболочки", Line("[\"sh\", \"-c\", \"exit 1\"]")),
        (
            "[echo, a, \"&&\", echo, b]",
            "просто ещё один аргумент",
            Line("[\"sh\", \"-c\", \"echo a && echo b\"]"),
        ),
        ("[echo, $HOME]", "$(HOME)", NoFix),
        ("[sh, echo hi]", "Без -c", Line("[\"sh\", \"-c\", \"echo hi\"]")),
        ("[/bin/sh, -c, echo, hi]", "выполнит «echo»", Line("[\"/bin/sh\", \"-c\", \"echo hi\"]")),
        ("[sh, -c]", "нужен текст программы", NoFix),
        ("[sh, -c, \"echo $JOB_COMPLETION_INDEX\"]", "completionMode: Indexed", NoFix),
    ];
    for (command, explanation, fix) in cases {
        check(&good(&format!("        command: {command}\n")), &expect(13, Hint, "", explanation, fix));
    }
}

#[test]
fn characters_of_copied_texts() {
    let spaces = good("").replace("  name: hello", "\u{a0}\u{a0}name:\u{a0}hello");
    check(&spaces, &expect(4, Warning, "", "неразрывный пробел", Line("  name: hello")));
    let quotes = good("        command: [“sh”, “-c”, “echo hi”]\n");
    check(&quotes, &expect(13, Warning, "", "типографские кавычки", Line("[\"sh\", \"-c\", \"echo hi\"]")));
    for fine in ["        command: [\"echo\", \"«да», “да”\"]\n", "        # «да»: «нет» и\u{a0}всё\n"]
    {
        assert_eq!(diagnose(&good(fine)), [], "{fine}");
    }
}

#[test]
fn kinds_of_the_group_that_do_not_exist() {
    let wrong = |kind: &str| good("").replace("kind: Job", &format!("kind: {kind}"));
    check(&wrong("Jobb"), &expect(2, Error, "no matches for kind \"Jobb\"", "", Line("kind: Job")));
    let fix = diagnose(&wrong("CronJobs")).remove(0).fix.expect("a fix");
    assert_eq!(fix.text, "CronJob");
}
