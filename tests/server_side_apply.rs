//! `kubectl apply --server-side`: managers, conflicts, fields that go with their only manager.

use std::collections::BTreeMap;

use zadachnik::base::Duration;
use zadachnik::session::log::Input;
use zadachnik::session::{Session, SessionOptions};

const ADVICE: &str = "Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
";

fn job(labels: &str, spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\n  labels: {{{labels}}}\nspec:\n  suspend: true\n{spec}  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox\n"
    )
}

fn started(files: &[(&str, String)]) -> Session {
    let files: BTreeMap<_, _> = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    Session::new(SessionOptions { files, ..SessionOptions::default() })
}

fn run(session: &mut Session, line: &str) -> String {
    session.perform(Input::Line(format!("kubectl {line}")));
    let limit = session.now() + Duration::from_secs(60);
    while session.is_busy() {
        match session.next_event_at().filter(|next| *next <= limit) {
            Some(next) => session.run_until(next),
            None => session.perform(Input::Interrupt),
        }
    }
    session.terminal().blocks.last().map(|block| block.streams_text()).unwrap_or_default()
}

/// Command lines with what each prints.
fn check(files: &[(&str, String)], lines: &[(&str, &str)]) {
    let mut session = started(files);
    for (line, expected) in lines {
        assert_eq!(run(&mut session, line), *expected, "kubectl {line}");
    }
}

const SERVER_SIDE: &str = "job.batch/hello serverside-applied\n";
const COUNTS: &str = "get job hello -o jsonpath='{.spec.parallelism} {.spec.completions} {.metadata.labels}'";

#[test]
fn a_conflict_with_client_side_apply() {
    let conflict = format!(
        "error: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using batch/v1: .spec.parallelism\n{ADVICE}"
    );
    check(
        &[("a.yaml", job("a: b, c: d", "  parallelism: 1\n")), ("b.yaml", job("a: b", "  parallelism: 2\n"))],
        &[
            ("apply -f a.yaml", "job.batch/hello created\n"),
            ("apply -f b.yaml --server-side", &conflict),
            (
                "apply -f b.yaml --server-side --force-conflicts --dry-run=server",
                "job.batch/hello serverside-applied (server dry run)\n",
            ),
            (COUNTS, "1  {\"a\":\"b\",\"c\":\"d\"}"),
            ("apply -f b.yaml --server-side --force-conflicts", SERVER_SIDE),
            // What client-side apply had went over with it, and the label that is no longer wanted is gone.
            (COUNTS, "2  {\"a\":\"b\"}"),
            ("apply -f b.yaml --server-side", SERVER_SIDE),
            ("apply -f b.yaml", "job.batch/hello unchanged\n"),
        ],
    );
}

#[test]
fn managers_share_fields_and_the_last_takes_them_along() {
    let several = format!(
        "error: Apply failed with 2 conflicts: conflicts with \"kubectl\":\n- .metadata.labels.a\n- .spec.parallelism\n{ADVICE}"
    );
    let patched = format!(
        "error: Apply failed with 1 conflict: conflict with \"kubectl-patch\" using batch/v1: .spec.parallelism\n{ADVICE}"
    );
    let bare = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\n";
    check(
        &[
            ("a.yaml", job("a: b", "  parallelism: 1\n")),
            ("other.yaml", format!("{bare}  labels: {{a: x, own: x}}\nspec: {{parallelism: 3}}\n")),
            ("same.yaml", format!("{bare}  labels: {{own: x}}\nspec: {{parallelism: 1}}\n")),
            ("less.yaml", format!("{bare}spec: {{parallelism: 1}}\n")),
        ],
        &[
            ("apply -f a.yaml --server-side", SERVER_SIDE),
            ("apply -f other.yaml --server-side --field-manager=team", &several),
            ("apply -f same.yaml --server-side --field-manager=team", SERVER_SIDE),
            (COUNTS, "1  {\"a\":\"b\",\"own\":\"x\"}"),
            ("apply -f less.yaml --server-side --field-manager=team", SERVER_SIDE),
            (COUNTS, "1  {\"a\":\"b\"}"),
            ("patch job hello -p '{\"spec\":{\"parallelism\":4}}'", "job.batch/hello patched\n"),
            ("apply -f a.yaml --server-side", &patched),
            (
                "get job hello --show-managed-fields -o jsonpath='{range .metadata.managedFields[*]}{.manager} {.operation} {.fieldsV1.f:metadata}{\"\\n\"}{end}'",
                "kubectl Apply {\"f:labels\":{\"f:a\":{}}}\nkube-controller-manager Update \nkubectl-patch Update \n",
            ),
        ],
    );
}

