//! Scenarios of kubectl told in words; those of the conformance vectors name their id.

use std::collections::BTreeMap;

use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::ObjectKey;
use zadachnik::base::Duration;
use zadachnik::session::{Effect, Input, Session, SessionOptions};

const CRONJOB: &str = "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: a-cronjob\nspec:\n  schedule: '0 3 * * *'\n  suspend: true\n  \
                       jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          \
                       - name: c\n            image: busybox\n            command: [echo, hi]\n";

fn session() -> Session {
    let files = BTreeMap::from([("cronjob.yaml".to_owned(), CRONJOB.to_owned())]);
    Session::new(SessionOptions { files, ..SessionOptions::default() })
}

/// Runs a line to its end; its output and exit status.
fn run(session: &mut Session, line: &str) -> (String, i32) {
    session.run_line(line, Duration::from_secs(600));
    let block = session.terminal().blocks.last().expect("the line's block");
    (block.streams_text(), block.status.expect("ended"))
}

fn job(session: &Session, name: &str) -> std::sync::Arc<zadachnik::api::batch::Job> {
    match session.cluster().api().get(Kind::Job, &ObjectKey::new("default", name)) {
        Ok(Object::Job(job)) => job.clone(),
        other => panic!("{other:?}"),
    }
}

fn wait(session: &mut Session, seconds: i64) {
    let until = session.now() + Duration::from_secs(seconds);
    session.run_until(until);
}

// kubectl/create-job
#[test]
fn create_job_makes_a_job_that_runs_the_command_once() {
    let mut session = session();
    let (text, status) = run(&mut session, "kubectl create job my-job --image=busybox -- date");
    assert_eq!((text.as_str(), status), ("job.batch/my-job created\n", 0));
    let spec = &job(&session, "my-job").spec.template.spec;
    assert_eq!(spec.restart_policy, "Never");
    let [container] = spec.containers.as_slice() else { panic!("one container") };
    assert_eq!((container.name.as_str(), container.image.as_str()), ("my-job", "busybox"));
    assert_eq!(container.command, ["date"]);
}

// kubectl/create-job-from
#[test]
fn create_job_from_a_cronjob_is_owned_by_it() {
    let mut session = session();
    run(&mut session, "kubectl apply -f cronjob.yaml");
    let (text, _) = run(&mut session, "kubectl create job test-job --from=cronjob/a-cronjob");
    assert_eq!(text, "job.batch/test-job created\n");
    let job = job(&session, "test-job");
    assert_eq!(job.metadata.annotations["cronjob.kubernetes.io/instantiate"], "manual");
    let [owner] = job.metadata.owner_references.as_slice() else { panic!("one owner") };
    assert_eq!(
        (owner.api_version.as_str(), owner.kind.as_str(), owner.name.as_str()),
        ("batch/v1", "CronJob", "a-cronjob")
    );
}

// kubectl/create-job-neither
#[test]
fn create_job_needs_an_image_or_a_source() {
    let (text, status) = run(&mut session(), "kubectl create job my-job");
    assert_eq!((text.as_str(), status), ("error: either --image or --from must be specified\n", 1));
}

// kubectl/create-job-both
#[test]
fn create_job_takes_no_command_with_a_source() {
    let (text, status) = run(&mut session(), "kubectl create job my-job --from=cronjob/x -- date");
    assert_eq!((text.as_str(), status), ("error: cannot specify --from and command\n", 1));
}

// kubectl/delete-job
#[test]
fn delete_job_deletes_its_pods_in_the_background() {
    let mut session = session();
    run(&mut session, "kubectl create job pi --image=busybox -- sleep 100");
    wait(&mut session, 5);
    let (text, status) = run(&mut session, "kubectl delete job pi");
    assert_eq!((text.as_str(), status), ("job.batch \"pi\" deleted from default namespace\n", 0));
    wait(&mut session, 60);
    assert_eq!(run(&mut session, "kubectl get pods").0, "No resources found in default namespace.\n");
}

