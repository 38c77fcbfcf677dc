//! Probes and lifecycle hooks of single pods that run their programs.

use serde_json::{Value, json};

use super::Lives;
use super::tests::World;
use crate::api::core::Pod;
use crate::api::status::{Status, StatusReason};
use crate::api::{Kind, Object};
use crate::apiserver::{ObjectKey, Refusal, Request, Subresource};

/// A pod of one container with that shell script, under `p`.
fn world(restart_policy: &str, script: &str, more: Value) -> World {
    world_of(Lives::Programs, restart_policy, script, more)
}

fn world_of(lives: Lives, restart_policy: &str, script: &str, more: Value) -> World {
    let mut world = World::new(lives);
    world.kubelet.preload_image("busybox:1.36");
    let mut container = json!({"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", script]});
    for (field, value) in more.as_object().into_iter().flatten() {
        container[field] = value.clone();
    }
    let spec = json!({"restartPolicy": restart_policy, "terminationGracePeriodSeconds": 5, "containers": [container]});
    world.create(Kind::Pod, json!({"metadata": {"name": "p"}, "spec": spec}));
    world
}

fn exec(script: &str) -> Value {
    json!({"command": ["sh", "-c", script]})
}

fn is_ready(world: &World) -> bool {
    world.pod("p").is_some_and(|pod| Pod::is_ready(&pod))
}

fn status(world: &World) -> (bool, bool, i32) {
    let pod = world.pod("p").expect("there");
    let status = &pod.status.container_statuses[0];
    (status.started == Some(true), status.ready, status.restart_count)
}

fn events(world: &World, reasons: &[&str]) -> Vec<String> {
    let told = world.events();
    told.into_iter().filter(|event| reasons.iter().any(|reason| event.starts_with(reason))).collect()
}

#[test]
fn readiness_follows_its_thresholds_and_restarts_nothing() {
    let probe = json!({"exec": exec("cat /tmp/ready"), "periodSeconds": 5, "failureThreshold": 2, "successThreshold": 2});
    let script = "sleep 12; touch /tmp/ready; sleep 20; rm /tmp/ready; sleep 600";
    let mut world = world("Never", script, json!({"readinessProbe": probe}));
    // It starts at 0.5 and is asked from 1.5 on, every five seconds.
    world.run_until(15.0);
    assert_eq!((is_ready(&world), status(&world)), (false, (true, false, 0)));
    world.run_until(17.0);
    assert!(!is_ready(&world), "one success of two");
    world.run_until(22.0);
    assert_eq!((is_ready(&world), status(&world)), (true, (true, true, 0)));
    world.run_until(39.0);
    assert!(is_ready(&world), "one failure of two");
    world.run_until(42.0);
    assert_eq!((is_ready(&world), status(&world)), (false, (true, false, 0)));
    let text =
        "Unhealthy Readiness probe failed: cat: can't open '/tmp/ready': No such file or directory\n x5";
    assert_eq!(events(&world, &["Unhealthy", "Killing"]), [text]);
}

#[test]
fn a_failed_liveness_probe_restarts_the_container() {
    let probe = json!({"exec": exec("test -f /tmp/healthy"), "initialDelaySeconds": 5, "periodSeconds": 5});
    let script = "touch /tmp/healthy; sleep 12; rm /tmp/healthy; sleep 600";
    let mut world = world("Always", script, json!({"livenessProbe": probe}));
    world.run_until(24.0);
    assert_eq!(status(&world), (true, true, 0));
    // Failures at 15, 20 and 25; the shell ignores SIGTERM for the five seconds of grace.
    world.run_until(29.0);
    let killing = "Killing Container main failed liveness probe, will be restarted x1";
    assert_eq!(events(&world, &["Killing"]), [killing]);
    assert_eq!(status(&world).2, 0);
    world.run_until(31.5);
    assert_eq!(status(&world), (true, true, 1));
    let last = world.pod("p").expect("there").status.container_statuses[0].last_state.clone();
    assert_eq!(last.terminated.expect("ended").exit_code, 137);
    assert_eq!(events(&world, &["Unhealthy"]), ["Unhealthy Liveness probe failed:  x3"]);
}

#[test]
fn a_job_pod_that_is_never_restarted_fails_by_its_liveness_probe() {
    let probe = json!({"exec": exec("exit 1"), "periodSeconds": 2, "failureThreshold": 1, "terminationGracePeriodSeconds": 3});
    let mut world = world("Never", "sleep 600", json!({"livenessProbe": probe}));
    world.run_until(30.0);
    let pod = world.pod("p").expect("there");
    assert_eq!(pod.status.phase.as_str(), "Failed");
    assert_eq!(events(&world, &["Killing"]), ["Killing Stopping container main x1"]);
}

