//! Bars of virtual time: how each pod waited, ran, ended and went.

use leptos::html;
use leptos::prelude::*;

use super::desk::Desk;
use super::live::{shown, text};
use super::names::TestId;
use super::px::px;
use crate::base::{Duration, Time};
use crate::protocol::views::{Bar, Look};

// Lengths are tenths of a unit of the drawing, and a unit is a pixel unless the place is wider or narrower than these.
const WIDTH_MIN: i64 = 2_800;
const WIDTH_MAX: i64 = 9_000;
const LABEL_WIDTH: i64 = 760;
const ROW_HEIGHT: i64 = 150;
const BAR_HEIGHT: i64 = 100;
const AXIS_HEIGHT: i64 = 200;
/// What is too short to be seen is drawn so wide.
const BAR_WIDTH_MIN: i64 = 15;
/// Newer pods than this many push older ones out of the drawing.
const ROWS_MAX: usize = 8;
/// What the place keeps free at both sides together.
const MARGINS: i64 = 480;
/// The room that a mark of the axis takes.
const MARK_WIDTH: i64 = 900;
/// The shortest span that is drawn: the first seconds of a run keep their shape.
const SPAN_MIN_MS: i64 = 12_000;

#[component]
pub fn Timeline(desk: Desk) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let width = move || {
        let room = place.get().map_or(0, |place| i64::from(place.client_width()) * 10 - MARGINS);
        room.clamp(WIDTH_MIN, WIDTH_MAX)
    };
    let drawing = move || {
        let size = move || (width(), desk.bars.with(|bars| height_of(newest(bars))) + AXIS_HEIGHT);
        let box_of = |(width, height)| format!("0 0 {} {}", px(width), px(height));
        let inside = move || desk.bars.with(|bars| inside(newest(bars), desk.now(), width()));
        view! {
            <svg
                viewBox=text(move || box_of(size()))
                role="img" aria-label="Время жизни подов" inner_html=text(inside)
            ></svg>
        }
        .into_any()
    };
    view! {
        <div class="timeline" node_ref=place role="region" aria-label="Время жизни подов" tabindex="0" data-testid=TestId::Timeline.as_str()>
            {shown(move || desk.bars.with(|bars| !bars.is_empty()), drawing)}
        </div>
    }
}

/// Maps instants to x.
struct Scale {
    from: Time,
    span_ms: i64,
    width: i64,
}

impl Scale {
    fn of(bars: &[Bar], now: Time, width: i64) -> Scale {
        let from = bars.iter().map(|bar| bar.created).min().unwrap_or(now);
        let span_ms = (now - from).as_millis().max(SPAN_MIN_MS) * 21 / 20;
        Scale { from, span_ms, width }
    }

    fn x(&self, instant: Time) -> i64 {
        let passed_ms = (instant - self.from).as_millis().clamp(0, self.span_ms);
        LABEL_WIDTH + passed_ms * (self.width - LABEL_WIDTH - 80) / self.span_ms
    }

    /// The smallest step between marks of the axis that leaves each its room.
    fn step_ms(&self) -> i64 {
        const STEPS_S: [i64; 14] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400];
        let marks_max = (self.width - LABEL_WIDTH) / MARK_WIDTH;
        let fits = STEPS_S.iter().find(|step| self.span_ms <= marks_max * 1000 * **step);
        fits.copied().unwrap_or(604_800) * 1000
    }
}

fn newest(bars: &[Bar]) -> &[Bar] {
    &bars[bars.len().saturating_sub(ROWS_MAX)..]
}

fn height_of(bars: &[Bar]) -> i64 {
    ROW_HEIGHT * bars.len() as i64
}

/// The inside of the drawing.
fn inside(bars: &[Bar], now: Time, width: i64) -> String {
    let scale = Scale::of(bars, now, width);
    let height = height_of(bars);
    let rows = bars.iter().enumerate();
    let rows: String =
        rows.map(|(row, bar)| bar_row(bar, row as i64 * ROW_HEIGHT + 25, &scale, now)).collect();
    let now = format!(r#"<path class="now" d="M{} 0V{}"/>"#, px(scale.x(now)), px(height + 40));
    axis(&scale, height) + &rows + &now
}

fn axis(scale: &Scale, height: i64) -> String {
    let step = scale.step_ms();
    let marks = (0..).map(|at| at * step).take_while(|ms| *ms < scale.span_ms);
    let marks = marks.map(|ms| {
        let x = scale.x(scale.from + Duration::from_millis(ms));
        let line = format!(r#"<path class="grid-line" d="M{} 0V{}"/>"#, px(x), px(height));
        // The last mark would stand over the edge.
        if x > scale.width - 400 { line } else { line + &label(x - 40, height + 160, &mark_text(ms / 1000)) }
    });
    let marks: String = marks.collect();
    marks + &format!(r#"<path class="axis" d="M{} {}H{}"/>"#, px(LABEL_WIDTH), px(height), px(scale.width))
}

/// As in 40 с, 2:20, 3:00:00.
fn mark_text(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} с"),
        120..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:00", seconds / 3_600, seconds / 60 % 60),
    }
}

fn label(x: i64, y: i64, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(r#"<text x="{}" y="{}">{text}</text>"#, px(x), px(y))
}

fn bar_row(bar: &Bar, y: i64, scale: &Scale, now: Time) -> String {
    let last = bar.removed.unwrap_or(now);
    let stretch = |class: &str, from: Time, to: Time| {
        let x = scale.x(from);
        let width = (scale.x(to) - x).max(BAR_WIDTH_MIN);
        let (x, y, width, height) = (px(x), px(y), px(width), px(BAR_HEIGHT));
        format!(r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#)
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
    label(0, y + 95, &shortened(&bar.short_name))
        + &stretch("bar-pending", bar.created, waiting_end.max(bar.created))
        + &work.unwrap_or_default()
        + &leaving.unwrap_or_default()
}

/// As much of a name as the margin of the drawing holds.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(9) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}
