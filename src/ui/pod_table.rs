//! The pods as a table with the same meaning as the grid: sortable, quick to read aloud.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{click, part, text};
use crate::base::sorted;
use crate::protocol::views::{PodView, span_ru};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Name,
    Status,
    Restarts,
    Node,
    Age,
}

const COLUMNS: &[(Column, &str)] = &[
    (Column::Name, "Под"),
    (Column::Status, "STATUS"),
    (Column::Restarts, "Перезапуски"),
    (Column::Node, "Узел"),
    (Column::Age, "Возраст"),
];

#[component]
pub fn PodTable(desk: Desk) -> impl IntoView {
    let order = RwSignal::new((Column::Age, false));
    let rows = move || {
        desk.version.track();
        let (column, descending) = order.get();
        let mut pods = Vec::new();
        for pod in desk.all_pods() {
            sorted::insert(&mut pods, pod, |a, b| compare(a, b, column).is_lt());
        }
        if descending {
            pods.reverse();
        }
        pods
    };
    let heading = move |(column, label): &(Column, &'static str)| {
        let (column, label) = (*column, *label);
        let sorted = move || match order.get() {
            (current, false) if current == column => "ascending",
            (current, true) if current == column => "descending",
            _ => "none",
        };
        let turn = move || {
            order.update(|(current, descending)| {
                *descending = *current == column && !*descending;
                *current = column;
            })
        };
        view! { <th scope="col" aria-sort=text(sorted)><button type="button" class="link" on:click=click(turn)>{label}</button></th> }
    };
    view! {
        <table class="pod-table">
            <caption class="hidden-text">"Поды"</caption>
            <thead><tr>{COLUMNS.iter().map(heading).collect_view()}</tr></thead>
            <tbody>{part(move || rows().into_iter().map(|pod| row(desk, pod)).collect_view().into_any())}</tbody>
        </table>
    }
}

fn compare(a: &PodView, b: &PodView, column: Column) -> std::cmp::Ordering {
    let by_age = || (a.created, &a.name).cmp(&(b.created, &b.name));
    match column {
        Column::Name => a.name.cmp(&b.name),
        Column::Status => a.status.cmp(&b.status).then_with(by_age),
        Column::Restarts => a.restarts.cmp(&b.restarts).then_with(by_age),
        Column::Node => a.node.cmp(&b.node).then_with(by_age),
        Column::Age => by_age(),
    }
}

fn row(desk: Desk, pod: PodView) -> AnyView {
    let created = pod.created.to_time();
    let name = pod.name.clone();
    view! {
        <tr data-look=pod.look.as_str()>
            <td><button type="button" class="object-link" on:click=click(move || desk.chosen.set(Some(name.clone())))>{pod.name}</button></td>
            <td>{pod.status}</td>
            <td>{pod.restarts}</td>
            <td>{pod.node}</td>
            <td>{text(move || span_ru(desk.now() - created))}</td>
        </tr>
    }
    .into_any()
}