#[test]
fn other_probes_wait_for_the_startup_probe() {
    let more = json!({
        "startupProbe": {"exec": exec("test -f /tmp/up"), "periodSeconds": 3, "failureThreshold": 10},
        "livenessProbe": {"exec": exec("exit 1"), "periodSeconds": 60, "failureThreshold": 1},
        "readinessProbe": {"exec": exec("exit 0")},
    });
    let mut world = world("Always", "sleep 10; touch /tmp/up; sleep 600", more);
    world.run_until(11.0);
    assert_eq!((is_ready(&world), status(&world)), (false, (false, false, 0)));
    world.run_until(13.0);
    assert_eq!((is_ready(&world), status(&world)), (true, (true, true, 0)));
    world.run_until(59.0);
    assert_eq!(events(&world, &["Killing"]), [""; 0]);
    world.run_until(66.0);
    assert_eq!(status(&world).2, 1, "the liveness probe has its turn at the next minute");
}

#[test]
fn a_startup_probe_that_gives_up_kills_the_container() {
    let probe = json!({"tcpSocket": {"port": 5432}, "periodSeconds": 2, "failureThreshold": 2});
    let mut world = world("OnFailure", "sleep 600", json!({"startupProbe": probe}));
    // Failures at 2 and 4, the end of the grace period at 9, another failure at 10.
    world.run_until(11.0);
    let text = "Killing Container main failed startup probe, will be restarted x1";
    assert_eq!(events(&world, &["Killing"]), [text]);
    let pod_ip = world.pod("p").expect("there").status.pod_ip.clone();
    let refused =
        format!("Unhealthy Startup probe failed: dial tcp {pod_ip}:5432: connect: connection refused x3");
    assert_eq!(events(&world, &["Unhealthy"]), [refused]);
    assert_eq!(status(&world).2, 1);
}

#[test]
fn slow_missing_and_network_probes_have_their_texts() {
    let cases = [
        (
            json!({"exec": {"command": ["sleep", "9"]}}),
            "failed: command timed out: \"sleep 9\" timed out after 1s",
        ),
        (
            json!({"grpc": {"port": 90}}),
            "failed: timeout: failed to connect service \"IP:90\" within 1s: context deadline exceeded",
        ),
        (
            json!({"httpGet": {"port": "web", "path": "/z", "scheme": "HTTP"}}),
            "failed: Get \"http://IP:8080/z\": dial tcp IP:8080: connect: connection refused",
        ),
        (
            json!({"httpGet": {"port": "other", "path": "/", "scheme": "HTTP"}}),
            "errored and resulted in unknown state: strconv.Atoi: parsing \"other\": invalid syntax",
        ),
    ];
    for (mut probe, text) in cases {
        probe["periodSeconds"] = json!(60);
        let ports = json!([{"name": "web", "containerPort": 8080}]);
        let mut world = world("Never", "sleep 600", json!({"readinessProbe": probe, "ports": ports}));
        world.run_until(5.0);
        let pod_ip = world.pod("p").expect("there").status.pod_ip.clone();
        let text = format!("Unhealthy Readiness probe {} x1", text.replace("IP", &pod_ip));
        assert_eq!(events(&world, &["Unhealthy"]), [text]);
    }
    let missing = json!({"exec": {"command": ["nope"]}, "periodSeconds": 60});
    let mut world = world("Never", "sleep 600", json!({"livenessProbe": missing}));
    world.run_until(200.0);
    assert_eq!(status(&world).2, 0, "what cannot be asked kills nothing");
    let told = events(&world, &["Unhealthy"]).remove(0);
    assert!(told.contains("exec: \"nope\": executable file not found in $PATH"), "{told}");
}

#[test]
fn a_probes_command_names_variables_of_its_container() {
    let probe = json!({"exec": {"command": ["test", "$(COLOR)", "=", "green"]}, "failureThreshold": 1});
    let env = json!([{"name": "COLOR", "value": "green"}]);
    let mut world = world("Never", "sleep 600", json!({"readinessProbe": probe, "env": env}));
    world.run_until(5.0);
    assert!(is_ready(&world));
}

