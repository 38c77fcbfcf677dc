//! What follows signals, in few types: each closure that a view holds by its own type costs a kilobyte of code, so
//! views hold these boxes instead. A closure within a generic function is a type of its own for each caller: what holds
//! the boxes is in functions without parameters of type.

use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// A value that follows signals: a text or an attribute.
pub type Live<T> = Arc<dyn Fn() -> T + Send + Sync>;
pub type OnEvent<E> = Box<dyn FnMut(E)>;

pub fn text<T: Into<String>>(value: impl Fn() -> T + Send + Sync + 'static) -> Live<String> {
    Arc::new(move || value().into())
}

pub fn flag(value: impl Fn() -> bool + Send + Sync + 'static) -> Live<bool> {
    Arc::new(value)
}

/// `true` or `false` as an attribute says it.
pub fn yes_no(value: impl Fn() -> bool + Send + Sync + 'static) -> Live<String> {
    text(move || if value() { "true" } else { "false" })
}

pub fn part(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send> = Box::new(view);
    view.into_any()
}

/// A part that is there while the condition holds.
pub fn shown(
    when: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    shown_boxed(flag(when), Box::new(view))
}

fn shown_boxed(when: Live<bool>, view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let when = Memo::new(move |_| when());
    part(move || if when.get() { view() } else { nothing() })
}

pub fn nothing() -> AnyView {
    ().into_any()
}

/// A view for each key; those of keys that stay are kept.
pub fn each(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    view: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    each_boxed(Arc::new(keys), Arc::new(view))
}

type KeyView = Arc<dyn Fn(String) -> AnyView + Send + Sync>;

fn each_boxed(keys: Live<Vec<String>>, view: KeyView) -> AnyView {
    view! { <For each=move || keys() key=String::clone children=move |key| view(key) /> }.into_any()
}

pub fn click(mut action: impl FnMut() + 'static) -> OnEvent<MouseEvent> {
    Box::new(move |_| action())
}

pub fn button(label: impl Into<String>, action: impl FnMut() + 'static) -> AnyView {
    labelled("button", label.into(), click(action))
}

/// The button that is meant to be pressed.
pub fn strong_button(label: impl Into<String>, action: impl FnMut() + 'static) -> AnyView {
    labelled("button strong", label.into(), click(action))
}

/// A button that begins anew. It asks first: nothing brings back what is `lost`.
pub fn anew(label: &'static str, lost: &'static str, begin: Live<()>) -> AnyView {
    let asks = RwSignal::new(false);
    let asked = move || {
        let begin = begin.clone();
        let sure = move || {
            asks.set(false);
            begin();
        };
        let sure = strong_button("Начать заново", sure);
        question(lost.into_any(), sure, button("Отменить", move || asks.set(false)))
    };
    view! {
        {button(label, move || asks.update(|asks| *asks = !*asks))}
        {shown(move || asks.get(), asked)}
    }
    .into_any()
}

/// What the page asks, with the buttons of the two answers.
pub fn question(what: AnyView, yes: AnyView, no: AnyView) -> AnyView {
    view! { <div class="offer" role="status"><span>{what}</span>{yes}{no}</div> }.into_any()
}

fn labelled(class: &'static str, label: String, action: OnEvent<MouseEvent>) -> AnyView {
    view! { <button type="button" class=class on:click=action>{label}</button> }.into_any()
}

pub fn on<E>(action: impl FnMut(E) + 'static) -> OnEvent<E> {
    Box::new(action)
}

/// Runs now and whenever a signal that it has read changes.
pub fn follow(action: impl FnMut() + 'static) {
    follow_boxed(Box::new(action));
}

fn follow_boxed(mut action: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| action());
}
