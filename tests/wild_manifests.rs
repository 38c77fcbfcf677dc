//! Manifests that people paste from the documentation: each is accepted and ends as its page says.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod support;

use support::Desk;

fn job(name: &str, spec: &str, template: &str) -> String {
    let indent = |text: &str, by: usize| {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect::<String>()
    };
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\nspec:\n{}  template:\n    spec:\n{}",
        indent(spec, 2),
        indent(template, 6)
    )
}

fn applied(manifest: &str) -> Desk {
    let mut desk = Desk::new(1, &[("job.yaml", manifest)]);
    let answer = desk.line("kubectl apply -f job.yaml");
    assert!(answer.lines().all(|line| line.ends_with(" created")), "{answer}");
    desk
}

/// Lets time pass until the Job has the condition, and answers a value of its status.
fn status(desk: &mut Desk, name: &str, condition: &str, path: &str) -> String {
    let met = desk.line(&format!("kubectl wait --for=condition={condition} job/{name} --timeout=30m"));
    assert_eq!(met, format!("job.batch/{name} condition met\n"), "{}", desk.line("kubectl get jobs,pods"));
    desk.line(&format!("kubectl get job {name} -o jsonpath='{path}'"))
}

const PI: &str = "containers:\n- name: pi\n  image: perl:5.34.0\n  command: [\"perl\",  \"-Mbignum=bpi\", \"-wle\", \"print bpi(2000)\"]\nrestartPolicy: Never";

#[test]
fn pi_is_computed_with_and_without_limits() {
    for (name, spec) in [
        ("pi", "backoffLimit: 4"),
        ("pi-with-timeout", "backoffLimit: 5\nactiveDeadlineSeconds: 100"),
        ("pi-with-ttl", "ttlSecondsAfterFinished: 100"),
    ] {
        let mut desk = applied(&job(name, spec, PI));
        assert_eq!(status(&mut desk, name, "complete", "{.status.succeeded}"), "1");
        assert!(desk.line(&format!("kubectl logs jobs/{name}")).starts_with("3.14159265358979"));
    }
    let mut desk = applied(&job("pi-with-ttl", "ttlSecondsAfterFinished: 100", PI));
    desk.advance(150.0);
    assert_eq!(desk.line("kubectl get jobs,pods"), "No resources found in default namespace.\n");
}

