//! A Job: its card with the count of completions, and its pods beside it.

use leptos::prelude::*;

use super::desk::{Desk, JobSignals};
use super::names::TestId;
use super::pod_card::PodCard;
use crate::protocol::views::{JobStatus, JobView, span_ru};

/// More squares than this in the meter would be thinner than their own lines.
const METER_SQUARES_MAX: i32 = 40;
const METER_WIDTH: f64 = 188.0;

#[component]
pub fn JobRow(desk: Desk, uid: String) -> impl IntoView {
    // The row is drawn only for Jobs that the desk has just listed.
    desk.job(&uid).map(|JobSignals { view: job, pods }| {
        view! {
            <div class="job-row">
                <JobCard desk=desk job=job />
                <div class="pods">
                    <For
                        each=move || pods.get()
                        key=|uid| uid.clone()
                        children=move |uid| view! { <PodCard desk=desk uid=uid /> }
                    />
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
    let choose = move |_| desk.chosen.set(Some(chosen.clone()));
    let stamp = move || match job.with(|job| job.status) {
        JobStatus::Complete => Some("Выполнено"),
        JobStatus::Failed => Some("Не сдано"),
        _ => None,
    };
    view! {
        <article class="job" data-testid=TestId::Job.as_str() data-job=name data-status=status aria-label=move || summary(&job.get())>
            <h3><button type="button" class="object-link" on:click=choose>{title}</button></h3>
            <div class="state"><b>{status}</b><span class="quiet">{move || job.with(counts)}</span></div>
            {move || job.with(meter)}
            <div>{move || job.with(limits)}</div>
            <div class="quiet">{move || job.with(|job| progress(job, desk))}</div>
            {move || stamp().map(|text| view! { <span class="job-stamp" aria-hidden="true">{text}</span> })}
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
            parts.push(format!("идёт {}", span_ru(desk.now.get() - started.to_time())));
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

/// One square for each completion that is wanted: hatched when done, tinted while a pod works on it.
fn meter(job: &JobView) -> AnyView {
    let wanted = job.completions.unwrap_or(job.parallelism).clamp(1, METER_SQUARES_MAX);
    let scale = f64::from(wanted) / f64::from(job.completions.unwrap_or(job.parallelism).max(1));
    let scaled = |count: i32| (f64::from(count) * scale) as i32;
    let (done, active) = (scaled(job.succeeded), scaled(job.active));
    let width = (METER_WIDTH - 2.0) / f64::from(wanted);
    let squares = (0..wanted).map(|at| {
        let class = match at {
            _ if at < done => "done",
            _ if at < done + active => "active",
            _ if job.status == JobStatus::Failed => "lost",
            _ => "open",
        };
        view! { <rect class=class x=(1.0 + width * f64::from(at)).to_string() y="1" width=width.to_string() height="13" /> }
    });
    view! {
        <svg class="meter" viewBox=format!("0 0 {METER_WIDTH} 15") preserveAspectRatio="none" aria-hidden="true">
            {squares.collect_view()}
        </svg>
    }
    .into_any()
}
