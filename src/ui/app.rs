//! The root: which screen the address names.

use leptos::prelude::*;

use super::bench::Bench;
use super::cover::{Cover, not_found};
use super::desk::Desk;
use super::lesson::LessonScreen;
use super::live::{button, follow, on, part, shown, text};
use super::names::Route;
use super::progress::ProgressStore;
use super::sandbox::Sandbox;
use super::theme::Theme;
use super::top::Top;
use super::work::Work;
use crate::web::{browser, cluster, frames};

/// Draws the page into the body, for as long as the tab lives.
pub fn mount() {
    mount_to_body(App);
}

fn current_route() -> Route {
    Route::parse(&browser::window().location().hash().unwrap_or_default())
}

#[component]
fn App() -> impl IntoView {
    let theme = RwSignal::new(Theme::initial());
    let route = RwSignal::new(current_route());
    browser::on_window("hashchange", move |_| {
        browser::set_title(TITLE);
        route.try_set(current_route());
    });
    let progress = ProgressStore::load();
    let work = Work::new(Desk::new());
    let missing = RwSignal::new(String::new());
    load_cluster(work.desk, missing);
    frames::every_frame(move |elapsed_ms| work.desk.frame(elapsed_ms));
    let lossy = RwSignal::new(false);
    browser::on_window("storage-failed", move |_| {
        lossy.try_set(true);
    });
    follow(move || {
        work.desk.paused.track();
        work.desk.speed.track();
        frames::wake();
    });
    browser::on_document("visibilitychange", move |_| {
        frames::wake();
        work.desk.store();
        let title = browser::title();
        let title = title.trim_start_matches(PAUSED);
        browser::set_title(&format!("{}{title}", if browser::is_hidden() { PAUSED } else { "" }));
    });
    view! {
        <a class="skip" href="#main" on:click=on(skip)>"К содержанию"</a>
        <Top theme=theme route=route />
        {shown(move || lossy.get(), || view! {
            <p class="notice" role="status">
                "Браузер не даёт ничего сохранить: прогресс исчезнет вместе со вкладкой. Сохраните его в файл на обложке."
            </p>
        }.into_any())}
        {shown(move || missing.with(|reason| !reason.is_empty()), move || view! {
            <p class="notice" role="alert">
                {text(move || missing.get())}
                {button("Попробовать ещё раз", move || load_cluster(work.desk, missing))}
            </p>
        }.into_any())}
        {part(move || match route.get() {
            Route::Cover => view! { <Cover progress=progress /> }.into_any(),
            Route::Lesson(id) => view! { <LessonScreen id=id work=work progress=progress /> }.into_any(),
            Route::Bench => view! { <Bench desk=work.desk /> }.into_any(),
            Route::Sandbox => view! { <Sandbox work=work /> }.into_any(),
            Route::Run(packed) => view! { <Sandbox work=work packed=packed /> }.into_any(),
            _ => not_found("Такой страницы нет"),
        })}
    }
}

/// Lessons can be read without the cluster: when it does not load, a line says so and offers another try.
fn load_cluster(desk: Desk, missing: RwSignal<String>) {
    missing.set(String::new());
    browser::spawn(async move {
        match cluster::load().await {
            Ok(()) => desk.begin(),
            Err(reason) => missing.set(reason),
        }
    });
}

/// Stands before the title of a hidden tab.
const PAUSED: &str = "⏸ время стоит: ";
const TITLE: &str = "Задачник: Kubernetes Jobs на опыте";

/// The address after `#` names the screen, so the jump to the content is made by hand.
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    browser::focus_first("main h1, main [tabindex], main input");
}