// kubectl/logs-many
#[test]
fn logs_of_a_job_with_several_pods_tell_which_one_is_shown() {
    let mut session = session();
    let line = "kubectl create job x --image=busybox --dry-run=client -o yaml -- echo hi | sed 's/^spec:/spec:\\n  parallelism: 2\\n  completions: 2/' | kubectl apply -f -";
    assert_eq!(run(&mut session, line).0, "job.batch/x created\n");
    wait(&mut session, 20);
    let (text, status) = run(&mut session, "kubectl logs job/x");
    let (first, rest) = text.split_once('\n').expect("two lines");
    assert!(first.starts_with("Found 2 pods, using pod/x-"), "{first}");
    assert_eq!((rest, status), ("hi\n", 0));
}

// kubectl/get-none
#[test]
fn get_tells_that_nothing_was_found() {
    assert_eq!(run(&mut session(), "kubectl get jobs").0, "No resources found in default namespace.\n");
}

// kubectl/wait-met
#[test]
fn wait_ends_when_the_condition_is_met() {
    let mut session = session();
    run(&mut session, "kubectl create job x --image=busybox -- true");
    let (text, status) = run(&mut session, "kubectl wait --for=condition=complete job/x");
    assert_eq!((text.as_str(), status), ("job.batch/x condition met\n", 0));
}

// Since v1.36; the programs that the tables are compared with may know one condition only.
#[test]
fn wait_ends_when_all_of_several_conditions_are_met() {
    let mut session = session();
    let missing = "kubectl wait --for=condition=complete --for=create job/seen --timeout=1s";
    assert_eq!(run(&mut session, missing), ("error: timed out waiting for the condition\n".to_owned(), 1));
    run(&mut session, "kubectl create job seen --image=busybox -- sleep 5");
    let met =
        "kubectl wait --for=create --for=condition=complete --for=jsonpath='{.status.succeeded}'=1 job/seen";
    assert_eq!(run(&mut session, met), ("job.batch/seen condition met\n".to_owned(), 0));
    let unmet = "kubectl wait --for=condition=complete --for=condition=failed job/seen --timeout=1s";
    let (told, status) = run(&mut session, unmet);
    assert_eq!((told.as_str(), status), ("error: timed out waiting for the condition on jobs/seen\n", 1));
}

#[test]
fn a_taint_evicts_pods_and_keeps_new_ones_away_until_it_is_gone() {
    let mut session = session();
    run(&mut session, "kubectl create job a --image=busybox -- sleep 1000");
    wait(&mut session, 3);
    let (text, _) = run(&mut session, "kubectl taint nodes node-1 team=red:NoExecute");
    assert_eq!(text, "node/node-1 tainted\n");
    wait(&mut session, 40);
    let phases = "kubectl get pods -o jsonpath='{.items[*].status.phase}'";
    assert_eq!(run(&mut session, phases).0.trim_end(), "Pending");
    let (events, _) = run(&mut session, "kubectl get events");
    assert!(events.contains("Marking for deletion Pod default/a-"), "{events}");
    assert!(events.contains("1 node(s) had untolerated taint(s)"), "{events}");
    run(&mut session, "kubectl taint nodes node-1 team-");
    wait(&mut session, 3);
    assert_eq!(run(&mut session, phases).0.trim_end(), "Running");
}

#[test]
fn commands_of_other_clusters_say_why_they_are_not_here() {
    let mut session = session();
    let (text, status) = run(&mut session, "kubectl create deployment web --image=nginx");
    let said = "error: \"kubectl create deployment\" is not simulated here: there are no Deployments here\n";
    assert_eq!((text.as_str(), status), (said, 1));
    let (text, _) = run(&mut session, "kubectl rollout status deploy/web");
    assert_eq!(text, "Error from server (NotFound): deployments.apps \"web\" not found\n");
    let (text, _) = run(&mut session, "kubectl port-forward pod/web 8080:80");
    assert!(text.starts_with("error: \"kubectl port-forward\" is not simulated here: "), "{text}");
    let (text, _) = run(&mut session, "kubectl create quota x");
    assert!(text.starts_with("error: \"kubectl create quota\" is not simulated here: "), "{text}");
}

