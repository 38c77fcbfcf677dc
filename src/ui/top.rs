//! The line above every screen.

use leptos::prelude::*;

use super::live::text;
use super::names::Route;
use super::theme::{Theme, ThemeButton};

/// The version of Kubernetes whose rules the page follows.
pub const KUBERNETES: &str = "Kubernetes 1.36";

#[component]
pub fn Top(theme: RwSignal<Theme>, route: RwSignal<Route>) -> impl IntoView {
    let crumbs = move || match route.get() {
        Route::Cover | Route::Unknown | Route::Lesson(_) => "",
        Route::Sandbox => "Песочница",
        Route::Bench => "Измерения",
        Route::Run(_) => "Запись",
    };
    view! {
        <header class="top">
            <a class="brand" href=Route::Cover.href() aria-label="Задачник, обложка">"Зада"<b>"ч"</b>"ник"</a>
            <span class="crumbs">{text(crumbs)}</span>
            <span class="grow"></span>
            <span class="chip version">{KUBERNETES}</span>
            <a class="chip" href=Route::Sandbox.href()>"Песочница"</a>
            <ThemeButton theme=theme />
        </header>
    }
}
