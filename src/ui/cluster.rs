//! The cluster on squared paper: clock, Jobs with their pods, timeline, the last decision.

use leptos::prelude::*;

use super::announcer::PodsVoice;
use super::desk::Desk;
use super::job_card::JobRow;
use super::live::{click, each, flag, nothing, on, part, shown, text, yes_no};
use super::names::TestId;
use super::object_menu::ObjectMenu;
use super::pod_card::PodCard;
use super::pod_table::PodTable;
use super::timeline::Timeline;
use super::why::Why;
use crate::protocol::{Act, Goal, SPEEDS};

/// Above this speed nothing moves: only states are drawn.
const FAST_PERCENT: u64 = 5_000;

#[component]
pub fn ClusterPanel(desk: Desk) -> impl IntoView {
    let fast =
        yes_no(move || desk.speed.get() > FAST_PERCENT || desk.clock.with(|clock| clock.running_to_goal));
    let newest_first = move || desk.jobs.get().into_iter().rev().collect();
    view! {
        <section class="sheet cluster squared" aria-label="Кластер" data-fast=fast>
            <ClockBar desk=desk />
            <div class="stage" role="region" aria-label="Поды" tabindex="0" data-testid=TestId::Grid.as_str()>
                <Hatch />
                {shown(move || desk.as_table.get(), move || view! { <PodTable desk=desk /> }.into_any())}
                <div class="squares" class:as-table=flag(move || desk.as_table.get())>
                    {each(newest_first, move |uid| view! { <JobRow desk=desk uid=uid /> }.into_any())}
                    <div class="pods">
                        {each(move || desk.lone_pods.get(), move |uid| view! { <PodCard desk=desk uid=uid /> }.into_any())}
                    </div>
                </div>
                <LeftOut desk=desk />
                <Empty desk=desk />
            </div>
            <div class="foot">
                <ObjectMenu desk=desk />
                <PodsVoice desk=desk />
                <Timeline desk=desk />
                <Why desk=desk />
            </div>
        </section>
    }
}

/// The pattern of what is done, for all drawings of this page.
#[component]
fn Hatch() -> impl IntoView {
    view! {
        <svg width="0" height="0" class="hidden-text" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class="hatch-line" d="M1.5 0V6" />
                </pattern>
            </defs>
        </svg>
    }
}

#[component]
fn Empty(desk: Desk) -> impl IntoView {
    let empty = move || desk.jobs.with(Vec::is_empty) && desk.lone_pods.with(Vec::is_empty);
    shown(empty, || {
        view! {
            <p class="stage-empty">
                "Пока пусто. Примените манифест, и здесь появятся Job и её поды."
            </p>
        }
        .into_any()
    })
}

#[component]
fn LeftOut(desk: Desk) -> impl IntoView {
    part(move || match desk.left_out.get() {
        0 => nothing(),
        count => {
            let said = format!("Показаны последние поды; ещё {count} старше.");
            view! { <p class="stage-empty">{said}</p> }.into_any()
        }
    })
}

#[component]
fn ClockBar(desk: Desk) -> impl IntoView {
    let pause_label = move || if desk.paused.get() { "Продолжить" } else { "Пауза" };
    let pause_icon =
        text(move || if desk.paused.get() { "M2 1l11 6-11 6z" } else { "M2 1h4v12H2zM8 1h4v12H8z" });
    let clock = text(move || desk.clock.with(|clock| clock.text.clone()));
    let holds = flag(move || desk.clock.with(|clock| clock.holding));
    view! {
        <div class="bar" role="group" aria-label="Время кластера">
            <button
                class="button" type="button" data-testid=TestId::Pause.as_str() title=text(pause_label) aria-label=text(pause_label)
                on:click=click(move || desk.paused.update(|paused| *paused = !*paused))
            >
                <svg viewBox="0 0 14 14" aria-hidden="true"><path d=pause_icon /></svg>
            </button>
            <button
                class="button" type="button" data-testid=TestId::NextEvent.as_str() title="К следующему событию"
                aria-label="К следующему событию" on:click=click(move || desk.act(&Act::RunTo(Goal::NextEvent)))
            >
                <svg viewBox="0 0 14 14" aria-hidden="true"><path d="M1 1l8 6-8 6zM10 1h3v12h-3z" /></svg>
            </button>
            <button
                class="button" type="button" title="К следующему решению контроллера"
                aria-label="К следующему решению контроллера" on:click=click(move || desk.act(&Act::RunTo(Goal::NextDecision)))
            >
                "?"<svg viewBox="0 0 14 14" aria-hidden="true"><path d="M1 1l8 6-8 6zM10 1h3v12h-3z" /></svg>
            </button>
            <span class="clock" data-testid=TestId::Clock.as_str() title="Виртуальное время с начала">{clock}</span>
            <span class="quiet" data-part="date" title="Время в кластере, UTC: его говорит и date">{text(move || time_of_day(desk))}</span>
            <span class="clock-note" class:holds=holds role="status">{text(move || clock_note(desk))}</span>
            <SpeedChoice desk=desk />
            <button class="button" type="button" on:click=click(move || desk.act(&Act::RunTo(Goal::JobsEnd)))>"до конца Job"</button>
            <button
                class="button" type="button" aria-pressed=yes_no(move || desk.as_table.get())
                on:click=click(move || desk.as_table.update(|as_table| *as_table = !*as_table))
            >"таблица"</button>
        </div>
    }
}

/// As in 2026-11-23T02:58:30Z.
fn time_of_day(desk: Desk) -> String {
    // Before there is a cluster there is no time.
    let now = desk.now().to_timestamp();
    if now.as_secs() == 0 { String::new() } else { now.to_string()[11..].replace('Z', " UTC") }
}

fn clock_note(desk: Desk) -> String {
    let clock = desk.clock.get();
    let workers = desk.load.get();
    match () {
        _ if !desk.ready.get() => "кластер загружается".to_owned(),
        _ if clock.replaying => "повторяем запись".to_owned(),
        _ if clock.holding => "ждём результат".to_owned(),
        _ if desk.paused.get() => "пауза".to_owned(),
        _ if clock.running_to_goal => "перематываем".to_owned(),
        _ => workers,
    }
}

#[component]
fn SpeedChoice(desk: Desk) -> impl IntoView {
    let options = SPEEDS.iter().map(|(name, percent)| {
        let selected = flag(move || desk.speed.get() == u64::from(*percent));
        view! { <option value=*name selected=selected>{format!("{}×", name.replace('.', ","))}</option> }
    });
    let choose = move |event| {
        let chosen = event_target_value(&event);
        if let Some((_, percent)) = SPEEDS.iter().find(|(name, _)| *name == chosen) {
            desk.speed.set((*percent).into());
        }
    };
    view! {
        <label class="speed">
            <span class="quiet">"скорость"</span>
            <select aria-label="скорость" data-testid=TestId::Speed.as_str() on:change=on(choose)>{options.collect_view()}</select>
        </label>
    }
}