#[test]
fn exec_takes_what_is_piped_in_and_sees_the_containers_processes() {
    let mut session = session();
    run(&mut session, "kubectl run x --image=busybox --restart=Never -- sleep 1000");
    wait(&mut session, 5);
    assert_eq!(run(&mut session, "echo 'scale=3; 10/3' | kubectl exec -i x -- bc").0, "3.333\n");
    let (text, _) = run(&mut session, "kubectl exec x -- ps");
    assert!(text.contains("    1 root      0:00 sleep 1000\n"), "{text}");
    let (text, status) = run(&mut session, "kubectl exec -it x -- sh");
    assert!(text.starts_with("error: an interactive shell is not simulated here"), "{text}");
    assert_eq!(status, 1);
    assert_eq!(run(&mut session, "kubectl exec -it x -- echo hi").0, "hi\n");
}

/// Types a line that opens the editor, and saves there what `change` makes of the text.
fn edit(session: &mut Session, line: &str, change: impl Fn(&str) -> String) -> (String, i32) {
    session.perform(Input::Line(line.to_owned()));
    wait(session, 1);
    save(session, change);
    let block = session.terminal().blocks.last().expect("the line's block");
    (block.streams_text(), block.status.expect("ended"))
}

#[test]
fn what_was_applied_last_is_edited_without_the_object() {
    let mut session = session();
    run(&mut session, "kubectl apply -f cronjob.yaml");
    let line = "kubectl apply edit-last-applied cj a-cronjob";
    let (text, status) = edit(&mut session, line, |text| {
        assert!(
            text.starts_with("# Please edit the 'last-applied-configuration' annotations below.\n"),
            "{text}"
        );
        text.replace("0 3 * * *", "0 4 * * *")
    });
    assert_eq!((text.as_str(), status), ("cronjob.batch/a-cronjob edited\n", 0));
    let (text, _) = run(&mut session, "kubectl apply view-last-applied cj/a-cronjob | grep schedule:");
    assert_eq!(text, "  schedule: 0 4 * * *\n");
    let (text, _) = run(&mut session, "kubectl get cj a-cronjob -o jsonpath='{.spec.schedule}{\"\\n\"}'");
    assert_eq!(text, "0 3 * * *\n");
    // Nothing was changed, and an object that apply did not make.
    let (text, status) = edit(&mut session, line, str::to_owned);
    assert_eq!((text.as_str(), status), ("Edit cancelled, no changes made.\n", 0));
    let (text, status) = run(&mut session, "kubectl apply edit-last-applied ns default");
    assert!(text.starts_with("error: no last-applied-configuration annotation found on resources"), "{text}");
    assert_eq!(status, 1);
}

#[test]
fn an_edit_is_recorded_where_it_is_asked_for() {
    let mut session = session();
    run(&mut session, "kubectl apply -f cronjob.yaml");
    let line = "kubectl edit cj a-cronjob --record";
    let (text, _) = edit(&mut session, line, |text| text.replace("0 3 * * *", "0 4 * * *"));
    assert!(text.ends_with("cronjob.batch/a-cronjob edited\n"), "{text}");
    let cause = "kubectl get cj a-cronjob -o jsonpath='{.metadata.annotations.kubernetes\\.io/change-cause}{\"\\n\"}'";
    assert_eq!(run(&mut session, cause).0, "kubectl edit cj a-cronjob --record=true\n");
}

/// Saves what `change` makes of the text in the editor that is open.
fn save(session: &mut Session, change: impl Fn(&str) -> String) -> String {
    let opened = session.take_effects().into_iter().find_map(|effect| match effect {
        Effect::OpenEditor { file } => Some(file),
        _ => None,
    });
    let file = opened.expect("the editor was opened");
    let text = session.read_file(&file).expect("the opened text");
    session.perform(Input::Write { file, text: change(&text) });
    session.perform(Input::CloseEditor { saved: true });
    wait(session, 1);
    text
}

