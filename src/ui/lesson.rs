//! A lesson's sheet: loads the compiled lesson, shows its text with goals, questions and commands.

use std::sync::Arc;

use leptos::prelude::*;

use super::cover::{instead, load_index, not_found};
use super::lesson_blocks::Blocks;
use super::lesson_state::LessonState;
use super::live::{anew, click, flag, on, part, shown, text, yes_no};
use super::names::{Route, TestId};
use super::progress::ProgressStore;
use super::work::{Work, Workplace};
use crate::course::sheet::Sheet as LessonSheet;
use crate::web::{browser, json};

/// The screen of a lesson: until its file is there, one line instead.
#[component]
pub fn LessonScreen(id: String, work: Work, progress: ProgressStore) -> impl IntoView {
    let loaded: RwSignal<Option<Result<LessonState, String>>, LocalStorage> = RwSignal::new_local(None);
    let owner = Owner::current();
    browser::spawn(async move {
        let mut read = load(&id).await;
        if read.is_err() && is_unknown(&id).await {
            read = Err(String::new());
        }
        // The learner may have gone elsewhere meanwhile: then the signals are disposed and nothing is opened.
        if loaded.is_disposed() {
            return;
        }
        let open = || read.map(|(sheet, text)| LessonState::open(sheet, text, work, progress));
        let state = match &owner {
            Some(owner) => owner.with(open),
            None => open(),
        };
        loaded.try_set(Some(state));
    });
    part(move || match loaded.get() {
        None => view! { <main class="lesson-message" aria-busy="true">"Открываю урок…"</main> }.into_any(),
        Some(Ok(state)) => {
            let sheet = view! { <Sheet state=state /> }.into_any();
            view! { <Workplace work=work lesson=sheet layout=state.lesson().layout.clone() /> }.into_any()
        }
        Some(Err(reason)) if reason.is_empty() => not_found("Такого урока нет"),
        Some(Err(reason)) => instead("Урок не открылся", reason),
    })
}

/// Whether the course has no such lesson, as far as its list can be had.
async fn is_unknown(id: &str) -> bool {
    load_index().await.is_ok_and(|index| index.lessons().all(|card| card.id != id))
}

/// The lesson's sheet, and the file that it was read from.
async fn load(id: &str) -> Result<(LessonSheet, String), String> {
    let text = browser::fetch_text(&format!("lessons/{id}.json")).await?;
    let value = json::parse(&text).ok_or("Файл урока повреждён.")?;
    let sheet = LessonSheet::read(&value);
    let sheet = sheet.map_err(|mistake| format!("Файл урока повреждён: {}", mistake.message))?;
    Ok((sheet, text))
}

#[component]
fn Sheet(state: LessonState) -> impl IntoView {
    let lesson = state.lesson();
    browser::set_title(&format!("{}: Задачник", lesson.title));
    // Who came by a link goes on here with the keyboard and is told where this is, unless already elsewhere by then.
    let at_first = browser::focused();
    request_animation_frame(move || {
        if browser::focused().is_none_or(|now| now.tag_name() == "BODY" || at_first.as_ref() == Some(&now)) {
            browser::focus_first("#lesson-title");
        }
    });
    let known = move || state.is_known();
    let toggle_known = {
        let id = lesson.id.clone();
        move || state.progress.change(&id, |saved| saved.known = !saved.known)
    };
    let chip = move || {
        let open =
            state.goals.with(|goals| goals.iter().find(|goal| !goal.met).map(|goal| goal.text.clone()));
        open.map_or_else(|| "Все цели достигнуты".to_owned(), |text| format!("Цель: {text}"))
    };
    view! {
        <div class="goal-chip" inner_html=text(chip)></div>
        <article class="sheet lesson" class:known=flag(known) aria-labelledby="lesson-title" tabindex="0">
            <div class="lesson-page" on:click=on(move |event| super::lesson_blocks::clicked(&event, state))>
                <span class="number" aria-hidden="true">{format!("№{}", lesson.number)}</span>
                <h1 id="lesson-title">{lesson.title.clone()}</h1>
                <p class="quiet">
                    {format!("{} · около {} мин · ", lesson.part, lesson.minutes)}
                    <button type="button" class="link" aria-pressed=yes_no(known) on:click=click(toggle_known)>
                        {text(move || if known() { "вернуть подсказки и шаги" } else { "я это знаю" })}
                    </button>
                </p>
                <div class="before" inner_html=text(move || before(state))></div>
                <Blocks state=state blocks=lesson.body.clone() />
                <OtherGoals state=state />
                <div class="remarks"><Remarks state=state /></div>
                <End state=state />
                <Foot state=state />
            </div>
        </article>
    }
}

/// Lessons to do first, as long as they are not done, and the fields that this one is about: HTML.
fn before(state: LessonState) -> String {
    let (lesson, saved) = (state.lesson(), state.progress.all());
    let mut html = String::new();
    for card in lesson.needs.iter().filter(|card| !saved.is_done(card)) {
        html = html + "<p>Сначала пройдите урок " + &card.title + "</p>";
    }
    html + &lesson.fields
}

/// Goals that the text does not place itself.
#[component]
fn OtherGoals(state: LessonState) -> impl IntoView {
    let lesson = state.lesson();
    let placed = super::lesson_blocks::placed_goals(&lesson.body);
    let rest: Vec<String> =
        lesson.goals.iter().map(|(id, _)| id.clone()).filter(|id| !placed.contains(id)).collect();
    (!rest.is_empty()).then(|| {
        let goals = rest.into_iter().map(|id| view! { <super::lesson_blocks::Goal state=state id=id /> });
        view! { <p class="goal-list-title">"Цели"</p><div class="goals">{goals.collect_view()}</div> }
    })
}

fn restart(state: LessonState) -> AnyView {
    let begin = Arc::new(move || state.restart());
    anew(
        "Начать на чистом кластере",
        "Кластер, файлы и история команд начнутся заново, достигнутые цели останутся.",
        begin,
    )
}

#[component]
fn Remarks(state: LessonState) -> impl IntoView {
    part(move || {
        let rows = state.work.desk.remarks.get();
        rows.into_iter()
            .map(|row| {
                let again = row.dead_end.then(|| {
                    view! { <p>{restart(state)}</p> }
                });
                view! { <aside class="aside" role="note"><div inner_html=row.say></div>{again}</aside> }
            })
            .collect_view()
            .into_any()
    })
}

#[component]
fn End(state: LessonState) -> impl IntoView {
    let teaches = state.lesson().teaches.clone();
    let card = move || {
        let items = teaches.iter().map(|text| view! { <li inner_html=text.clone()></li> }).collect_view();
        view! {
            <section class="end-card" aria-label="Итог урока">
                <span class="stamp" aria-hidden="true">"Выполнено"</span>
                <h2>"Теперь вы умеете"</h2>
                <ul>{items}</ul>
            </section>
        }
        .into_any()
    };
    shown(move || state.done.get(), card)
}

#[component]
fn Foot(state: LessonState) -> impl IntoView {
    let next = state.lesson().next.clone().map(|id| {
        view! {
            <a class="button" class:strong=flag(move || state.done.get()) data-testid=TestId::LessonNext.as_str() href=Route::Lesson(id).href()>
                "Следующий урок"
            </a>
        }
    });
    view! {
        <nav class="lesson-foot" aria-label="Дальше">
            {next}
            {restart(state)}
            <a class="button" href=Route::Cover.href()>"Обложка"</a>
        </nav>
    }
}