#[test]
fn a_container_counts_as_running_only_after_its_hook() {
    let hook = json!({"postStart": {"exec": exec("sleep 3; echo hello > /tmp/hook")}});
    let mut world = world("Never", "sleep 5; cat /tmp/hook", json!({"lifecycle": hook}));
    world.run_until(3.0);
    let waiting = |world: &World| {
        let state = world.pod("p").expect("there").status.container_statuses[0].state.clone();
        state.waiting.map(|waiting| waiting.reason)
    };
    assert_eq!(waiting(&world).as_deref(), Some("ContainerCreating"));
    world.run_until(4.0);
    assert_eq!(status(&world), (true, true, 0));
    world.run_until(10.0);
    assert_eq!(world.pod("p").expect("there").status.phase.as_str(), "Succeeded");
    let log = world.kubelet.logs("default", "p", "main", false).expect("it ran");
    assert_eq!(log.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[test]
fn a_failed_hook_after_the_start_kills_the_container() {
    let hook = json!({"postStart": {"exec": exec("echo no >&2; exit 3")}});
    let mut world = world("Always", "trap 'exit 0' TERM; sleep 600 & wait", json!({"lifecycle": hook}));
    world.run_until(1.2);
    let told = events(&world, &["FailedPostStartHook", "Killing"]);
    let expected = ["FailedPostStartHook PostStartHook failed x1", "Killing FailedPostStartHook x1"];
    assert_eq!(told, expected);
    let pod = world.pod("p").expect("there");
    let waiting = pod.status.container_statuses[0].state.waiting.clone().expect("waiting");
    assert_eq!(waiting.reason, "PostStartHookError");
    let uid = &pod.metadata.uid;
    let message = format!(
        "Exec lifecycle hook ([sh -c echo no >&2; exit 3]) for Container \"main\" in Pod \"p_default({uid})\" failed - \
         error: command 'sh -c echo no >&2; exit 3' exited with 3: no\n, message: \"no\\n\""
    );
    assert_eq!(waiting.message, message);
    world.run_until(40.0);
    assert!(status(&world).2 > 0);
}

#[test]
fn the_hook_before_the_stop_takes_from_the_grace_period() {
    let trap = "trap 'exit 0' TERM; while true; do sleep 1; done";
    let cases = [
        // The hook ends, then SIGTERM is heard.
        (json!({"exec": exec("sleep 2")}), trap, 2.0..4.5, 0),
        (json!({"sleep": {"seconds": 3}}), trap, 3.0..5.5, 0),
        // The hook takes all of the five seconds; two more are left for SIGTERM.
        (json!({"exec": exec("sleep 60")}), "sleep 600", 6.9..8.0, 0),
        (json!({"exec": exec("exit 1")}), trap, 0.0..2.5, 1),
    ];
    for (hook, script, gone, failures) in cases {
        let mut world = world("Never", script, json!({"lifecycle": {"preStop": hook}}));
        world.run_until(3.0);
        world.delete("p", None);
        world.run_until(3.0 + (gone.start - 0.1_f64).max(0.0));
        assert!(gone.start == 0.0 || world.pod("p").is_some(), "too early: {hook}");
        world.run_until(3.0 + gone.end);
        assert!(world.pod("p").is_none(), "too late: {hook}");
        assert_eq!(events(&world, &["FailedPreStopHook PreStopHook failed x1"]).len(), failures, "{hook}");
    }
}

#[test]
fn a_sidecar_with_a_startup_probe_holds_the_others_back() {
    let mut world = World::new(Lives::Programs);
    world.kubelet.preload_image("busybox:1.36");
    let container = |name: &str, script: &str| json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script]});
    let mut sidecar = container("side", "sleep 4; touch /tmp/up; sleep 600");
    sidecar["restartPolicy"] = json!("Always");
    sidecar["startupProbe"] =
        json!({"exec": exec("test -f /tmp/up"), "periodSeconds": 1, "failureThreshold": 30});
    let spec = json!({"restartPolicy": "Never", "initContainers": [sidecar], "containers": [container("main", "sleep 1")]});
    world.create(Kind::Pod, json!({"metadata": {"name": "p"}, "spec": spec}));
    world.run_until(4.0);
    let waiting = |world: &World| {
        world.pod("p").expect("there").status.container_statuses[0].state.waiting.clone().map(|w| w.reason)
    };
    assert_eq!(waiting(&world).as_deref(), Some("PodInitializing"));
    world.run_until(6.0);
    assert_eq!(waiting(&world), None);
    world.run_until(60.0);
    assert_eq!(world.pod("p").expect("there").status.phase.as_str(), "Succeeded");
}

#[test]
fn commands_beside_a_container_change_its_files() {
    let mut world = world("Never", "sleep 5; cat /tmp/told", json!({}));
    world.run_until(2.0);
    let argv = ["sh", "-c", "echo from outside > /tmp/told"].map(str::to_owned).to_vec();
    let mut process = world.kubelet.exec("default", "p", "main", argv, world.api.now()).expect("it runs");
    while process.run(world.api.now()) == crate::containers::State::Ready {}
    world.run_until(10.0);
    let log = world.kubelet.logs("default", "p", "main", false).expect("it ran");
    assert_eq!(log.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["from outside"]);
}

