//! The cover: what this is, the lessons with progress, where to go on.

use leptos::prelude::*;

use super::live::{button, nothing, on, part, text};
use super::names::Route;
use super::progress::ProgressStore;
use crate::course::index::{CourseIndex, CoursePart, LessonCard};
use crate::course::progress::Progress;
use crate::web::{browser, json};

#[component]
pub fn Cover(progress: ProgressStore) -> impl IntoView {
    let index: RwSignal<Option<Result<CourseIndex, String>>, LocalStorage> = RwSignal::new_local(None);
    browser::spawn(async move {
        let read = load_index().await;
        index.try_set(Some(read));
    });
    view! {
        <main class="cover">
            <section class="sheet squared title">
                <h1>"Задачник"</h1>
                <p class="hand">"Kubernetes Jobs на опыте"</p>
                <p class="lead">
                    "Кластер, kubectl и контроллер Job работают прямо на этой странице: без установки, без сервера, без учётной записи. "
                    "Вы пишете манифест, применяете его и видите, что и почему делает Kubernetes."
                </p>
                <div class="doors">
                    {part(move || index.with(|index| match index {
                        Some(Ok(index)) => go_on(index, progress),
                        _ => nothing(),
                    }))}
                    <a class="button" href=Route::Sandbox.href()>"Песочница"</a>
                    <a class="button" href=Route::Bench.href()>"Измерения"</a>
                </div>
            </section>
            {part(move || index.with(|index| match index {
                None => view! { <p class="colophon" aria-busy="true">"Открываю оглавление…"</p> }.into_any(),
                Some(Ok(index)) => index.parts.iter().map(|part| part_view(part, progress)).collect_view().into_any(),
                Some(Err(reason)) => view! {
                    <section class="sheet part">
                        <h2>"Уроки не открылись"</h2>
                        <p>{reason.clone()}" Песочница работает и без них."</p>
                    </section>
                }.into_any(),
            }))}
            <Colophon progress=progress />
        </main>
    }
}

/// # Errors
/// In Russian, when the list of lessons cannot be had.
pub async fn load_index() -> Result<CourseIndex, String> {
    let text = browser::fetch_text("lessons/course.json").await?;
    let value = json::parse(&text).ok_or("Оглавление повреждено.")?;
    CourseIndex::read(&value).map_err(|mistake| format!("Оглавление повреждено: {}", mistake.message))
}

/// What is shown where there is nothing else to show.
pub fn instead(title: &'static str, why: String) -> AnyView {
    view! {
        <main class="cover">
            <section class="sheet squared title">
                <h1>{title}</h1>
                <p class="lead">{why}</p>
                <div class="doors"><a class="button strong" href=Route::Cover.href()>"К списку уроков"</a></div>
            </section>
        </main>
    }
    .into_any()
}

/// `title` says what there is not.
pub fn not_found(title: &'static str) -> AnyView {
    instead(
        title,
        "Возможно, адрес набран с ошибкой или урок переименован. Все уроки перечислены на обложке."
            .to_owned(),
    )
}

/// The lesson to go on with: the one opened last if it is not done, else the first that is not.
fn go_on(index: &CourseIndex, progress: ProgressStore) -> AnyView {
    let saved = progress.all();
    let last_opened = progress.last_opened();
    let last = index.lessons().find(|card| card.id == last_opened && !saved.is_done(card));
    let Some(card) = last.or_else(|| saved.next(index)).or_else(|| index.lessons().next()) else {
        return nothing();
    };
    let label = match saved.next(index) {
        None => "Повторить",
        Some(_) if last_opened.is_empty() => "Начать",
        Some(_) => "Продолжить",
    };
    let href = Route::Lesson(card.id.clone()).href();
    view! { <a class="button strong" href=href>{format!("{label}: №{} {}", card.number, card.title)}</a> }
        .into_any()
}

fn part_view(part: &CoursePart, progress: ProgressStore) -> AnyView {
    let saved = progress.all();
    let lessons = part.lessons.iter().map(|card| lesson_row(card, &saved)).collect_view();
    let done = part.lessons.iter().filter(|card| saved.is_done(card)).count();
    view! {
        <section class="sheet part">
            <h2>{part.title.clone()}" "<small class="quiet">{format!("{done} из {}", part.lessons.len())}</small></h2>
            <div class="quiet" inner_html=part.about.clone()></div>
            <ol class="lessons">{lessons}</ol>
        </section>
    }
    .into_any()
}

fn lesson_row(card: &LessonCard, saved: &Progress) -> AnyView {
    let lesson = saved.lesson(&card.id);
    let met = card.goals.iter().filter(|goal| lesson.goals.contains(*goal)).count();
    let state = match () {
        _ if saved.is_done(card) => view! { <span class="done">"Выполнено"</span> }.into_any(),
        _ if met > 0 => {
            view! { <span class="minutes">{format!("целей {met} из {}", card.goals.len())}</span> }.into_any()
        }
        _ => view! { <span class="minutes">{format!("{} мин", card.minutes)}</span> }.into_any(),
    };
    view! {
        <li>
            <span class="number" aria-hidden="true">{format!("№{}", card.number)}</span>
            <a href=Route::Lesson(card.id.clone()).href()><span class="name">{card.title.clone()}</span>{state}</a>
        </li>
    }
    .into_any()
}

#[component]
fn Colophon(progress: ProgressStore) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let export = move || {
        if browser::download("zadachnik-progress.json", &progress.export()).is_err() {
            said.set("Браузер не дал сохранить файл.".to_owned());
        }
    };
    let import = move |event: web_sys::Event| {
        let done = move |text: Option<String>| {
            let result = text.ok_or("файл не читается".to_owned()).and_then(|text| progress.import(&text));
            said.try_set(match result {
                Ok(()) => "Прогресс загружен.".to_owned(),
                Err(reason) => format!("Не получилось: {reason}."),
            });
        };
        browser::read_chosen_file(&event, Box::new(done));
    };
    view! {
        <footer class="colophon">
            <span>"Правила: Kubernetes v1.36, сверены с записями настоящего кластера."</span>
            {button("Сохранить прогресс в файл", export)}
            <label class="button">"Загрузить прогресс"<input class="hidden-text" type="file" accept="application/json,.json" on:change=on(import) /></label>
            <span role="status">{text(move || said.get())}</span>
        </footer>
    }
}
