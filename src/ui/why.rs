//! "Почему?": what the controllers decided, as sentences, the newest first.

use leptos::prelude::*;

use super::desk::Desk;
use super::live::{each, text};
use super::names::TestId;
use crate::protocol::views::DecisionView;

#[component]
pub fn Why(desk: Desk) -> impl IntoView {
    let last = move || {
        // What was done says more than that nothing is left to do.
        let sentence = desk.decisions.with(|all| {
            let fired = all.iter().rev().find(|decision| decision.fired);
            fired.or(all.last()).map(|decision| decision.sentence.clone())
        });
        sentence.unwrap_or_else(|| "Контроллер ещё ничего не решал.".to_owned())
    };
    let newest_first = move || {
        desk.decisions.with(|all| all.iter().rev().map(|decision| decision.number.to_string()).collect())
    };
    let item = move |number: String| {
        let named = |decision: &&DecisionView| decision.number.to_string() == number;
        let decision = desk.decisions.with_untracked(|all| all.iter().find(named).cloned());
        let item = decision.map(|decision| {
            let upstream = view! { <span class="upstream" lang="en">{decision.upstream}</span> };
            view! { <li><time>{decision.at}</time><span>{decision.sentence}{upstream}</span></li> }
        });
        item.into_any()
    };
    view! {
        <details class="why" data-testid=TestId::Why.as_str()>
            <summary><span class="hand">"Почему?"</span><span>{text(last)}</span></summary>
            <ol>
                {each(newest_first, item)}
            </ol>
        </details>
    }
}
