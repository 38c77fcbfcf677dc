//! The cluster on squared paper: clock, Jobs with their pods, timeline, the last decision.

use leptos::prelude::*;

use super::announcer::PodsVoice;
use super::desk::Desk;
use super::job_card::JobRow;
use super::names::TestId;
use super::object_menu::ObjectMenu;
use super::pod_card::PodCard;
use super::pod_table::PodTable;
use super::timeline::Timeline;
use super::why::Why;
use crate::protocol::{Act, Goal, SPEEDS};

#[component]
pub fn ClusterPanel(desk: Desk) -> impl IntoView {
    let fast =
        move || (desk.speed.get() > 50.0 || desk.clock.with(|clock| clock.running_to_goal)).to_string();
    view! {
        <section class="sheet cluster squared" aria-label="Кластер" data-fast=fast>
            <ClockBar desk=desk />
            <div class="stage" role="region" aria-label="Поды" tabindex="0" data-testid=TestId::Grid.as_str()>
                <Hatch />
                <Show when=move || desk.as_table.get()>
                    <PodTable desk=desk />
                </Show>
                <div class="squares" class:as-table=desk.as_table>
                    <For each=move || desk.jobs.get() key=|uid| uid.clone() children=move |uid| view! { <JobRow desk=desk uid=uid /> } />
                    <div class="pods">
                        <For
                            each=move || desk.lone_pods.get()
                            key=|uid| uid.clone()
                            children=move |uid| view! { <PodCard desk=desk uid=uid /> }
                        />
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
    move || {
        let empty = desk.jobs.with(Vec::is_empty) && desk.lone_pods.with(Vec::is_empty);
        empty.then(|| {
            view! {
                <p class="stage-empty">
                    "Пока пусто. Примените манифест, и здесь появятся Job и её поды."
                </p>
            }
        })
    }
}

#[component]
fn LeftOut(desk: Desk) -> impl IntoView {
    move || {
        let count = desk.left_out.get();
        (count > 0).then(
            || view! { <p class="stage-empty">{format!("Показаны последние поды; ещё {count} старше.")}</p> },
        )
    }
}

#[component]
fn ClockBar(desk: Desk) -> impl IntoView {
    let pause_label = move || if desk.paused.get() { "Продолжить" } else { "Пауза" };
    let pause_icon = move || if desk.paused.get() { "M2 1l11 6-11 6z" } else { "M2 1h4v12H2zM8 1h4v12H8z" };
    let clock = move || desk.clock.with(|clock| clock.text.clone());
    let holds = move || desk.clock.with(|clock| clock.holding);
    view! {
        <div class="bar" role="group" aria-label="Время кластера">
            <button
                class="button" type="button" data-testid=TestId::Pause.as_str() title=pause_label aria-label=pause_label
                on:click=move |_| desk.paused.update(|paused| *paused = !*paused)
            >
                <svg viewBox="0 0 14 14" aria-hidden="true"><path d=pause_icon /></svg>
            </button>
            <button
                class="button" type="button" data-testid=TestId::NextEvent.as_str() title="К следующему событию"
                aria-label="К следующему событию" on:click=move |_| desk.act(&Act::RunTo(Goal::NextEvent))
            >
                <svg viewBox="0 0 14 14" aria-hidden="true"><path d="M1 1l8 6-8 6zM10 1h3v12h-3z" /></svg>
            </button>
            <button
                class="button" type="button" title="К следующему решению контроллера"
                aria-label="К следующему решению контроллера" on:click=move |_| desk.act(&Act::RunTo(Goal::NextDecision))
            >
                "?"<svg viewBox="0 0 14 14" aria-hidden="true"><path d="M1 1l8 6-8 6zM10 1h3v12h-3z" /></svg>
            </button>
            <span class="clock" data-testid=TestId::Clock.as_str() title="Виртуальное время с начала">{clock}</span>
            <span class="clock-note" class:holds=holds role="status">{move || clock_note(desk)}</span>
            <span class="grow"></span>
            <SpeedChoice desk=desk />
            <button class="button" type="button" on:click=move |_| desk.act(&Act::RunTo(Goal::JobsEnd))>"до конца Job"</button>
            <button
                class="button" type="button" aria-pressed=move || desk.as_table.get().to_string()
                on:click=move |_| desk.as_table.update(|as_table| *as_table = !*as_table)
            >"таблица"</button>
        </div>
    }
}

fn clock_note(desk: Desk) -> String {
    let clock = desk.clock.get();
    let workers = match desk.load.get() {
        (0, 0) => String::new(),
        (running, 0) => format!("вычисляет потоков: {running}"),
        (running, queued) => format!("вычисляет потоков: {running}, ждут: {queued}"),
    };
    match () {
        _ if !desk.ready.get() => "кластер загружается".to_owned(),
        _ if clock.replaying => "повторяем запись".to_owned(),
        _ if clock.holding => "ждём результат вычисления".to_owned(),
        _ if desk.paused.get() => "пауза".to_owned(),
        _ if clock.running_to_goal => "перематываем".to_owned(),
        _ if !workers.is_empty() => workers,
        _ => "время кластера".to_owned(),
    }
}

#[component]
fn SpeedChoice(desk: Desk) -> impl IntoView {
    let label = |speed: f64| format!("{}×", speed.to_string().replace('.', ","));
    let options = SPEEDS.iter().map(|speed| {
        let value = speed.to_string();
        let speed = *speed;
        view! { <option value=value selected=move || desk.speed.get() == speed>{label(speed)}</option> }
    });
    let choose = move |event| {
        if let Ok(speed) = event_target_value(&event).parse::<f64>() {
            desk.speed.set(speed);
        }
    };
    view! {
        <label class="speed">
            <span class="quiet">"скорость"</span>
            <select data-testid=TestId::Speed.as_str() on:change=choose>{options.collect_view()}</select>
        </label>
    }
}
