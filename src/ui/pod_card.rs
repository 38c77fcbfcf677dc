//! A pod as a square of the sheet: shape, icon and text first, colour third.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{click, part, text, yes_no};
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
                {part(move || pod.with(icon))}
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
            let left = (retry_at - desk.now.get()).as_secs().max(0);
            format!("{}{index} {left} с", pod.status)
        }
        None => format!("{}{index}", pod.status),
    }
}

fn icon(pod: &PodView) -> AnyView {
    let code = pod.exit_code.map(|code| code.to_string()).unwrap_or_default();
    let path = |d: &'static str| view! { <path d=d stroke-width="4" stroke-linecap="round" /> }.into_any();
    let drawing = match pod.look {
        Look::Waiting => view! { <rect x="6" y="6" width="32" height="32" stroke-width="2" stroke-dasharray="5 4" /><text x="22" y="26" font-size="20">"…"</text> }.into_any(),
        Look::Creating => view! { <rect x="6" y="6" width="32" height="32" stroke-width="2" /><path d="M7 37h30V22H7z" fill="currentColor" stroke="none" opacity=".45" /> }.into_any(),
        Look::Running => {
            let sign = if pod.computes { "π" } else { "▸" };
            view! {
                <circle cx="22" cy="22" r="17" stroke-width="2" opacity=".4" />
                <path class="spin" d="M22 5a17 17 0 0 1 17 17" stroke-width="5" />
                <text x="22" y="29" font-size="21">{sign}</text>
            }
            .into_any()
        }
        Look::Done => path("M8 24l10 11L37 9"),
        Look::Failed if code.is_empty() => path("M10 10l24 24M34 10L10 34"),
        Look::Failed => view! { <path d="M6 10l16 16M22 10L6 26" stroke-width="4" stroke-linecap="round" /><text x="31" y="38" font-size="17">{code}</text> }.into_any(),
        Look::Backoff => view! { <circle cx="22" cy="22" r="16" stroke-width="3" /><path d="M22 12v10l7 5" stroke-width="3" stroke-linecap="round" /> }.into_any(),
        Look::Leaving => view! { <circle cx="22" cy="22" r="16" stroke-width="2" stroke-dasharray="3 4" /><path d="M13 22h18" stroke-width="4" stroke-linecap="round" /> }.into_any(),
        Look::Unknown => view! { <circle cx="22" cy="22" r="16" stroke-width="2" /><text x="22" y="30" font-size="22">"?"</text> }.into_any(),
    };
    view! { <svg viewBox="0 0 44 44" aria-hidden="true">{drawing}</svg> }.into_any()
}
