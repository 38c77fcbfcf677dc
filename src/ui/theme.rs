//! Squared paper or blackboard.

use leptos::prelude::*;

use super::live::{click, follow, text};
use super::names::{KEY_THEME, TestId};
use crate::web::{browser, storage};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    Paper,
    Board,
}

impl Theme {
    const fn name(self) -> &'static str {
        match self {
            Theme::Paper => "paper",
            Theme::Board => "board",
        }
    }

    /// The learner's own choice, or what the system prefers.
    pub fn initial() -> Theme {
        match storage::read(KEY_THEME).as_deref() {
            Some("paper") => Theme::Paper,
            Some("board") => Theme::Board,
            _ if browser::matches("(prefers-color-scheme: dark)") => Theme::Board,
            _ => Theme::Paper,
        }
    }

    pub fn show(self) {
        if let Some(root) = browser::document().document_element() {
            // Setting a valid attribute cannot fail.
            let _ = root.set_attribute("data-theme", self.name());
        }
    }
}

#[component]
pub fn ThemeButton(theme: RwSignal<Theme>) -> impl IntoView {
    let other = move || match theme.get() {
        Theme::Paper => Theme::Board,
        Theme::Board => Theme::Paper,
    };
    let label = move || match other() {
        Theme::Paper => "Тетрадь",
        Theme::Board => "Доска",
    };
    let switch = move || {
        let next = other();
        theme.set(next);
        storage::write(KEY_THEME, next.name());
    };
    follow(move || theme.get().show());
    view! {
        <button class="chip" type="button" data-testid=TestId::Theme.as_str() title="Сменить оформление" on:click=click(switch)>
            {text(label)}
        </button>
    }
}
