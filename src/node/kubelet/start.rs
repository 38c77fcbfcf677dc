//! Starting a container: its image, its configuration, its run.

use std::sync::Arc;

use super::Host;
use super::container::{Next, Pull, Role, State};
use super::env::{self, Place};
use super::hooks::{Hook, When};
use super::images::{ImageAnswer, ImageTrouble};
use super::probe;
use super::program::{ProgramRun, command_line};
use super::run::{Exit, Run};
use super::user::verify_not_root;
use super::volumes::Volumes;
use super::worker::PodWorker;
use crate::api::core::{Container, Pod};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::{Duration, Time};
use crate::containers::{self, FileSystem, Process, ProcessSpec};
use crate::node::resources::whole;

/// From ErrImagePull to the status that says ImagePullBackOff.
const PULL_BACKOFF_SHOWN: Duration = Duration::from_secs(2);
/// Troubles that only another object can mend are looked at again after this long.
const RETRY: Duration = Duration::from_secs(12);
const START_ERROR_CODE: i32 = 128;

impl PodWorker {
    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer
    pub fn try_start(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let pod = Arc::clone(&self.pod);
        let container = &mut self.containers[index];
        let Some(spec) = container.spec(&pod.spec) else { return };
        if let Some(finished) = container.last.as_ref().and_then(|last| last.finished_at)
            && matches!(container.next, Next::Start { .. } | Next::CrashLoop { .. })
        {
            container.backoff.next(finished, host.now);
        }
        let field = container.field_path();
        match host.request_image(&pod, spec) {
            ImageAnswer::Present => {
                let text = format!(
                    "Container image \"{}\" already present on machine and can be accessed by the pod",
                    spec.image
                );
                host.event(api, &pod, &field, event_type::NORMAL, "Pulled", &text);
                self.create_and_start(index, host, api);
            }
            ImageAnswer::Pulling { until, took, waited, size_bytes, result } => {
                let text = format!("Pulling image \"{}\"", spec.image);
                host.event(api, &pod, &field, event_type::NORMAL, "Pulling", &text);
                let text = format!(
                    "Successfully pulled image \"{}\" in {} ({} including waiting). Image size: {size_bytes} bytes.",
                    spec.image,
                    crate::node::backoff::go_duration(took),
                    crate::node::backoff::go_duration(waited),
                );
                let result = result.map(|()| text);
                if until <= host.now {
                    self.end_pull(index, host, api, result);
                } else {
                    container.next = Next::Pulling(Pull { until, result });
                }
            }
            ImageAnswer::Refused(trouble) => self.image_refused(index, host, api, trouble),
        }
    }

    pub fn end_pull(
        &mut self,
        index: usize,
        host: &mut Host,
        api: &mut ApiServer,
        result: Result<String, ImageTrouble>,
    ) {
        let pod = Arc::clone(&self.pod);
        let container = &mut self.containers[index];
        let field = container.field_path();
        let trouble = match result {
            Ok(text) => {
                host.event(api, &pod, &field, event_type::NORMAL, "Pulled", &text);
                return self.create_and_start(index, host, api);
            }
            Err(trouble) => trouble,
        };
        container.pull_error.clone_from(&trouble.message);
        container.pull_backoff.next(host.now, host.now);
        let retry_at = container.pull_backoff.allowed_at(host.now);
        let text = format!("Failed to pull image \"{}\": {}", self.image_of(index), trouble.message);
        host.event(api, &pod, &field, event_type::WARNING, "Failed", &text);
        host.event(api, &pod, &field, event_type::WARNING, "Failed", "Error: ErrImagePull");
        let show_at = Some(host.now + PULL_BACKOFF_SHOWN);
        self.trouble(index, trouble, Next::PullBackoff { show_at, retry_at });
    }

    /// The image's name or its policy forbids even a pull.
    fn image_refused(&mut self, index: usize, host: &mut Host, api: &mut ApiServer, trouble: ImageTrouble) {
        let pod = Arc::clone(&self.pod);
        let field = self.containers[index].field_path();
        if host.runs_programs() {
            let reason =
                if trouble.reason == "ErrImageNeverPull" { "ErrImageNeverPull" } else { "InspectFailed" };
            host.event(api, &pod, &field, event_type::WARNING, reason, &trouble.message);
            let text = format!("Error: {}", trouble.reason);
            host.event(api, &pod, &field, event_type::WARNING, "Failed", &text);
        }
        // Neither a name nor a policy changes on a pod, but its image can be replaced by a patch.
        self.trouble(index, trouble, Next::Stuck);
    }

