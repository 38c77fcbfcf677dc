//! Bars of virtual time: how each pod waited, ran, ended and went.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{nothing, part};
use super::names::TestId;
use super::px::px;
use crate::base::{Duration, Time};
use crate::protocol::views::{Bar, Look};

// Lengths are tenths of a unit of the drawing.
const WIDTH: i64 = 8_000;
const LABEL_WIDTH: i64 = 760;
const ROW_HEIGHT: i64 = 180;
const BAR_HEIGHT: i64 = 120;
const AXIS_HEIGHT: i64 = 220;
/// What is too short to be seen is drawn so wide.
const BAR_WIDTH_MIN: i64 = 15;
/// Newer pods than this many push older ones out of the drawing.
const ROWS_MAX: usize = 8;
/// The shortest span that is drawn: the first seconds of a run keep their shape.
const SPAN_MIN_MS: i64 = 12_000;

#[component]
pub fn Timeline(desk: Desk) -> impl IntoView {
    view! {
        <div class="timeline" role="region" aria-label="Время жизни подов" tabindex="0" data-testid=TestId::Timeline.as_str()>
            {part(move || desk.bars.with(|bars| match bars.is_empty() {
                true => nothing(),
                false => drawing(bars, desk.now.get()),
            }))}
        </div>
    }
}

/// Maps instants to x.
struct Scale {
    from: Time,
    span_ms: i64,
}

impl Scale {
    fn of(bars: &[Bar], now: Time) -> Scale {
        let from = bars.iter().map(|bar| bar.created).min().unwrap_or(now);
        let span_ms = (now - from).as_millis().max(SPAN_MIN_MS) * 21 / 20;
        Scale { from, span_ms }
    }

    fn x(&self, instant: Time) -> i64 {
        let passed_ms = (instant - self.from).as_millis().clamp(0, self.span_ms);
        LABEL_WIDTH + passed_ms * (WIDTH - LABEL_WIDTH - 80) / self.span_ms
    }

    /// A step between marks of the axis that gives three to eight of them.
    fn step_ms(&self) -> i64 {
        const STEPS_S: [i64; 14] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400];
        let fits = STEPS_S.iter().find(|step| self.span_ms <= 8 * 1000 * **step);
        fits.copied().unwrap_or(604_800) * 1000
    }
}

fn drawing(bars: &[Bar], now: Time) -> AnyView {
    let bars = &bars[bars.len().saturating_sub(ROWS_MAX)..];
    let scale = Scale::of(bars, now);
    let rows_height = ROW_HEIGHT * bars.len() as i64;
    let height = rows_height + AXIS_HEIGHT;
    let rows =
        bars.iter().enumerate().map(|(row, bar)| bar_row(bar, row as i64 * ROW_HEIGHT + 30, &scale, now));
    let now_path = format!("M{} 0V{}", px(scale.x(now)), px(rows_height + 40));
    view! {
        <svg viewBox=format!("0 0 {} {}", px(WIDTH), px(height)) role="img" aria-label="Время жизни подов">
            {axis(&scale, rows_height)}
            {rows.collect_view()}
            <path class="now" d=now_path />
        </svg>
    }
    .into_any()
}

fn axis(scale: &Scale, height: i64) -> AnyView {
    let step = scale.step_ms();
    let marks = (0..).map(|at| at * step).take_while(|ms| *ms < scale.span_ms);
    let marks = marks.map(|ms| {
        let x = scale.x(scale.from + Duration::from_millis(ms));
        let seconds = ms / 1000;
        let text = match seconds {
            0..120 => format!("{seconds} с"),
            _ => format!("{} мин", seconds / 60),
        };
        view! {
            <path class="grid-line" d=format!("M{} 0V{}", px(x), px(height)) />
            <text x=px(x - 40) y=px(height + 170)>{text}</text>
        }
    });
    let line = format!("M{} {}H{}", px(LABEL_WIDTH), px(height), px(WIDTH));
    view! { {marks.collect_view()}<path class="axis" d=line /> }.into_any()
}

fn bar_row(bar: &Bar, y: i64, scale: &Scale, now: Time) -> AnyView {
    let last = bar.removed.unwrap_or(now);
    let stretch = |class: &'static str, from: Time, to: Time| {
        let x = scale.x(from);
        let width = (scale.x(to) - x).max(BAR_WIDTH_MIN);
        view! {
            <rect class=class x=px(x) y=px(y) width=px(width) height=px(BAR_HEIGHT) />
        }
    };
    let ended_class = match bar.look {
        Look::Done => "bar-done",
        Look::Failed | Look::Backoff => "bar-failed",
        _ => "bar-running",
    };
    let work_end = bar.ended.or(bar.leaving).unwrap_or(last).min(last);
    let waiting_end = bar.started.unwrap_or(work_end);
    let work_class =
        if bar.ended.is_some() || bar.look == Look::Backoff { ended_class } else { "bar-running" };
    let work = bar.started.map(|started| stretch(work_class, started, work_end.max(started)));
    let leaving =
        bar.leaving.filter(|_| bar.ended.is_none()).map(|leaving| stretch("bar-leaving", leaving, last));
    view! {
        <text x="0" y=px(y + 110)>{shortened(&bar.short_name)}</text>
        {stretch("bar-pending", bar.created, waiting_end.max(bar.created))}
        {work}
        {leaving}
    }
    .into_any()
}

/// As much of a name as the margin of the drawing holds.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(9) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}
