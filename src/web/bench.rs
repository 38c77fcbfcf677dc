//! Measurements in this browser: pi in a worker against JavaScript's BigInt, and the cluster's own speed.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::browser::{real_ms, resolve, window};
use super::protocol::{Answer, Ask, BUILD};
use crate::api::Kind;
use crate::base::Duration;
use crate::cluster::{Advance, ClusterOptions, Effect as ClusterEffect};
use crate::containers::compute::ComputeRequest;
use crate::session::{Effect, Input, Session, SessionOptions};

/// Real milliseconds of work between two rests of the page.
const SLICE_MS: f64 = 12.0;
/// Virtual time within which a benchmark's Job must end.
const LIMIT: Duration = Duration::from_secs(24 * 3_600);

/// Who computes pi.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    NumBigint,
    JsBigInt,
}

/// Milliseconds of each of `runs` computations in a warm worker, the way there and back included.
///
/// # Errors
/// When the worker does not start or refuses.
pub async fn pi_ms(side: Side, digits: u32, runs: u32) -> Result<(Vec<f64>, String), String> {
    let worker = match side {
        Side::NumBigint => open(&format!("container_loader.js?{BUILD}"), WorkerType::Module),
        Side::JsBigInt => open(&format!("pi-bigint.js?{BUILD}"), WorkerType::Classic),
    }?;
    receive(&worker).await?;
    let mut spans = Vec::new();
    let mut text = String::new();
    // The first run warms the worker up and is not counted.
    for run in 0..=runs {
        let ask = match side {
            Side::NumBigint => Ask { id: u64::from(run), request: ComputeRequest::Bpi { digits } }.to_text(),
            Side::JsBigInt => format!("{run} {digits}"),
        };
        let before = real_ms();
        worker.post_message(&JsValue::from_str(&ask)).map_err(|_| "сообщение не отправлено".to_owned())?;
        let answer = receive(&worker).await?;
        if run > 0 {
            spans.push(real_ms() - before);
        }
        if let Some(Answer::Finished { result, .. }) = Answer::parse(&answer) {
            text = result?;
        }
    }
    worker.terminate();
    Ok((spans, text))
}

fn open(file: &str, kind: WorkerType) -> Result<Worker, String> {
    let options = WorkerOptions::new();
    options.set_type(kind);
    Worker::new_with_options(&resolve(file), &options).map_err(|_| "поток не запускается".to_owned())
}

/// The next message of the worker.
async fn receive(worker: &Worker) -> Result<String, String> {
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        let on_message = Closure::once_into_js(move |event: MessageEvent| {
            // Settling a promise cannot fail.
            let _ = resolve.call1(&JsValue::NULL, &event.data());
        });
        let on_error = Closure::once_into_js(move |event: ErrorEvent| {
            let _ = reject.call1(&JsValue::NULL, &JsValue::from_str(&event.message()));
        });
        worker.set_onmessage(Some(on_message.unchecked_ref()));
        worker.set_onerror(Some(on_error.unchecked_ref()));
    });
    let data = JsFuture::from(promise).await.map_err(|_| "поток остановился с ошибкой".to_owned())?;
    Ok(data.as_string().unwrap_or_default())
}

/// What a Job of many pods cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Throughput {
    pub pods: u32,
    /// Real milliseconds of the core's work.
    pub core_ms: f64,
    /// Virtual seconds from the Job's creation to its end.
    pub virtual_s: f64,
}

/// Runs a Job of `pods` pods that sleep for a second, in slices that leave the page responsive.
///
/// # Errors
/// When the Job does not end.
pub async fn throughput(pods: u32) -> Result<Throughput, String> {
    let manifest = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: bench\nspec:\n  completions: {pods}\n  parallelism: {}\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox:1.36\n        command: [\"sleep\", \"1\"]\n",
        pods.min(500)
    );
    let cluster =
        ClusterOptions { seed: 1, nodes: ClusterOptions::large_nodes(4), ..ClusterOptions::default() };
    let files = [("bench.yaml".to_owned(), manifest)].into();
    let mut session = Session::new(SessionOptions { cluster, files });
    let start = session.now();
    session.perform(Input::Line("kubectl apply -f bench.yaml".to_owned()));
    let mut core_ms = 0.0;
    loop {
        let slice = real_ms();
        let mut over = false;
        while real_ms() - slice < SLICE_MS && !over {
            over = !step(&mut session) || job_is_over(&session) || session.now() - start > LIMIT;
        }
        core_ms += real_ms() - slice;
        if over {
            break;
        }
        next_task().await;
    }
    if !job_is_over(&session) {
        return Err(format!("Job на {pods} подов не закончилась"));
    }
    Ok(Throughput { pods, core_ms, virtual_s: (session.now() - start).as_secs_f64() })
}

fn step(session: &mut Session) -> bool {
    let Some(next) = session.next_event_at() else { return false };
    let held = matches!(session.advance_to(next), Advance::Held { .. });
    let asked = session
        .take_effects()
        .iter()
        .any(|effect| matches!(effect, Effect::Cluster(ClusterEffect::StartComputation { .. })));
    !held && !asked
}

fn job_is_over(session: &Session) -> bool {
    let mut jobs = session.cluster().api().list(Kind::Job, None);
    jobs.any(|object| matches!(object, crate::api::object::Object::Job(job) if job.is_finished()))
}

/// Frames per second that the page reaches now, over about `ms` real milliseconds.
pub async fn frames_per_second(ms: f64) -> f64 {
    let start = real_ms();
    let mut frames = 0.0;
    while real_ms() - start < ms {
        next_frame().await;
        frames += 1.0;
    }
    frames * 1000.0 / (real_ms() - start)
}

async fn next_frame() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        // A refused frame leaves the promise pending with the closing page.
        let _ = window().request_animation_frame(&resolve);
    });
    let _ = JsFuture::from(promise).await;
}

async fn next_task() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback(&resolve);
    });
    let _ = JsFuture::from(promise).await;
}
