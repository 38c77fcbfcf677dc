//! The cover: what this is, the lessons with progress, where to go on.

use leptos::prelude::*;

use super::names::Route;

#[component]
pub fn Cover() -> impl IntoView {
    view! {
        <main class="cover">
            <section class="sheet squared title">
                <h1>"Задачник"</h1>
                <p class="hand">"Kubernetes Jobs на опыте"</p>
                <p class="lead">
                    "Кластер, kubectl и контроллер Job работают прямо в этой странице: без установки, без сервера, без учётной записи. "
                    "Вы пишете манифест, применяете его и видите, что и почему делает Kubernetes."
                </p>
                <div class="doors">
                    <a class="button" href=Route::Sandbox.href()>"Песочница"</a>
                    <a class="button" href=Route::Bench.href()>"Измерения"</a>
                </div>
            </section>
        </main>
    }
}
