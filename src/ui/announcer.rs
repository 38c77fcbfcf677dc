//! What a screen reader hears: news gathered for a while and told at once.

use std::rc::Rc;

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{follow, part, text};
use super::screen::Screen;
use crate::protocol::views::Look;
use crate::protocol::{Line, LineKind};

/// Real milliseconds between two sentences about the pods.
const PODS_EVERY_MS: u32 = 2_000;
/// Real milliseconds between two readings of the terminal.
const TERMINAL_EVERY_MS: u32 = 1_000;
/// Lines of one reading; of more the last are read.
const LINES_MAX: usize = 12;

/// Calls `tell` some time after `watch` has seen a change, once for all changes until then.
fn gather(every_ms: u32, watch: impl Fn() + 'static, tell: impl Fn() + 'static) {
    let waiting = StoredValue::new(false);
    let tell: Rc<dyn Fn()> = Rc::new(tell);
    follow(move || {
        watch();
        if waiting.get_value() {
            return;
        }
        waiting.set_value(true);
        let tell = tell.clone();
        let tell = move || {
            // The component may be gone by then, and its signals with it.
            if waiting.try_set_value(false).is_none() {
                tell();
            }
        };
        gloo_timers::callback::Timeout::new(every_ms, tell).forget();
    });
}

/// What happened to the pods, in one sentence.
#[component]
pub fn PodsVoice(desk: Desk) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let told = StoredValue::new((0_usize, 0_usize, 0_usize));
    let tell = move || {
        let now = counts(desk);
        if told.try_get_value().is_some_and(|told| told != now) {
            told.try_set_value(now);
            let (running, done, failed) = now;
            said.try_set(format!("Поды: работает {running}, завершились {done}, с ошибкой {failed}."));
        }
    };
    gather(PODS_EVERY_MS, move || desk.version.track(), tell);
    view! { <p class="hidden-text" role="status">{text(move || said.get())}</p> }
}

fn counts(desk: Desk) -> (usize, usize, usize) {
    let pods = desk.all_pods();
    let of = |look: Look| pods.iter().filter(|pod| pod.look == look).count();
    (of(Look::Running), of(Look::Done), of(Look::Failed) + of(Look::Backoff))
}

/// How far the terminal has been read: a block, and how many of its lines.
type Read = (u64, usize);

/// What the terminal has printed.
#[component]
pub fn TerminalVoice(desk: Desk) -> impl IntoView {
    let said: RwSignal<Vec<Line>> = RwSignal::new(Vec::new());
    let read: StoredValue<Read> = StoredValue::new((0, 0));
    let tell = move || {
        let Some(before) = read.try_get_value() else { return };
        let (lines, now) = desk.with_screen(|screen, _| unread(screen, before));
        read.try_set_value(now);
        if !lines.is_empty() {
            said.try_set(lines);
        }
    };
    gather(TERMINAL_EVERY_MS, move || desk.terminal_revision.track(), tell);
    let spoken = move |line: Line| {
        let language = if line.kind == LineKind::Explanation { "ru" } else { "en" };
        view! { <div lang=language>{line.text}</div> }
    };
    view! {
        <div class="hidden-text" role="status" aria-label="Новое в терминале">
            {part(move || said.get().into_iter().map(spoken).collect_view().into_any())}
        </div>
    }
}

fn unread(screen: &Screen, (block, count): Read) -> (Vec<Line>, Read) {
    let newer = screen.blocks.iter().filter(|each| each.id >= block).flat_map(|each| {
        let known = if each.id == block { count.saturating_sub(each.first) } else { 0 };
        each.lines.iter().skip(known)
    });
    let mut lines: Vec<Line> = newer.cloned().collect();
    lines.drain(..lines.len().saturating_sub(LINES_MAX));
    let end = screen.blocks.last().map_or((block, count), |last| (last.id, last.first + last.lines.len()));
    (lines, end)
}
