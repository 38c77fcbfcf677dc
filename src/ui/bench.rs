//! `#/bench`: how fast this browser computes, in numbers with units.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::desk::Desk;
use super::live::{button, click, flag, part, text};
use super::names::TestId;
use crate::base::sorted;
use crate::protocol::bench::{LINES, runs};
use crate::protocol::{BUILD, Question, Reply, Throughput};
use crate::web::bench::{self, Side};
use crate::web::{self, browser, cluster};

/// Digits of pi and how often they are computed.
const PI: &[(u32, u32)] = &[(2_000, 25), (10_000, 9), (50_000, 3)];
const PODS: &[u32] = &[100, 10_000, 1_000];
/// The first manifest of the course.
const MANIFEST: &str = include_str!("samples/job.yaml");
const MANIFEST_RUNS: u32 = 50;

#[derive(Clone, PartialEq)]
struct Row {
    what: String,
    value: String,
}

#[component]
pub fn Bench(desk: Desk) -> impl IntoView {
    let rows = RwSignal::new(Vec::<Row>::new());
    let results = RwSignal::new("{}".to_owned());
    let running = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let start = move || {
        running.set(true);
        rows.set(Vec::new());
        browser::spawn(async move {
            let report = measure(move |row| {
                rows.try_update(|rows| rows.push(row));
            });
            let report = report.await;
            results.try_set(web::json::print(&report));
            running.try_set(false);
        });
    };
    let copy = move || {
        let text = results.get_untracked();
        browser::spawn(async move {
            let done = browser::copy(text).await;
            let words = if done {
                "скопировано"
            } else {
                "браузер не дал скопировать: выделите текст"
            };
            said.try_set(words.to_owned());
        });
    };
    view! {
        <main class="cover">
            <section class="sheet title bench" data-testid=TestId::Bench.as_str() data-state=text(move || bench_state(running.get(), &rows.get()))>
                <h1>"Измерения"</h1>
                <p class="lead">
                    "Всё считается в этом браузере: число пи рабочим потоком (num-bigint) и по той же формуле встроенным BigInt, "
                    "затем скорость кластера. Медиана нескольких прогонов."
                </p>
                <p><button type="button" class="button strong" disabled=flag(move || running.get() || !desk.ready.get()) on:click=click(start)>
                    {text(move || if running.get() { "Измеряю…" } else { "Измерить" })}
                </button></p>
                <table class="pod-table" aria-live="polite">
                    <tbody>
                        {part(move || rows.get().into_iter().map(|row| view! { <tr><th scope="row">{row.what}</th><td>{row.value}</td></tr> }).collect_view().into_any())}
                    </tbody>
                </table>
                <h2>"JSON"</h2>
                <textarea class="bench-json" readonly aria-label="Результаты в JSON" lang="en" prop:value=text(move || results.get())></textarea>
                <p>{button("Скопировать JSON", copy)}" "<span role="status">{text(move || said.get())}</span></p>
            </section>
        </main>
    }
}

fn bench_state(running: bool, rows: &[Row]) -> &'static str {
    match (running, rows.is_empty()) {
        (true, _) => "running",
        (false, true) => "ready",
        (false, false) => "done",
    }
}

