//! "Почему?": what the controllers decided, as sentences, the newest first.

use leptos::prelude::*;

use super::desk::Desk;
use super::names::TestId;

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
        let mut all = desk.decisions.get();
        all.reverse();
        all
    };
    view! {
        <details class="why" data-testid=TestId::Why.as_str()>
            <summary><span class="hand">"Почему?"</span><span>{last}</span></summary>
            <ol>
                <For
                    each=newest_first
                    key=|decision| decision.number
                    children=|decision| view! {
                        <li>
                            <time>{decision.at}</time>
                            <span>{decision.sentence}<span class="upstream" lang="en">{decision.upstream}</span></span>
                        </li>
                    }
                />
            </ol>
        </details>
    }
}