#[test]
fn an_index_may_fail_on_its_own() {
    let spec = "completions: 10\nparallelism: 3\ncompletionMode: Indexed\nbackoffLimitPerIndex: 1\nmaxFailedIndexes: 5";
    let template = "restartPolicy: Never
containers:
- name: example
  image: python
  command:
  - python3
  - -c
  - |
    import os, sys
    print(\"Hello world\")
    if int(os.environ.get(\"JOB_COMPLETION_INDEX\")) % 2 == 0:
      sys.exit(1)";
    let mut desk = applied(&job("per-index", spec, template));
    let path = "{.status.completedIndexes} {.status.failedIndexes} {.status.succeeded} {.status.failed} {.status.conditions[*].type} {.status.conditions[-1].reason}";
    assert_eq!(
        status(&mut desk, "per-index", "failed", path),
        "1,3,5,7,9 0,2,4,6,8 5 10 FailureTarget Failed FailedIndexes"
    );
}

#[test]
fn a_policy_fails_one_index_at_once() {
    let spec =
        "completions: 4\nparallelism: 2\ncompletionMode: Indexed\nbackoffLimit: 6\nbackoffLimitPerIndex: 1
podFailurePolicy:
  rules:
  - action: FailIndex
    onExitCodes:
      containerName: main
      operator: In
      values: [42]";
    let template = "restartPolicy: Never
containers:
- name: main
  image: docker.io/library/python:3
  command:
  # the index decides
  - python3
  - -c
  - |
    import os, sys
    index = int(os.environ.get(\"JOB_COMPLETION_INDEX\"))
    if index == 0:
      sys.exit(1)
    elif index == 1:
      sys.exit(42)
    else:
      sys.exit(0)";
    let mut desk = applied(&job("fail-index", spec, template));
    let path = "{.status.completedIndexes} {.status.failedIndexes} {.status.failed}";
    assert_eq!(status(&mut desk, "fail-index", "failed", path), "2,3 0,1 3");
}

#[test]
fn an_exit_code_fails_the_job_and_disruptions_do_not_count() {
    let policy = "podFailurePolicy:
  rules:
  - action: FailJob
    onExitCodes:
      containerName: main
      operator: In
      values: [42]
  - action: Ignore
    onPodConditions:
    - type: DisruptionTarget";
    let main = |script: &str| {
        format!(
            "restartPolicy: Never\ncontainers:\n- name: main\n  image: docker.io/library/bash:5\n  command: [\"bash\"]\n  args:\n  - -c\n  - {script}"
        )
    };
    let spec = format!("completions: 12\nparallelism: 3\n{policy}");
    let script = main("echo \"Hello world!\" && sleep 5 && exit 42");
    let mut desk = applied(&job("fail-job", &spec, &script));
    let path = "{.status.conditions[?(@.type==\"Failed\")].reason}";
    assert_eq!(status(&mut desk, "fail-job", "failed", path), "PodFailurePolicy");
    assert_eq!(desk.line("kubectl get pods --no-headers | wc -l").trim(), "3", "no pod was replaced");

    let spec = format!("backoffLimit: 0\ncompletions: 4\nparallelism: 2\n{policy}");
    let mut desk = applied(&job("ignore", &spec, &main("echo \"Hello world!\" && sleep 90 && exit 0")));
    desk.advance(10.0);
    let drained = desk.line("kubectl drain node-1 --ignore-daemonsets --grace-period=0");
    assert!(drained.ends_with("node/node-1 drained\n"), "{drained}");
    desk.line("kubectl uncordon node-1");
    assert_eq!(status(&mut desk, "ignore", "complete", "{.status.succeeded}"), "4");
}

#[test]
fn an_image_that_is_not_there_holds_the_job_until_its_pod_goes() {
    let spec = "completions: 8\nparallelism: 2
podFailurePolicy:
  rules:
  - action: FailJob
    onPodConditions:
    - type: ConfigIssue";
    let template = "restartPolicy: Never\ncontainers:\n- name: main\n  image: \"non-existing-repo/non-existing-image:example\"";
    let mut desk = applied(&job("config-issue", spec, template));
    desk.advance(60.0);
    let states = desk.line("kubectl get pods --no-headers | awk '{print $3}' | sort -u");
    assert!(states.contains("ImagePullBackOff") || states.contains("ErrImagePull"), "{states}");
    desk.line("pod=$(kubectl get pods -o name | head -n 1)");
    let patch = "{\"status\":{\"conditions\":[{\"type\":\"ConfigIssue\",\"status\":\"True\",\"reason\":\"NonExistingImage\"}]}}";
    let patched = desk.line(&format!("kubectl patch $pod --subresource=status -p '{patch}'"));
    assert!(patched.ends_with(" patched\n"), "{patched}");
    desk.line("kubectl delete $pod");
    let path = "{.status.conditions[?(@.type==\"Failed\")].reason}";
    assert_eq!(status(&mut desk, "config-issue", "failed", path), "PodFailurePolicy");
}

#[test]
fn one_success_of_the_leaders_is_enough() {
    let spec = "parallelism: 10\ncompletions: 10\ncompletionMode: Indexed
successPolicy:
  rules:
  - succeededIndexes: 0,2-3
    succeededCount: 1";
    let template = "restartPolicy: Never
containers:
- name: main
  image: python
  command:
  - python3
  - -c
  - |
    import os, sys
    if os.environ.get(\"JOB_COMPLETION_INDEX\") == \"2\":
      sys.exit(0)
    else:
      sys.exit(1)";
    let mut desk = applied(&job("job-success", spec, template));
    let path = "{.status.conditions[*].reason}";
    assert_eq!(status(&mut desk, "job-success", "complete", path), "SuccessPolicy SuccessPolicy");
}

#[test]
fn a_cronjob_says_hello_every_minute() {
    for command in ["command", "args"] {
        let words = match command {
            "command" => "command: [\"/bin/sh\", \"-c\", \"date; echo Hello from the Kubernetes cluster\"]",
            _ => {
                "args:\n            - /bin/sh\n            - -c\n            - date; echo Hello from the Kubernetes cluster"
            }
        };
        let manifest = format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: hello\nspec:\n  schedule: \"*/1 * * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - name: hello\n            image: busybox:1.28\n            imagePullPolicy: IfNotPresent\n            {words}\n          restartPolicy: OnFailure\n"
        );
        let mut desk = applied(&manifest);
        desk.advance(130.0);
        let jobs = desk.rows("kubectl get jobs");
        assert_eq!(jobs.len(), 2, "{jobs:?}");
        let log = desk.line("kubectl logs $(kubectl get pods -o name | head -n 1)");
        assert!(log.ends_with("Hello from the Kubernetes cluster\n") && log.lines().count() == 2, "{log}");
        desk.line("kubectl delete cronjob hello");
        desk.advance(60.0);
        assert_eq!(desk.line("kubectl get jobs,pods"), "No resources found in default namespace.\n");
    }
}

#[test]
fn each_index_reverses_its_own_word() {
    let spec = "completions: 5\nparallelism: 3\ncompletionMode: Indexed";
    let template = "restartPolicy: Never
initContainers:
- name: 'input'
  image: 'docker.io/library/bash'
  command:
  - \"bash\"
  - \"-c\"
  - |
    items=(foo bar baz qux xyz)
    echo ${items[$JOB_COMPLETION_INDEX]} > /input/data.txt
  volumeMounts:
  - mountPath: /input
    name: input
containers:
- name: 'worker'
  image: 'docker.io/library/busybox'
  command:
  - \"rev\"
  - \"/input/data.txt\"
  volumeMounts:
  - mountPath: /input
    name: input
volumes:
- name: input
  emptyDir: {}";
    let mut desk = applied(&job("indexed-job", spec, template));
    assert_eq!(status(&mut desk, "indexed-job", "complete", "{.status.succeeded}"), "5");
    for (index, word) in ["oof", "rab", "zab", "xuq", "zyx"].iter().enumerate() {
        let logs =
            desk.line(&format!("kubectl logs -l batch.kubernetes.io/job-completion-index={index} -c worker"));
        assert_eq!(logs, format!("{word}\n"));
    }
    let volume = "restartPolicy: Never
containers:
- name: 'worker'
  image: 'docker.io/library/busybox'
  command: [\"rev\", \"/input/data.txt\"]
  volumeMounts:
  - {mountPath: /input, name: input}
volumes:
- name: input
  downwardAPI:
    items:
    - path: \"data.txt\"
      fieldRef:
        fieldPath: metadata.annotations['batch.kubernetes.io/job-completion-index']";
    let mut desk = applied(&job("indexed-job", spec, volume));
    assert_eq!(status(&mut desk, "indexed-job", "complete", "{.status.completedIndexes}"), "0-4");
}

const LOGS_VOLUME: &str = "volumes:\n- name: data\n  emptyDir: {}";
const MAIN: &str = "- name: myjob\n  image: alpine:latest\n  command: ['sh', '-c', 'echo \"logging\" > /opt/logs.txt']\n  volumeMounts: [{name: data, mountPath: /opt}]";
const SHIPPER: &str = "- name: logshipper\n  image: alpine:latest\n  command: ['sh', '-c', 'tail -F /opt/logs.txt']\n  volumeMounts: [{name: data, mountPath: /opt}]";

#[test]
fn a_sidecar_does_not_keep_the_job_and_a_second_container_does() {
    let template = format!(
        "restartPolicy: Never\ncontainers:\n{MAIN}\ninitContainers:\n{SHIPPER}\n  restartPolicy: Always\n{LOGS_VOLUME}"
    );
    let mut desk = applied(&job("myjob", "backoffLimit: 6", &template));
    assert_eq!(status(&mut desk, "myjob", "complete", "{.status.succeeded}"), "1");
    assert_eq!(desk.line("kubectl logs job/myjob -c logshipper | tail -n 1"), "logging\n");

    let template = format!("restartPolicy: Never\ncontainers:\n{MAIN}\n{SHIPPER}\n{LOGS_VOLUME}");
    let mut desk = applied(&job("myjob", "backoffLimit: 6", &template));
    desk.advance(600.0);
    assert_eq!(desk.rows("kubectl get pods")[0][1..3], ["1/2", "NotReady"]);
    assert_eq!(desk.rows("kubectl get jobs")[0][1], "Running");
}

#[test]
fn a_template_is_expanded_by_the_shell() {
    let template = "apiVersion: batch/v1
kind: Job
metadata:
  name: process-item-$ITEM
  labels:
    jobgroup: jobexample
spec:
  template:
    metadata:
      name: jobexample
      labels:
        jobgroup: jobexample
    spec:
      containers:
      - name: c
        image: busybox:1.28
        command: [\"sh\", \"-c\", \"echo Processing item $ITEM && sleep 5\"]
      restartPolicy: Never
";
    let mut desk = Desk::new(1, &[("job-tmpl.yaml", template)]);
    desk.line("mkdir ./jobs; for i in apple banana cherry; do cat job-tmpl.yaml | sed \"s/\\$ITEM/$i/\" > ./jobs/job-$i.yaml; done");
    assert_eq!(desk.line("ls jobs/"), "job-apple.yaml\njob-banana.yaml\njob-cherry.yaml\n");
    let made = desk.line("kubectl create -f ./jobs");
    assert_eq!(made.lines().count(), 3, "{made}");
    desk.advance(15.0);
    assert_eq!(desk.rows("kubectl get jobs -l jobgroup=jobexample").len(), 3);
    let logs = desk.line("kubectl logs -f -l jobgroup=jobexample");
    let mut lines: Vec<&str> = logs.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["Processing item apple", "Processing item banana", "Processing item cherry"]);
}

/// Their images are those that the reader builds and pushes: nobody has here.
#[test]
fn work_queues_are_accepted_and_wait_for_their_images() {
    let worker = |image: &str, more: &str| {
        format!("containers:\n- name: c\n  image: {image}\n{more}restartPolicy: OnFailure")
    };
    let env = "  env:\n  - name: BROKER_URL\n    value: amqp://guest:guest@rabbitmq-service:5672\n  - name: QUEUE\n    value: job1\n";
    let coarse = worker("gcr.io/project/job-wq-1", env);
    let fine = worker("gcr.io/myproject/job-wq-2", "");
    for (name, spec, template) in
        [("job-wq-1", "completions: 8\nparallelism: 2", coarse), ("job-wq-2", "parallelism: 2", fine)]
    {
        let mut desk = applied(&job(name, spec, &template));
        desk.advance(60.0);
        let rows = desk.rows("kubectl get pods");
        assert_eq!(rows.len(), 2, "as many as may run at once");
        for row in rows {
            assert!(["ImagePullBackOff", "ErrImagePull"].contains(&row[2].as_str()), "{row:?}");
        }
        assert_eq!(desk.rows("kubectl get jobs")[0][1], "Running");
    }
}

#[test]
fn a_job_is_suspended_and_resumed() {
    let template =
        "restartPolicy: Never\ncontainers: [{name: main, image: busybox, command: [sleep, \"60\"]}]";
    let mut desk = applied(&job("held", "suspend: true\nparallelism: 1\ncompletions: 5", template));
    desk.advance(5.0);
    assert_eq!(desk.rows("kubectl get jobs")[0][1..3], ["Suspended", "0/5"]);
    let mut desk = applied(&job("myjob", "parallelism: 1\ncompletions: 5", template));
    desk.advance(10.0);
    for suspend in [true, false] {
        desk.line(&format!(
            "kubectl patch job/myjob --type=strategic --patch '{{\"spec\":{{\"suspend\":{suspend}}}}}'"
        ));
        desk.advance(40.0);
    }
    let events = desk.line("kubectl describe job myjob | sed -n '/^Events/,$p' | awk 'NR > 3 {print $2}'");
    assert_eq!(
        events.lines().collect::<Vec<_>>(),
        ["SuccessfulCreate", "SuccessfulDelete", "Suspended", "SuccessfulCreate", "Resumed"]
    );
}

#[test]
fn pods_of_one_job_look_for_each_other_by_name() {
    let template = "subdomain: headless-svc
restartPolicy: Never
containers:
- name: example-workload
  image: bash:latest
  command:
  - bash
  - -c
  - |
    for i in 0 1 2
    do
      gotStatus=\"-1\"
      wantStatus=\"0\"
      while [ $gotStatus -ne $wantStatus ]
      do
        ping -c 1 example-job-${i}.headless-svc > /dev/null 2>&1
        gotStatus=$?
        if [ $gotStatus -ne $wantStatus ]; then
          echo \"Failed to ping pod example-job-${i}.headless-svc, retrying in 1 second...\"
          sleep 1
        fi
      done
      echo \"Successfully pinged pod: example-job-${i}.headless-svc\"
    done";
    let spec = "completions: 3\nparallelism: 3\ncompletionMode: Indexed";
    let mut desk = applied(&job("example-job", spec, template));
    desk.advance(30.0);
    // Without the Service their names mean nothing: they ask again every second.
    assert_eq!(desk.line("kubectl get pods --no-headers | grep -c Running"), "3\n");
    let log = desk.line("kubectl logs -l job-name=example-job --tail=1 | sort -u");
    assert_eq!(log, "Failed to ping pod example-job-0.headless-svc, retrying in 1 second...\n");
}

#[test]
fn programs_without_a_shell_and_shells_without_input_end_as_in_a_cluster() {
    for (image, command, expected) in [
        ("busybox", "", "Completed"),
        ("busybox", "command: [\"exit 1\"]", "StartError"),
        ("busybox", "command: [\"sleep 15 && exit 1\"]", "StartError"),
        ("busybox", "command: [\"export\"]", "StartError"),
        ("nginx", "", "Running"),
    ] {
        let template =
            format!("restartPolicy: Never\ncontainers:\n- name: main\n  image: {image}\n  {command}");
        let mut desk = applied(&job("quirk", "backoffLimit: 0", &template));
        desk.advance(40.0);
        assert_eq!(desk.rows("kubectl get pods")[0][2], expected, "{image} {command}");
    }
}