async fn measure(show: impl Fn(Row) + Copy) -> Value {
    let mut report = json!({"cores": browser::cores(), "build": BUILD});
    let mut pi = Vec::new();
    for (digits, runs) in PI {
        pi.push(measure_pi(*digits, *runs, show).await);
    }
    report["pi"] = Value::from(pi);
    let mut cluster = Vec::new();
    for pods in PODS {
        let what = format!("Job на {pods} подов, ядро");
        match throughput(*pods).await {
            Ok(found) => {
                let core_ms = found.core_us / 1_000;
                let rate = u64::from(found.pods) * 1_000_000 / found.core_us.max(1);
                let virtual_s = found.virtual_ms / 1_000;
                let value = format!("{core_ms} мс, {rate} подов/с, {virtual_s} с виртуального времени");
                show(Row { what, value });
                cluster.push(
                    json!({"pods": pods, "core_ms": core_ms, "pods_per_s": rate, "virtual_s": virtual_s}),
                );
            }
            Err(reason) => show(Row { what, value: reason }),
        }
    }
    report["cluster"] = Value::from(cluster);
    report["commands_ms"] = measure_lines(show).await;
    report["manifest_ms"] = measure_manifest(show);
    let fps = bench::frames_per_second(1_000.0).await;
    show(Row {
        what: "Кадров в секунду на этой странице".to_owned(), value: browser::fixed(fps, 0)
    });
    report["frames_per_s"] = Value::from(fps);
    report
}

/// Measures in slices that leave the page responsive.
async fn throughput(pods: u32) -> Result<Throughput, String> {
    cluster::answer(&Question::MeasureBegin { pods });
    loop {
        match cluster::answer(&Question::MeasureOn) {
            Some(Reply::Measured(None)) => bench::next_task().await,
            Some(Reply::Measured(Some(found))) => return found,
            _ => return Err("кластер не отвечает".to_owned()),
        }
    }
}

/// Commands on the cluster that was measured last.
async fn measure_lines(show: impl Fn(Row)) -> Value {
    let mut report = json!({});
    for line in LINES {
        let mut spans = Vec::new();
        for run in 0..runs(line) {
            let line = line.replace("{n}", &run.to_string());
            if let Some(Reply::MeasuredLine(Some(us))) = cluster::answer(&Question::MeasureLine { line }) {
                spans.push(us as f64 / 1_000.0);
            }
            bench::next_task().await;
        }
        let ms = median(spans);
        show(Row {
            what: format!("{line}, {} подов", PODS[PODS.len() - 1]),
            value: format!("{} мс", browser::fixed(ms, 1)),
        });
        report[*line] = Value::from(ms);
    }
    report
}

/// From a manifest's text to every finding about it, the way to the cluster's module and back included.
fn measure_manifest(show: impl Fn(Row)) -> Value {
    let begun = browser::real_ms();
    for _ in 0..MANIFEST_RUNS {
        cluster::answer(&Question::Problems { text: MANIFEST.to_owned() });
    }
    let ms = (browser::real_ms() - begun) / f64::from(MANIFEST_RUNS);
    show(Row {
        what: "Проверка манифеста Job".to_owned(), value: format!("{} мс", browser::fixed(ms, 2))
    });
    Value::from(ms)
}

async fn measure_pi(digits: u32, runs: u32, show: impl Fn(Row)) -> Value {
    let ours = bench::pi_ms(Side::NumBigint, digits, runs).await;
    let theirs = bench::pi_ms(Side::JsBigInt, digits, runs).await;
    let what = format!("Пи, {digits} цифр");
    let ((ours, our_text), (theirs, their_text)) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(reason), _) | (_, Err(reason)) => {
            show(Row { what, value: reason.clone() });
            return json!({"digits": digits, "error": reason});
        }
    };
    let (ours, theirs) = (median(ours), median(theirs));
    let shown = |number: f64| browser::fixed(number, 2);
    let same = our_text.trim_end() == their_text.trim_end();
    let verdict = if same { "цифры совпали" } else { "цифры РАЗЛИЧАЮТСЯ" };
    let value = format!(
        "num-bigint {} мс, BigInt {} мс, отношение {}; {verdict}",
        shown(ours),
        shown(theirs),
        shown(ours / theirs)
    );
    show(Row { what, value });
    json!({"digits": digits, "num_bigint_ms": ours, "js_bigint_ms": theirs, "ratio": ours / theirs, "equal": same})
}

fn median(spans: Vec<f64>) -> f64 {
    let mut sorted = Vec::new();
    for span in spans {
        sorted::insert(&mut sorted, span, |a, b| a < b);
    }
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