    fn create_and_start(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let pod = Arc::clone(&self.pod);
        let now = host.now;
        let container = &mut self.containers[index];
        let Some(spec) = container.spec(&pod.spec) else { return };
        let field = container.field_path();
        let earlier_runs = usize::from(container.last.is_some()) + container.restarts.max(0) as usize;
        let is_init = container.role != Role::Regular;
        let run = if host.runs_programs() {
            start_program(host, api, &pod, spec, &self.ip, &mut self.volumes)
        } else {
            Ok(host.scripted_run(&pod, spec, is_init, earlier_runs))
        };
        if let Err(StartTrouble::Config(message)) = &run {
            let text = format!("Error: {message}");
            host.event(api, &pod, &field, event_type::WARNING, "Failed", &text);
            let trouble = ImageTrouble { reason: "CreateContainerConfigError", message: message.clone() };
            return self.trouble(index, trouble, Next::Retry { at: now + RETRY });
        }
        if container.last.is_some() {
            container.restarts += 1;
            container.logs.rotate();
        }
        container.container_id = host.next_container_id();
        container.started_at = now;
        container.stop = None;
        container.starts_anew = false;
        container.next = Next::Idle;
        self.dirty = true;
        host.event(api, &pod, &field, event_type::NORMAL, "Created", "Container created");
        match run {
            Ok(run) => {
                container.post_start = Hook::begin(When::PostStart, spec, &run, &self.ip, now);
                container.run = Some(run);
            }
            Err(StartTrouble::Config(message) | StartTrouble::Start(message)) => {
                return self.start_failed(index, host, api, &message);
            }
        }
        host.event(api, &pod, &field, event_type::NORMAL, "Started", "Container started");
        if container.post_start.is_none() {
            self.shown_running(index, host);
        }
        self.collect(host);
        self.drive_post_start(index, host, api);
    }

    /// The kubelet takes the container for a running one, and begins to probe it.
    pub fn shown_running(&mut self, index: usize, host: &Host) {
        let pod = Arc::clone(&self.pod);
        let container = &mut self.containers[index];
        let Some(spec) = container.spec(&pod.spec) else { return };
        container.state = State::Running { started_at: container.started_at };
        if host.runs_programs() && container.role != Role::Init {
            container.probes = probe::probes_of(spec, self.start_time, container.started_at);
        }
        self.dirty = true;
    }

    /// The runtime made the container but could not start its process.
    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer, ErrRunContainer
    fn start_failed(&mut self, index: usize, host: &mut Host, api: &mut ApiServer, message: &str) {
        let pod = Arc::clone(&self.pod);
        let field = self.containers[index].field_path();
        let text = format!("Error: {message}");
        host.event(api, &pod, &field, event_type::WARNING, "Failed", &text);
        let container = &mut self.containers[index];
        container.started_at = Time::default();
        let exit = Exit {
            code: START_ERROR_CODE,
            at: host.now,
            reason: Some("StartError"),
            message: message.to_owned(),
        };
        self.ended(index, host, api, &exit);
        let container = &mut self.containers[index];
        if container.next != Next::Done {
            container.wait("RunContainerError", message.to_owned());
        }
    }
}

/// Why no run began.
enum StartTrouble {
    /// Something that the container refers to is missing.
    Config(String),
    /// The runtime could not start the process.
    Start(String),
}

// Models pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig
fn start_program(
    host: &mut Host,
    api: &ApiServer,
    pod: &Pod,
    spec: &Container,
    pod_ip: &str,
    volumes: &mut Volumes,
) -> Result<Run, StartTrouble> {
    let place = Place { host_ip: &host.address, pod_ip };
    let env = env::environment(api, pod, spec, &place).map_err(StartTrouble::Config)?;
    let mut files = FileSystem::shared();
    volumes.mount(spec, &env, &mut files);
    let image = containers::images::lookup(&spec.image);
    verify_not_root(pod, spec, image).map_err(StartTrouble::Config)?;
    let hostname = if pod.spec.hostname.is_empty() { &pod.metadata.name } else { &pod.spec.hostname };
    let process = ProcessSpec {
        argv: command_line(&spec.command, &spec.args, image, &env),
        working_dir: env::expand(&spec.working_dir, &env),
        env: env.into_iter().collect(),
        hostname: hostname.chars().take(63).collect(),
        image: spec.image.clone(),
        files,
        seed: host.next_seed(),
        memory_limit_bytes: spec.resources.limits.get("memory").map(|limit| whole(limit).max(0) as u64),
    };
    let process = Process::start(process, host.now)
        .map_err(|error| StartTrouble::Start(format!("{}: unknown", error.containerd_message())))?;
    let from_logs = spec.termination_message_policy == "FallbackToLogsOnError";
    let path = match spec.termination_message_path.as_str() {
        "" => "/dev/termination-log",
        path => path,
    };
    Ok(Run::Program(Box::new(ProgramRun::new(process, host.now, host.percent, path, from_logs))))
}
