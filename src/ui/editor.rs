//! The manifest editor: tabs, text, what is wrong with it, "Применить".

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::desk::Desk;
use super::files::Files;
use super::names::TestId;
use crate::protocol::{Mark, Problem, Severity};
use crate::web::code_editor::{self, Mounted};

const LABEL: &str = "Манифест";

/// Whether CodeMirror is there.
#[derive(Clone, Copy, PartialEq)]
enum Bundle {
    Loading,
    Mounted,
    Missing,
}

#[component]
pub fn EditorPanel(desk: Desk, files: Files) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let plain = NodeRef::<html::Textarea>::new();
    let bundle = RwSignal::new(Bundle::Loading);
    let mounted: Rc<RefCell<Option<Mounted>>> = Rc::default();
    mount_when_loaded(files, place, plain, bundle, mounted.clone());
    follow(files, plain, mounted.clone());
    let go_to = StoredValue::new_local(move |mark: Mark| match mounted.borrow().as_ref() {
        Some(mounted) => mounted.editor.go_to(mark.line, mark.column),
        None => select_line(plain, mark.line),
    });
    let on_key = move |event: KeyboardEvent| {
        if event.code() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            files.apply();
        }
    };
    view! {
        <section class="sheet panel editor-panel" aria-label="Редактор">
            <FileTabs desk=desk files=files />
            <div class="editor-place" node_ref=place>
                <Show when=move || bundle.get() != Bundle::Mounted>
                    <textarea
                        class="editor-plain" node_ref=plain data-testid=TestId::Editor.as_str() aria-label=LABEL lang="en" spellcheck="false"
                        autocapitalize="off" autocomplete="off" prop:value=files.text.get_untracked()
                        on:input=move |event| files.typed(event_target_value(&event)) on:keydown=on_key on:blur=move |_| files.save()
                    ></textarea>
                </Show>
            </div>
            <div>
                <Waiting files=files />
                <Problems files=files go_to=move |mark| go_to.with_value(|go_to| go_to(mark)) />
                <Show when=move || bundle.get() == Bundle::Missing>
                    <p class="panel-note">"Простой редактор: при сборке не было Node, поэтому без подсветки."</p>
                </Show>
            </div>
        </section>
    }
}

/// Replaces the textarea by CodeMirror as soon as its bundle is there; the text and the focus move over.
fn mount_when_loaded(
    files: Files,
    place: NodeRef<html::Div>,
    plain: NodeRef<html::Textarea>,
    bundle: RwSignal<Bundle>,
    mounted: Rc<RefCell<Option<Mounted>>>,
) {
    let slot = mounted.clone();
    let alive = Rc::new(std::cell::Cell::new(true));
    let still_alive = alive.clone();
    Effect::new(move |before: Option<bool>| {
        let ready = place.get().is_some();
        if before == Some(true) || !ready {
            return ready;
        }
        let (slot, alive) = (slot.clone(), still_alive.clone());
        code_editor::load(move |loaded| {
            if !alive.get() {
                return;
            }
            let Some(parent) = place.get_untracked().filter(|_| loaded) else {
                bundle.try_set(Bundle::Missing);
                return;
            };
            let focused = plain.get_untracked().is_some_and(|area| is_focused(&area));
            let text = files.text.get_untracked();
            let on_change = move |text| files.typed(text);
            let editor =
                code_editor::mount(&parent, &text, TestId::Editor.as_str(), LABEL, on_change, move || {
                    files.apply()
                });
            if let Some(mounted) = editor.as_ref().filter(|_| focused) {
                mounted.editor.focus();
            }
            bundle.try_set(if editor.is_some() { Bundle::Mounted } else { Bundle::Missing });
            *slot.borrow_mut() = editor;
            show_problems(&slot, &files.problems.get_untracked());
        });
        ready
    });
    let cleanup = StoredValue::new_local((mounted, alive));
    on_cleanup(move || {
        cleanup.with_value(|(mounted, alive)| {
            alive.set(false);
            if let Some(mounted) = mounted.borrow_mut().take() {
                mounted.editor.destroy();
            }
        });
    });
}

fn is_focused(element: &web_sys::Element) -> bool {
    crate::web::browser::document().active_element().is_some_and(|active| active == *element)
}

