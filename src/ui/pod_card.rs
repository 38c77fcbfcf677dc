//! A pod as a square of the sheet: shape, icon and text first, colour third.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{click, text, yes_no};
use super::names::TestId;
use crate::protocol::views::{Look, PodView};

#[component]
pub fn PodCard(desk: Desk, uid: String) -> impl IntoView {
    desk.pod(&uid).map(|pod| {
        let pod = RwSignal::from(pod);
        let name = pod.with_untracked(|pod| pod.name.clone());
        let own_name = name.clone();
        let marked = yes_no(move || desk.chosen.with(|chosen| chosen.as_deref() == Some(own_name.as_str())));
        let choose_name = name.clone();
        let choose = move || {
            let same = desk.chosen.with_untracked(|chosen| chosen.as_deref() == Some(choose_name.as_str()));
            desk.chosen.set((!same).then(|| choose_name.clone()));
        };
        view! {
            <button
                type="button" class="pod" data-testid=TestId::Pod.as_str() data-pod=name.clone()
                data-status=text(move || pod.with(|pod| pod.status.clone()))
                data-look=text(move || pod.with(|pod| pod.look.as_str()))
                data-computing=yes_no(move || pod.with(|pod| pod.computes))
                data-marked=marked title=name aria-label=text(move || pod.with(spoken)) on:click=click(choose)
            >
                <svg viewBox="0 0 44 44" aria-hidden="true" inner_html=text(move || pod.with(icon))></svg>
                <span class="name">{text(move || pod.with(|pod| pod.short_name.clone()))}</span>
                <span class="status">{text(move || pod.with(|pod| caption(pod, desk)))}</span>
            </button>
        }
    })
}

fn spoken(pod: &PodView) -> String {
    let mut text = format!("Под {}: {}, готово {}", pod.name, pod.status, pod.ready);
    if !pod.index.is_empty() {
        text.push_str(&format!(", индекс {}", pod.index));
    }
    if pod.restarts > 0 {
        text.push_str(&format!(", перезапусков {}", pod.restarts));
    }
    if let Some(code) = pod.exit_code {
        text.push_str(&format!(", код завершения {code}"));
    }
    text
}

fn caption(pod: &PodView, desk: Desk) -> String {
    let index = if pod.index.is_empty() { String::new() } else { format!(" №{}", pod.index) };
    match pod.retry_at {
        Some(retry_at) => {
            let left = (retry_at - desk.now()).as_secs().max(0);
            format!("{}{index} {left} с", pod.status)
        }
        None => format!("{}{index}", pod.status),
    }
}

/// The inside of the pod's drawing. Drawings are texts: a type for each shape would cost more than all of them.
fn icon(pod: &PodView) -> String {
    const STROKE: &str = r#"stroke-width="4" stroke-linecap="round""#;
    let path = |d: &str| format!(r#"<path d="{d}" {STROKE}/>"#);
    let circle = |r: &str, more: &str| format!(r#"<circle cx="22" cy="22" r="{r}" {more}/>"#);
    let square =
        |more: &str| format!(r#"<rect x="6" y="6" width="32" height="32" stroke-width="2" {more}/>"#);
    let sign = |x: u8, y: u8, size: u8, text: &str| {
        format!(r#"<text x="{x}" y="{y}" font-size="{size}">{text}</text>"#)
    };
    match (pod.look, pod.exit_code) {
        (Look::Waiting, _) => square(r#"stroke-dasharray="5 4""#) + &sign(22, 26, 20, "…"),
        (Look::Creating, _) => {
            square("") + r#"<path d="M7 37h30V22H7z" fill="currentColor" stroke="none" opacity=".45"/>"#
        }
        (Look::Running, _) => {
            circle("17", r#"stroke-width="2" opacity=".4""#)
                + r#"<path class="spin" d="M22 5a17 17 0 0 1 17 17" stroke-width="5"/>"#
                + &sign(22, 29, 21, if pod.computes { "π" } else { "▸" })
        }
        (Look::Done, _) => path("M8 24l10 11L37 9"),
        (Look::Failed, None) => path("M10 10l24 24M34 10L10 34"),
        (Look::Failed, Some(code)) => path("M6 10l16 16M22 10L6 26") + &sign(31, 38, 17, &code.to_string()),
        (Look::Backoff, _) => circle("16", r#"stroke-width="3""#) + &path("M22 12v10l7 5"),
        (Look::Leaving, _) => circle("16", r#"stroke-width="2" stroke-dasharray="3 4""#) + &path("M13 22h18"),
        (Look::Unknown, _) => circle("16", r#"stroke-width="2""#) + &sign(22, 30, 22, "?"),
    }
}
