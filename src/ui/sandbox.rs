//! The sandbox: a desk without a lesson, with faults to cause and the run to keep or to share.

use std::sync::Arc;

use leptos::prelude::*;

use super::live::{anew, button, on, text};
use super::names::{KEY_SANDBOX, Route};
use super::work::{Work, Workplace};
use crate::base::Fault;
use crate::protocol::{Act, Origin};
use crate::web::{browser, share};

/// The manifests of the source text, as a learner finds them.
const SAMPLES: &[(&str, &str)] = &[
    ("job.yaml", include_str!("samples/job.yaml")),
    ("job-multi-completion.yaml", include_str!("samples/job-multi-completion.yaml")),
    ("job-parallel.yaml", include_str!("samples/job-parallel.yaml")),
    ("job-deadline.yaml", include_str!("samples/job-deadline.yaml")),
];

const NODES: usize = 2;

fn origin() -> Origin {
    let files = SAMPLES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Origin { files: files.collect(), nodes: NODES, ..Origin::default() }
}

/// `packed`: a shared run from the page's address.
#[component]
pub fn Sandbox(work: Work, #[prop(optional)] packed: Option<String>) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let open = move || match packed {
        Some(packed) => {
            work.desk.open(origin());
            browser::spawn(async move {
                let replayed = share::unpack(&packed).await.and_then(|record| work.desk.replay(record));
                if let Err(reason) = replayed {
                    said.try_set(format!("Ссылка не открылась: {reason}."));
                }
            });
        }
        None => work.desk.open_or_restore(origin(), KEY_SANDBOX, None),
    };
    work.desk.when_ready(open);
    let bar = view! { <ToolBar work=work said=said /> }.into_any();
    view! { <Workplace work=work tools=bar /> }
}

#[component]
fn ToolBar(work: Work, said: RwSignal<String>) -> impl IntoView {
    let fault = move |label: &'static str, fault: Fault| {
        view! {
            {button(label, move || {
                work.desk.act(&Act::Fault(fault.clone()));
                said.set(label.to_owned());
            })}
        }
    };
    let node = || format!("node-{NODES}");
    let reset = move || {
        work.desk.forget();
        work.desk.open_or_restore(origin(), KEY_SANDBOX, None);
    };
    view! {
        <details class="tools sheet">
            <summary>"Неполадки и запись "<span class="quiet" role="status">{text(move || said.get())}</span></summary>
            <div class="tools-row" role="group" aria-label="Неполадки">
                <span class="quiet">"Неполадки:"</span>
                {fault("узел node-2 пропал", Fault::NodeLost { node: node() })}
                {fault("узел вернулся", Fault::NodeBack { node: node() })}
                {fault("узел node-2 вчетверо медленнее", Fault::NodeSlow { node: node(), percent: 400 })}
                {fault("узел снова быстр", Fault::NodeSlow { node: node(), percent: 100 })}
                {fault("реестр недоступен", Fault::RegistryDown)}
                {fault("реестр вернулся", Fault::RegistryBack)}
                {fault("контроллер перезапущен", Fault::ControllerRestart)}
                {fault("три конфликта записи", Fault::ApiConflicts { count: 3 })}
            </div>
            <div class="tools-row" role="group" aria-label="Запись">
                <span class="quiet">"Запись:"</span>
                <Keeping work=work said=said />
                {anew("Чистый кластер", "Кластер, файлы и история команд начнутся заново.", Arc::new(reset))}
            </div>
        </details>
    }
}

#[component]
fn Keeping(work: Work, said: RwSignal<String>) -> impl IntoView {
    let save = move || {
        let done = browser::download("zadachnik-run.json", &work.desk.record());
        if done.is_err() {
            said.set("Браузер не дал сохранить файл.".to_owned());
        }
    };
    let load = move |event: web_sys::Event| {
        let done = move |text: Option<String>| {
            let replayed =
                text.ok_or("файл не читается".to_owned()).and_then(|record| work.desk.replay(record));
            if let Err(reason) = replayed {
                said.try_set(format!("Не получилось: {reason}."));
            }
        };
        browser::read_chosen_file(&event, Box::new(done));
    };
    let link = move || {
        let text = work.desk.record();
        browser::spawn(async move {
            let message = match share::pack(&text).await {
                Ok(packed) => {
                    let address = browser::resolve(&Route::Run(packed).href());
                    match browser::copy(address.clone()).await {
                        true => "Ссылка скопирована.".to_owned(),
                        false => address,
                    }
                }
                Err(reason) => format!("Не получилось: {reason}."),
            };
            said.try_set(message);
        });
    };
    view! {
        {button("сохранить в файл", save)}
        <label class="button">"открыть файл"<input class="hidden-text" type="file" accept="application/json,.json" on:change=on(load) /></label>
        {button("скопировать ссылку", link)}
    }
}
