//! Measurements in this browser: pi in a worker against JavaScript's BigInt, frames.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::browser::{real_ms, resolve, window};
use crate::protocol::BUILD;
use crate::protocol::worker::{Answer, Ask};

/// Real milliseconds for which a worker computes before its runs count.
const WARM_UP_MS: f64 = 400.0;

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
    // A browser compiles better what runs for longer: the time until then is not counted, on either side.
    let warm_at_ms = real_ms() + WARM_UP_MS;
    let mut run = 0_u32;
    while spans.len() < runs as usize {
        run += 1;
        let ask = match side {
            Side::NumBigint => Ask { id: u64::from(run), request: format!("bpi {digits}") }.to_text(),
            Side::JsBigInt => format!("{run} {digits}"),
        };
        let before = real_ms();
        worker.post_message(&JsValue::from_str(&ask)).map_err(|_| "сообщение не отправлено".to_owned())?;
        let answer = receive(&worker).await?;
        if before >= warm_at_ms {
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

pub async fn next_frame() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        // A refused frame leaves the promise pending with the closing page.
        let _ = window().request_animation_frame(&resolve);
    });
    let _ = JsFuture::from(promise).await;
}

/// Lets the browser do what waits before the page goes on.
pub async fn next_task() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback(&resolve);
    });
    let _ = JsFuture::from(promise).await;
}