#[test]
fn several_objects_are_edited_in_one_list() {
    let mut session = session();
    run(
        &mut session,
        "kubectl create configmap a --from-literal=k=1; kubectl create configmap b --from-literal=k=1",
    );
    let (text, status) = edit(&mut session, "kubectl edit cm/a cm/b", |text| {
        assert!(
            text.contains("\napiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    k: \"1\"\n"),
            "{text}"
        );
        assert!(text.ends_with("kind: List\nmetadata: {}\n"), "{text}");
        text.replacen("k: \"1\"", "k: \"2\"", 1)
    });
    assert_eq!((text.as_str(), status), ("configmap/a edited\nconfigmap/b skipped\n", 0));
    // The first one is not changed again when the other is refused.
    session.perform(Input::Line("kubectl edit cm/a cm/b".to_owned()));
    wait(&mut session, 1);
    save(&mut session, |text| text.replace("k: \"2\"", "k: \"3\"").replace("k: \"1\"", "k: [1]"));
    let reopened = save(&mut session, |text| text.replace("k: [1]", "k: \"4\""));
    assert!(reopened.contains("# configmaps \"b\" was not valid:\n"), "{reopened}");
    let block = session.terminal().blocks.last().expect("the line's block");
    let (text, status) = (block.streams_text(), block.status);
    assert!(text.ends_with("configmap/a skipped\nconfigmap/b edited\n"), "{text}");
    assert_eq!((text.matches("configmap/a edited\n").count(), status), (1, Some(0)));
    let values = "kubectl get cm a b -o jsonpath='{.items[*].data.k}{\"\\n\"}'";
    assert_eq!(run(&mut session, values).0, "3 4\n");
}

#[test]
fn manifests_are_edited_one_by_one_before_their_objects_are_made() {
    let mut session = session();
    run(
        &mut session,
        "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: b}\\n' > two.yaml",
    );
    session.perform(Input::Line("kubectl create -f two.yaml --edit".to_owned()));
    wait(&mut session, 1);
    let first = save(&mut session, |text| text.replace("name: a", "name: c"));
    assert!(first.starts_with("# Please edit the object below.") && first.contains("name: a"), "{first}");
    let second = save(&mut session, str::to_owned);
    assert!(second.contains("name: b"), "{second}");
    let block = session.terminal().blocks.last().expect("the line's block");
    let expected = "configmap/c created\nEdit cancelled, no changes made.\n";
    assert_eq!((block.streams_text().as_str(), block.status), (expected, Some(0)));
    assert_eq!(run(&mut session, "kubectl get cm -o name").0, "configmap/c\n");
}

#[test]
fn an_object_is_edited_as_json_where_that_is_asked_for() {
    let mut session = session();
    run(&mut session, "kubectl create configmap a --from-literal=k=1");
    let (text, _) = edit(&mut session, "kubectl edit cm a -o json", |text| {
        assert!(text.starts_with("{\n    \"apiVersion\": \"v1\",\n"), "{text}");
        text.replace("\"k\": \"1\"", "\"k\": \"2\"")
    });
    assert_eq!(text, "configmap/a edited\n");
}

#[test]
fn a_followed_log_ends_when_its_request_may_take_no_longer() {
    let mut session = session();
    run(
        &mut session,
        "kubectl run slow --image=busybox -- sh -c 'for i in $(seq 60); do echo $i; sleep 1; done'",
    );
    run(&mut session, "kubectl wait --for=condition=Ready pod/slow");
    let before = session.now();
    let (printed, status) = run(&mut session, "kubectl logs -f slow --tail=1 --request-timeout=3s");
    let cause = "context deadline exceeded (Client.Timeout or context cancellation while reading body)";
    assert!(printed.ends_with(&format!("error: {cause}\n")), "{printed}");
    assert_eq!((status, session.now() - before), (1, Duration::from_secs(3)));
    assert!((3..=5).contains(&printed.lines().count()), "{printed}");
}
