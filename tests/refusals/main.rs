//! Manifests that a real server refuses, one rule each: what `kubectl apply` prints, read off upstream's source.

use std::collections::BTreeMap;

use zadachnik::base::Duration;
use zadachnik::session::{Session, SessionOptions};

mod templates;

const HEAD: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\n";
const CONTAINER: &str = "      containers:\n      - name: main\n        image: busybox:1.36\n";

/// A Job with more lines in its spec, its pod and its container.
fn job(spec: &str, pod: &str, container: &str) -> String {
    let pod = if pod.contains("restartPolicy") {
        pod.to_owned()
    } else {
        format!("{pod}      restartPolicy: Never\n")
    };
    format!("{HEAD}spec:\n{spec}  template:\n    spec:\n{pod}{CONTAINER}{container}")
}

fn cron_job(lines: &str) -> String {
    let job = "  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - name: main\n            image: busybox\n";
    format!("{}spec:\n{lines}{job}", HEAD.replace("kind: Job", "kind: CronJob"))
}

/// What `kubectl apply -f FILE` prints.
fn apply(name: &str, text: &str) -> String {
    let files = BTreeMap::from([(name.to_owned(), text.to_owned())]);
    let mut session = Session::new(SessionOptions { files, ..SessionOptions::default() });
    session.run_line(&format!("kubectl apply -f {name}"), Duration::from_secs(60));
    session.terminal().blocks.last().map(|block| block.streams_text()).unwrap_or_default()
}

fn check(text: &str, expected: &str) {
    assert_eq!(apply("a.yaml", text).trim_end(), expected, "{text}");
}

/// The violated rules alone: `FIELD: TYPE: VALUE: DETAIL`, those of several in order.
fn check_rules(text: &str, expected: &[&str]) {
    let kind = if text.contains("kind: CronJob") { "CronJob" } else { "Job" };
    let expected = match expected {
        [] => format!("{}.batch/hello created", kind.to_lowercase()),
        [one] => format!("The {kind} \"hello\" is invalid: {one}"),
        several => format!("The {kind} \"hello\" is invalid: \n* {}", several.join("\n* ")),
    };
    check(text, &expected);
}

/// What the server's decoder says.
fn check_decoding(text: &str, expected: &str) {
    let about = "Error from server (BadRequest): error when creating \"a.yaml\": Job in version \"v1\" cannot be handled as a Job";
    check(text, &format!("{about}: {expected}"));
}

