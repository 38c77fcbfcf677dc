//! A Job: its card with the count of completions, and its pods beside it.

use leptos::prelude::*;

use super::desk::{Desk, JobSignals};
use super::live::{click, each, nothing, part, text};
use super::names::TestId;
use super::pod_card::PodCard;
use super::px::px;
use crate::protocol::views::{JobStatus, JobView, span_ru};

/// More squares than this in the meter would be thinner than their own lines.
const METER_SQUARES_MAX: i32 = 40;
/// Tenths of a unit of the drawing.
const METER_WIDTH: i64 = 1_880;

#[component]
pub fn JobRow(desk: Desk, uid: String) -> impl IntoView {
    // The row is drawn only for Jobs that the desk has just listed.
    desk.job(&uid).map(|JobSignals { view: job, pods }| {
        view! {
            <div class="job-row">
                <JobCard desk=desk job=job />
                <div class="pods">
                    {each(move || pods.get(), move |uid| view! { <PodCard desk=desk uid=uid /> }.into_any())}
                </div>
            </div>
        }
    })
}

#[component]
fn JobCard(desk: Desk, job: ArcRwSignal<JobView>) -> impl IntoView {
    let job = RwSignal::from(job);
    let name = job.with_untracked(|job| job.name.clone());
    let status = move || job.with(|job| job.status.as_str());
    let title = name.clone();
    let chosen = name.clone();
    let choose = move || desk.chosen.set(Some(chosen.clone()));
    let stamp = move || match job.with(|job| job.status) {
        JobStatus::Complete => {
            view! { <span class="job-stamp" aria-hidden="true">"Выполнено"</span> }.into_any()
        }
        JobStatus::Failed => {
            view! { <span class="job-stamp" aria-hidden="true">"Не сдано"</span> }.into_any()
        }
        _ => nothing(),
    };
    view! {
        <article class="job" data-testid=TestId::Job.as_str() data-job=name data-status=text(status) aria-label=text(move || summary(&job.get()))>
            <h3><button type="button" class="object-link" on:click=click(choose)>{title}</button></h3>
            <div class="state"><b>{text(status)}</b><span class="quiet">{text(move || job.with(counts))}</span></div>
            <svg
                class="meter" viewBox=format!("0 0 {} 15", px(METER_WIDTH)) preserveAspectRatio="none" aria-hidden="true"
                inner_html=text(move || job.with(meter))
            ></svg>
            <div>{text(move || job.with(limits))}</div>
            <div class="quiet">{text(move || job.with(|job| progress(job, desk)))}</div>
            {part(stamp)}
        </article>
    }
}

fn counts(job: &JobView) -> String {
    match job.completions {
        Some(wanted) => format!("{}/{wanted}", job.succeeded),
        None => format!("{} готово", job.succeeded),
    }
}

fn limits(job: &JobView) -> String {
    format!("parallelism {} · backoffLimit {}", job.parallelism, job.backoff_limit)
}

fn progress(job: &JobView, desk: Desk) -> String {
    let mut parts = vec![format!("неудач {}", job.failed)];
    if job.terminating > 0 {
        parts.push(format!("уходят {}", job.terminating));
    }
    match (job.status, job.ended, job.started) {
        (JobStatus::Suspended, ..) => parts.push("приостановлена".to_owned()),
        (_, Some(ended), Some(started)) => parts.push(format!("шла {}", span_ru(ended - started))),
        (_, None, Some(started)) => {
            parts.push(format!("идёт {}", span_ru(desk.now() - started.to_time())));
        }
        _ => {}
    }
    if job.status == JobStatus::Failed {
        parts.push(job.reason.clone());
    }
    parts.join(" · ")
}

fn summary(job: &JobView) -> String {
    format!("Job {}: {}, {}, работает подов: {}", job.name, job.status.as_str(), counts(job), job.active)
}

/// The inside of the meter: one square for each completion that is wanted: hatched when done, tinted while a pod works on it.
fn meter(job: &JobView) -> String {
    let wanted = job.completions.unwrap_or(job.parallelism).clamp(1, METER_SQUARES_MAX);
    let all = i64::from(job.completions.unwrap_or(job.parallelism).max(1));
    let scaled = |count: i32| (i64::from(count) * i64::from(wanted) / all) as i32;
    let (done, active) = (scaled(job.succeeded), scaled(job.active));
    let inside = METER_WIDTH - 20;
    let squares = (0..wanted).map(|at| {
        let class = match at {
            _ if at < done => "done",
            _ if at < done + active => "active",
            _ if job.status == JobStatus::Failed => "lost",
            _ => "open",
        };
        let (x, width) =
            (px(10 + inside * i64::from(at) / i64::from(wanted)), px(inside / i64::from(wanted)));
        format!(r#"<rect class="{class}" x="{x}" y="1" width="{width}" height="13"/>"#)
    });
    squares.collect()
}