#[test]
fn scripted_lives_take_probes_and_hooks_as_succeeding_at_once() {
    let more = json!({
        "startupProbe": {"exec": exec("exit 1")},
        "livenessProbe": {"exec": exec("exit 1"), "periodSeconds": 1},
        "readinessProbe": {"exec": exec("exit 1")},
        "lifecycle": {"postStart": {"exec": exec("exit 1")}, "preStop": {"exec": exec("sleep 60")}},
    });
    let mut world = world_of(Lives::Annotations, "Never", "true", more);
    world.run_until(1.0);
    assert_eq!((is_ready(&world), status(&world)), (true, (true, true, 0)));
    world.run_until(5.0);
    assert_eq!(world.pod("p").expect("there").status.phase.as_str(), "Succeeded");
    assert_eq!(events(&world, &["Unhealthy", "Killing", "Failed"]), [""; 0]);
}

#[test]
fn a_refused_status_is_sent_again() {
    let mut world = world("Never", "sleep 2", json!({}));
    world.run_until(1.0);
    let status = Status { reason: StatusReason::InternalError, ..Status::bad_request("refused") };
    for request in [Request::Patch, Request::Delete] {
        world.api.refuse(Refusal { request, kind: Kind::Pod, after: 0, times: 2, status: status.clone() });
    }
    world.run_until(20.0);
    assert_eq!(world.pod("p").expect("there").status.phase.as_str(), "Running", "nobody could tell");
    world.run_until(24.0);
    assert_eq!(world.pod("p").expect("there").status.phase.as_str(), "Succeeded");
}

#[test]
fn a_new_image_replaces_the_run() {
    let mut world = world("Never", "trap 'exit 0' TERM; while true; do sleep 1; done", json!({}));
    world.run_until(3.0);
    let key = ObjectKey::new("default", "p");
    let patched = world.api.patch(Kind::Pod, &key, Subresource::Main, |object| {
        if let Object::Pod(pod) = object {
            std::sync::Arc::make_mut(pod).spec.containers[0].image = "busybox:1.37".to_owned();
        }
    });
    patched.expect("an image may change");
    world.kubelet.preload_image("busybox:1.37");
    world.run_until(10.0);
    let text = "Killing Container main definition changed, will be restarted x1";
    assert_eq!(events(&world, &["Killing"]), [text]);
    assert_eq!(status(&world), (true, true, 1));
    let image = world.pod("p").expect("there").status.container_statuses[0].image.clone();
    assert_eq!(image, "docker.io/library/busybox:1.37");
}

#[test]
fn an_exit_code_can_start_the_whole_pod_anew() {
    let mut world = World::new(Lives::Programs);
    world.kubelet.preload_image("busybox:1.36");
    let container = |name: &str, script: &str| json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script]});
    let codes = json!({"operator": "In", "values": [42]});
    let mut source = container("source", "test -f /w/again && sleep 600; touch /w/again; sleep 3; exit 42");
    source["restartPolicy"] = json!("Never");
    source["restartPolicyRules"] = json!([{"action": "RestartAllContainers", "exitCodes": codes}]);
    source["volumeMounts"] = json!([{"name": "w", "mountPath": "/w"}]);
    let spec = json!({
        "restartPolicy": "Never",
        "initContainers": [container("prepare", "sleep 1")],
        "containers": [source, container("other", "trap 'exit 0' TERM; while true; do sleep 1; done")],
        "volumes": [{"name": "w", "emptyDir": {}}],
    });
    world.create(Kind::Pod, json!({"metadata": {"name": "p"}, "spec": spec}));
    let restarting = |world: &World| {
        let pod = world.pod("p").expect("there");
        let condition = pod.condition("AllContainersRestarting").cloned().expect("it can hold");
        (pod.status.phase.as_str().to_owned(), condition.status.as_str().to_owned(), condition.reason)
    };
    world.run_until(4.0);
    assert_eq!(restarting(&world), ("Running".to_owned(), "False".to_owned(), String::new()));
    world.run_until(5.6);
    let reason = "RestartAllContainersStarted".to_owned();
    assert_eq!(restarting(&world), ("Running".to_owned(), "True".to_owned(), reason));
    world.run_until(12.0);
    assert_eq!(restarting(&world), ("Running".to_owned(), "False".to_owned(), String::new()));
    let pod = world.pod("p").expect("there");
    let all = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let seen: Vec<_> = all
        .map(|c| {
            let last = c.last_state.terminated.as_ref().map(|last| (last.exit_code, last.reason.as_str()));
            (c.name.as_str(), c.restart_count, last)
        })
        .collect();
    let expected = [
        ("prepare", 1, Some((0, "Completed"))),
        ("source", 1, Some((42, "Error"))),
        ("other", 1, Some((137, "RestartingAllContainers"))),
    ];
    assert_eq!(seen, expected);
    assert_eq!(events(&world, &["Killing"]), ["Killing killing x1"]);
}
