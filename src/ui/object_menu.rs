//! What can be done with the chosen object: each action is a command that the learner could have typed.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{button, click, nothing, part, text};
use crate::base::Fault;
use crate::protocol::Act;
use crate::protocol::views::{JobStatus, JobView, Look, PodView, span_ru};

#[component]
pub fn ObjectMenu(desk: Desk) -> impl IntoView {
    let menu = move || {
        desk.version.track();
        let name = desk.chosen.get()?;
        let pod = desk.find_pod(&name).map(|pod| pod_menu(desk, pod));
        pod.or_else(|| desk.find_job(&name).map(|job| job_menu(desk, job)))
    };
    part(move || menu().unwrap_or_else(nothing))
}

fn commands<const N: usize>(desk: Desk, commands: [(&'static str, String); N]) -> AnyView {
    let buttons = commands.map(|(label, command)| {
        let title = command.clone();
        let run = move || desk.press(command.clone());
        view! { <button type="button" class="button" title=title on:click=click(run)>{label}</button> }
    });
    view! { {buttons} }.into_any()
}

fn closing(desk: Desk) -> AnyView {
    view! { {button("Закрыть", move || desk.chosen.set(None))} }.into_any()
}

fn pod_menu(desk: Desk, pod: PodView) -> AnyView {
    let name = pod.name.clone();
    let actions = [
        ("Журнал", format!("kubectl logs {name}")),
        ("Подробно", format!("kubectl describe pod {name}")),
        ("YAML", format!("kubectl get pod {name} -o yaml")),
        ("Удалить", format!("kubectl delete pod {name}")),
    ];
    let kill = Act::Fault(Fault::KillContainer {
        namespace: pod.namespace.clone(),
        pod: pod.name.clone(),
        container: pod.container.clone(),
    });
    let running = pod.look == Look::Running;
    let age = text(move || span_ru(desk.now() - pod.created.to_time()));
    let node = if pod.node.is_empty() { "ещё не выбран".to_owned() } else { pod.node.clone() };
    view! {
        <section class="pod-menu" aria-label="Выбранный под">
            <h3>{name}</h3>
            <div>
                {format!("{} · готово {} · перезапусков {} · узел {node} · возраст ", pod.status, pod.ready, pod.restarts)}
                {age}
            </div>
            <div class="actions">
                {commands(desk, actions)}
                <button
                    type="button" class="button" title="SIGKILL первому процессу контейнера" disabled=!running
                    on:click=click(move || desk.act(&kill))
                >"Убить процесс"</button>
                {closing(desk)}
            </div>
        </section>
    }
    .into_any()
}

fn job_menu(desk: Desk, job: JobView) -> AnyView {
    let name = job.name.clone();
    let (word, flag) = if job.status == JobStatus::Suspended {
        ("Продолжить", false)
    } else {
        ("Приостановить", true)
    };
    let actions = [
        ("Журнал", format!("kubectl logs job/{name}")),
        ("Подробно", format!("kubectl describe job {name}")),
        ("YAML", format!("kubectl get job {name} -o yaml")),
        (word, format!("kubectl patch job {name} -p '{{\"spec\":{{\"suspend\":{flag}}}}}'")),
        ("Удалить", format!("kubectl delete job {name}")),
    ];
    view! {
        <section class="pod-menu" aria-label="Выбранная Job">
            <h3>{format!("job/{name}")}</h3>
            <div>{format!("{} {}", job.status.as_str(), job.reason)}</div>
            <div class="actions">{commands(desk, actions)}{closing(desk)}</div>
        </section>
    }
    .into_any()
}