/// Shows texts that came from elsewhere (another file, a command, a reset) and the findings about them.
fn follow(files: Files, plain: NodeRef<html::Textarea>, mounted: Rc<RefCell<Option<Mounted>>>) {
    let write_plain = move |text: &str| {
        if let Some(area) = plain.get_untracked().filter(|area| area.value() != text) {
            area.set_value(text);
        }
    };
    let editor = mounted.clone();
    Effect::new(move |_| {
        files.loaded.track();
        let text = files.text.get_untracked();
        if let Some(mounted) = editor.borrow().as_ref() {
            mounted.editor.set_text(&text);
        }
        write_plain(&text);
    });
    let editor = mounted.clone();
    Effect::new(move |_| {
        files.mended.track();
        let text = files.text.get_untracked();
        if let Some(mounted) = editor.borrow().as_ref() {
            mounted.editor.change_text(&text);
        }
        write_plain(&text);
    });
    Effect::new(move |_| show_problems(&mounted, &files.problems.get()));
}

fn show_problems(mounted: &Rc<RefCell<Option<Mounted>>>, problems: &[Problem]) {
    if let Some(mounted) = mounted.borrow().as_ref() {
        mounted.editor.set_diagnostics(problems);
    }
}

fn select_line(plain: NodeRef<html::Textarea>, line: u32) {
    let Some(area) = plain.get_untracked() else { return };
    let text = area.value();
    let before: usize =
        text.split_inclusive('\n').take(line as usize - 1).map(|line| line.encode_utf16().count()).sum();
    let length = text.lines().nth(line as usize - 1).map_or(0, |line| line.encode_utf16().count());
    // Both may fail only on an element that is gone.
    let _ = area.focus();
    let _ = area.set_selection_range(before as u32, (before + length) as u32);
}

#[component]
fn FileTabs(desk: Desk, files: Files) -> impl IntoView {
    let tab = move |name: String| {
        let (own, shown, opened) = (name.clone(), name.clone(), name.clone());
        let selected = move || (files.active.get() == own).to_string();
        let dirty =
            move || desk.unsaved.with(|unsaved| unsaved.as_ref().is_some_and(|(file, _)| *file == name));
        view! {
            <button type="button" class="tab" role="tab" aria-selected=selected on:click=move |_| files.open(&opened)>
                {shown}
                {move || dirty().then(|| view! { <span class="dirty" title="не сохранено">" •"</span> })}
            </button>
        }
    };
    view! {
        <div class="tabs">
            <div class="scroll" role="tablist" aria-label="Файлы" tabindex="-1">
                <For each=move || files.names.get() key=|name| name.clone() children=tab />
            </div>
            <button
                type="button" class="button strong" data-testid=TestId::Apply.as_str() title="kubectl apply -f (Ctrl+Enter)"
                disabled=move || desk.busy.get() || files.names.with(Vec::is_empty) on:click=move |_| files.apply()
            >"Применить"</button>
        </div>
    }
}

/// While a command waits for the editor: how to end it.
#[component]
fn Waiting(files: Files) -> impl IntoView {
    view! {
        <Show when=move || files.waiting.get()>
            <div class="offer" role="status">
                <span>"Команда в терминале ждёт, пока вы закроете файл."</span>
                <button type="button" class="button strong" on:click=move |_| files.close_for_command(true)>"Сохранить и выйти"</button>
                <button type="button" class="button" on:click=move |_| files.close_for_command(false)>"Выйти без сохранения"</button>
            </div>
        </Show>
    }
}

#[component]
fn Problems(files: Files, go_to: impl Fn(Mark) + Copy + Send + 'static) -> impl IntoView {
    let item = move |problem: Problem| {
        let Problem { mark, severity, exact, russian, fix } = problem;
        let label = if severity == Severity::Error { "✗ строка" } else { "! строка" };
        let mend = fix.map(|fix| {
            let title = fix.title.clone();
            view! { <button type="button" class="button" on:click=move |_| files.mend(&fix)>{title}</button> }
        });
        view! {
            <li data-severity=severity.as_str()>
                <button type="button" class="place" on:click=move |_| go_to(mark)>
                    <span class="mark">{label} " " {mark.line}</span>
                    <span>{russian}</span>
                    {(!exact.is_empty()).then(|| view! { <span class="exact" lang="en">{exact}</span> })}
                </button>
                {mend}
            </li>
        }
    };
    move || {
        let problems = files.problems.get();
        (!problems.is_empty()).then(|| {
            view! { <ul class="problems" aria-label="Замечания к манифесту">{problems.into_iter().map(item).collect_view()}</ul> }
        })
    }
}