#[test]
fn who_owns_what_is_shown_as_a_cluster_shows_it() {
    let fields = |object: &str, field: &str| {
        format!(
            "get {object} --show-managed-fields -o jsonpath='{{range ..managedFields[*]}}{{.manager}} {{.subresource}} {{.fieldsV1.{field}}}{{\"\\n\"}}{{end}}'"
        )
    };
    let limits = "  parallelism: 1\n".to_owned() + "  backoffLimit: 0\n";
    let manifest = job("a: b", &limits).replace("suspend: true", "suspend: false")
        + "        args: [echo, x]\n        env: [{name: A, value: b}]\n        resources: {limits: {cpu: 100m}}\n";
    let container = concat!(
        r#"{".":{},"f:args":{},"f:env":{".":{},"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"#,
        r#""f:resources":{".":{},"f:limits":{".":{},"f:cpu":{}}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}"#,
    );
    let template = format!(
        r#"{{"f:spec":{{"f:containers":{{"k:{{\"name\":\"main\"}}":{container}}},"f:dnsPolicy":{{}},"f:restartPolicy":{{}},"f:schedulerName":{{}},"f:securityContext":{{}},"f:terminationGracePeriodSeconds":{{}}}}}}"#
    );
    let owner = r#""f:ownerReferences":{".":{},"k:{\"uid\":\"#;
    let labels = r#""f:labels":{".":{},"f:batch.kubernetes.io/controller-uid":{},"f:batch.kubernetes.io/job-name":{},"f:controller-uid":{},"f:job-name":{}}"#;
    let mut session = started(&[("a.yaml", manifest)]);
    assert_eq!(run(&mut session, "create -f a.yaml"), "job.batch/hello created\n");
    run(&mut session, "wait --for=condition=Complete job/hello");
    assert_eq!(
        run(&mut session, &fields("job hello", "f:spec.f:template")),
        format!("kubectl-create  {template}\nkube-controller-manager status \n")
    );
    assert_eq!(
        run(&mut session, &fields("job hello", "f:status")),
        "kubectl-create  \nkube-controller-manager status {\"f:completionTime\":{},\"f:conditions\":{},\"f:ready\":{},\"f:startTime\":{},\"f:succeeded\":{},\"f:terminating\":{},\"f:uncountedTerminatedPods\":{}}\n"
    );
    // What admission and binding added is nobody's, and the finalizer went with its last owner.
    run(&mut session, "label pods --all x=y");
    let of_pod = run(&mut session, &fields("pods", "f:metadata"));
    assert!(
        of_pod.starts_with(&format!("kube-controller-manager  {{\"f:generateName\":{{}},{labels},{owner}")),
        "{of_pod}"
    );
    assert!(of_pod.contains("kubectl-label  {\"f:labels\":{\"f:x\":{}}}\n"), "{of_pod}");
    let of_spec = run(&mut session, &fields("pods", "f:spec"));
    assert!(!of_spec.contains("f:nodeName") && !of_spec.contains("f:tolerations"), "{of_spec}");
}

#[test]
fn who_takes_a_field_of_its_own_away_has_written_then() {
    let mut session = started(&[("a.yaml", job("a: b", "  parallelism: 1\n"))]);
    run(&mut session, "create -f a.yaml");
    run(&mut session, "label job hello c=d e=f");
    let time = "get job hello --show-managed-fields -o jsonpath='{.metadata.managedFields[?(@.manager==\"kubectl-label\")].time}'";
    let before = run(&mut session, time);
    let later = session.now() + Duration::from_secs(5);
    session.run_until(later);
    run(&mut session, "label job hello c-");
    let after = run(&mut session, time);
    assert!(!before.is_empty() && before < after, "{before} {after}");
}

#[test]
fn managed_fields_that_a_manifest_brings_along_are_not_kept() {
    let mut session = started(&[("a.yaml", job("a: b", "  parallelism: 1\n"))]);
    run(&mut session, "create -f a.yaml");
    let all = "get job hello -o yaml --show-managed-fields";
    assert!(
        run(&mut session, all)
            .contains("  managedFields:\n  - apiVersion: batch/v1\n    fieldsType: FieldsV1\n")
    );
    run(&mut session, "label job hello c=d");
    assert_eq!(run(&mut session, &format!("{all} | kubectl replace -f -")), "job.batch/hello replaced\n");
    let shown = run(&mut session, "get job hello -o yaml");
    assert!(shown.contains("c: d") && !shown.contains("managedFields"), "{shown}");
    run(&mut session, "create configmap settings --from-literal=a=b");
    let all = "get configmap settings -o yaml --show-managed-fields | sed /resourceVersion:/d > b.yaml";
    assert_eq!(run(&mut session, all), "");
    run(&mut session, "delete configmap settings");
    assert_eq!(run(&mut session, "create -f b.yaml"), "configmap/settings created\n");
    assert!(!run(&mut session, "get configmap settings -o yaml").contains("managedFields"));
}

#[test]
fn what_does_not_fit_is_told() {
    let typed =
        "Error from server: failed to create typed patch object (default/hello; batch/v1, Kind=Job): ";
    let unknown = format!("{typed}.spec.foo: field not declared in schema\n");
    let wrong = format!(
        "{typed}errors:\n  .spec.completions: expected numeric (int or float), got string\n  .spec.template.spec.containers[name=\"main\"].img: field not declared in schema\n"
    );
    check(
        &[
            ("a.yaml", job("", "")),
            ("unknown.yaml", job("", "  foo: 1\n")),
            ("wrong.yaml", job("", "  completions: \"5\"\n").replace("image:", "img:")),
            ("template.yaml", job("", "").replace("busybox", "alpine")),
        ],
        &[
            ("apply -f unknown.yaml --server-side", &unknown),
            ("apply -f wrong.yaml --server-side", &wrong),
            (
                "apply -f a.yaml --server-side --dry-run=client",
                "error: --dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)\n",
            ),
            ("apply -f a.yaml --force-conflicts", "error: --force-conflicts only works with --server-side\n"),
            ("apply -f a.yaml --server-side", SERVER_SIDE),
            (
                "patch job hello --type=merge -p '{\"spec\":{\"foo\":1}}'",
                "Warning: unknown field \"spec.foo\"\njob.batch/hello patched (no change)\n",
            ),
        ],
    );
}