#[test]
fn names_and_selectors() {
    let long = "a".repeat(62);
    check(
        &job("  completionMode: Indexed\n  completions: 11\n", "", "").replace("hello", &long),
        &format!(
            "The Job \"{long}\" is invalid: metadata.name: Invalid value: \"{long}\": will not able to create pod with \
             invalid DNS label: {long}-10"
        ),
    );
    check_rules(
        &job("  manualSelector: true\n", "", ""),
        &[
            "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        ],
    );
    check_rules(
        &job("", "", "").replace("  name: hello\n", "  name: hello\n  finalizers: [foo]\n"),
        &[
            "metadata.finalizers[0]: Invalid value: \"foo\": name is neither a standard finalizer name nor is it fully qualified",
        ],
    );
    check_rules(
        &job("", "", "")
            .replace("  name: hello\n", "  name: hello\n  ownerReferences:\n  - kind: Job\n    name: x\n"),
        &[
            "metadata.ownerReferences.apiVersion: Invalid value: \"\": apiVersion must not be empty",
            "metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty",
        ],
    );
    // The old labels are told before those with a prefix.
    let labels = "  template:\n    metadata:\n      labels:\n        job-name: other\n        batch.kubernetes.io/job-name: third\n";
    let told = apply("a.yaml", &job("", "", "").replace("  template:\n", labels));
    let fields: Vec<&str> = told.lines().skip(1).filter_map(|line| line.split(':').next()).collect();
    assert_eq!(
        fields,
        [
            "* spec.template.metadata.labels[job-name]",
            "* spec.template.metadata.labels[batch.kubernetes.io/job-name]"
        ]
    );
}

#[test]
fn policies() {
    let rule = |lines: &str| job(&format!("  podFailurePolicy:\n    rules:\n    - {lines}\n"), "", "");
    check_rules(
        &rule("{action: FailJob, onExitCodes: {operator: In, values: []}}"),
        &[
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: []: at least one value is required",
        ],
    );
    check_rules(
        &rule("{action: FailJob, onExitCodes: {operator: In}}"),
        &[
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: null: at least one value is required",
        ],
    );
    check_rules(&job("  podFailurePolicy: {}\n", "", ""), &[]);
    check_rules(
        &job("  successPolicy: {rules: []}\n", "", ""),
        &["spec.successPolicy: Invalid value: {\"Rules\":[]}: requires indexed completion mode"],
    );
    check_rules(
        &job("  managedBy: Example.com/a b\n", "", ""),
        &[
            "spec.managedBy: Invalid value: \"Example.com\": a lowercase RFC 1123 subdomain must consist of lower case \
             alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            "spec.managedBy: Invalid value: \"a b\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
        ],
    );
}

#[test]
fn host_ports() {
    let ports =
        "        ports:\n        - {containerPort: 80, hostPort: 81}\n        - {containerPort: 90}\n";
    check_rules(
        &job("", "      hostNetwork: true\n", ports),
        &[
            "spec.template.spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
        ],
    );
}

#[test]
fn warnings() {
    let cases = [
        (
            job("  completionMode: Indexed\n  completions: 200000\n  parallelism: 20000\n", "", ""),
            "Warning: spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than \
             10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail\n",
        ),
        (
            job(
                "",
                "",
                "        env:\n        - {name: A, value: x}\n        - {name: A, value: \"$(A)y\"}\n",
            ),
            "",
        ),
        (
            job(
                "",
                "",
                "        ports:\n        - {containerPort: 80}\n        - {containerPort: 80, hostPort: 81}\n",
            ),
            "Warning: spec.template.spec.containers[0].ports[1]: overlapping port definition with \
             spec.template.spec.containers[0].ports[0]\n",
        ),
        (
            job(
                "",
                "      topologySpreadConstraints:\n      - {maxSkew: 1, topologyKey: beta.kubernetes.io/os, whenUnsatisfiable: ScheduleAnyway}\n",
                "",
            ),
            "Warning: spec.template.spec.topologySpreadConstraints[0].topologyKey: beta.kubernetes.io/os is deprecated \
             since v1.14; use \"kubernetes.io/os\" instead\n\
             Warning: spec.template.spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in \
             matching no pod\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(apply("a.yaml", &text), format!("{expected}job.batch/hello created\n"), "{text}");
    }
}

#[test]
fn wrong_types() {
    let cases = [
        (
            job("  suspend: \"yes\"\n", "", ""),
            "json: cannot unmarshal string into Go struct field JobSpec.spec.suspend of type bool",
        ),
        (
            job("  activeDeadlineSeconds: 99999999999999999999\n", "", ""),
            "json: cannot unmarshal number 100000000000000000000 into Go struct field \
             JobSpec.spec.activeDeadlineSeconds of type int64",
        ),
        (
            job("  activeDeadlineSeconds: 9223372036854775808\n", "", ""),
            "json: cannot unmarshal number 9223372036854776000 into Go struct field \
             JobSpec.spec.activeDeadlineSeconds of type int64",
        ),
        (
            job("", "", "        env: {A: b}\n"),
            "json: cannot unmarshal object into Go struct field Container.spec.template.spec.containers.env of type []v1.EnvVar",
        ),
        (
            job("", "      restartPolicy: [Never]\n", ""),
            "json: cannot unmarshal array into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy",
        ),
        (
            job("", "", "        resources: {limits: [cpu]}\n"),
            "json: cannot unmarshal array into Go struct field \
             ResourceRequirements.spec.template.spec.containers.resources.limits of type v1.ResourceList",
        ),
        (
            job("", "", "        resources: {limits: {cpu: 1x}}\n"),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            job(
                "  backoffLimit: 2\n",
                "      backoffLimit: 3\n      retries: 1\n",
                "        restartpolicy: x\n",
            ),
            "strict decoding error: unknown field \"spec.template.spec.backoffLimit\", unknown field \
             \"spec.template.spec.containers[0].restartpolicy\", unknown field \"spec.template.spec.retries\"",
        ),
    ];
    for (text, expected) in cases {
        check_decoding(&text, expected);
    }
}

#[test]
fn texts_that_are_no_manifests() {
    let validating = |told: &str| {
        format!(
            "error: error validating \"a.yaml\": error validating data: {told}; if you choose to ignore these errors, turn \
             validation off with --validate=false"
        )
    };
    let whole = job("", "", "");
    let parsing = |told: &str| format!("error: error parsing a.yaml: {told}");
    let cases = [
        ("hello\n".to_owned(), validating("invalid object to validate")),
        ("foo: bar\n".to_owned(), validating("[apiVersion not set, kind not set]")),
        (whole.replace("batch/v1", "1"), validating("apiVersion isn't string type")),
        (whole.replace("kind: Job", "kind: 5"), validating("kind isn't string type")),
        (whole.replace("batch/v1", "a/b/c"), validating("unexpected GroupVersion string: a/b/c")),
        (format!("{whole}----\n{whole}"), parsing("invalid Yaml document separator: -")),
        (
            whole.replace("busybox:1.36", "{{ .Values.image }}"),
            parsing(
                "error converting YAML to JSON: yaml: invalid map key: map[interface {}]interface {}{\".Values.image\":interface {}(nil)}",
            ),
        ),
        (
            whole.replace("metadata:\n  name: hello\n", "metadata: []\n"),
            "error: unable to decode \"a.yaml\": json: cannot unmarshal array into Go struct field \
             metadataOnlyObject.metadata of type v1.ObjectMeta"
                .to_owned(),
        ),
        (
            whole.replace("batch/v1", "batch\\v1"),
            "error: resource mapping not found for name: \"hello\" namespace: \"\" from \"a.yaml\": no matches for \
             kind \"Job\" in version \"batch\\\\v1\"\nensure CRDs are installed first"
                .to_owned(),
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: batch/v1, kind: Foo, metadata: {name: x}}\n".to_owned(),
            "unable to recognize no matches for kind \"Foo\" in version \"batch/v1\"".to_owned(),
        ),
        (
            whole.replace("name: hello", "name: he/ll%o"),
            "error: error when retrieving current configuration of:\nResource: \"batch/v1, Resource=jobs\", \
             GroupVersionKind: \"batch/v1, Kind=Job\"\nName: \"he/ll%o\", Namespace: \"default\"\nfrom server for: \
             \"a.yaml\": invalid resource name \"he/ll%o\": [may not contain '/' may not contain '%']"
                .to_owned(),
        ),
        (whole.replace("  name: hello", "  name: hello\n  resourceVersion: '5'"), "job.batch/hello created".to_owned()),
        // Fields without a value are not sent, unknown as they may be.
        (whole.replace("spec:\n  template", "spec:\n  foo:\n  template"), "job.batch/hello created".to_owned()),
        // A document without a kind ends the file; what was before it is applied.
        (
            format!("{whole}---\nfoo: bar\n---\n{}", whole.replace("hello", "second")),
            format!("job.batch/hello created\n{}", validating("[apiVersion not set, kind not set]")),
        ),
    ];
    for (text, expected) in cases {
        let told = apply("a.yaml", &text);
        let mut lines: Vec<&str> = told.trim_end().lines().collect();
        // The streams come apart: order does not matter here.
        lines.sort_unstable();
        let mut expected: Vec<&str> = expected.lines().collect();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{text}");
    }
}

#[test]
fn cron_jobs() {
    let schedule = |text: &str| cron_job(&format!("  schedule: \"{text}\"\n"));
    let cases = [
        ("0 * * * * *", "expected exactly 5 fields, found 6: [0 * * * * *]"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("* * * * 8", "end of range (8) above maximum (6): 8"),
        ("@reboot", "unrecognized descriptor: @reboot"),
        ("a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"),
    ];
    for (text, detail) in cases {
        check_rules(&schedule(text), &[&format!("spec.schedule: Invalid value: \"{text}\": {detail}")]);
    }
    check_rules(
        &cron_job("  schedule: \"* * * * *\"\n  timeZone: local\n  failedJobsHistoryLimit: -1\n"),
        &[
            "spec.timeZone: Invalid value: \"local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
            "spec.timeZone: Invalid value: \"local\": unknown time zone local",
            "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
        ],
    );
}
