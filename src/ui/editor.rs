//! The manifest editor: tabs, text, what is wrong with it, "Применить".

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::desk::Desk;
use super::files::Files;
use super::live::{
    button, click, each, flag, follow, nothing, on, part, question, shown, strong_button, yes_no,
};
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
    show_texts(files, plain, mounted.clone());
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
                {shown(move || bundle.get() != Bundle::Mounted, move || view! {
                    <textarea
                        class="editor-plain" node_ref=plain data-testid=TestId::Editor.as_str() aria-label=LABEL lang="en" spellcheck="false"
                        autocapitalize="off" autocomplete="off" prop:value=files.text.get_untracked()
                        on:input=on(move |event| files.typed(event_target_value(&event))) on:keydown=on(on_key)
                        on:blur=on(move |_| files.save())
                    ></textarea>
                }.into_any())}
            </div>
            <div>
                <Waiting files=files />
                <Problems files=files go_to=move |mark| go_to.with_value(|go_to| go_to(mark)) />
                {shown(move || bundle.get() == Bundle::Missing, || view! {
                    <p class="panel-note">"Простой редактор: при сборке не было Node, поэтому без подсветки."</p>
                }.into_any())}
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
    let mut begun = false;
    follow(move || {
        let ready = place.get().is_some();
        if begun || !ready {
            return;
        }
        begun = true;
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
    crate::web::browser::focused().is_some_and(|active| active == *element)
}

/// Shows texts that came from elsewhere (another file, a command, a reset) and the findings about them.
fn show_texts(files: Files, plain: NodeRef<html::Textarea>, mounted: Rc<RefCell<Option<Mounted>>>) {
    let write_plain = move |text: &str| {
        if let Some(area) = plain.get_untracked().filter(|area| area.value() != text) {
            area.set_value(text);
        }
    };
    let editor = mounted.clone();
    follow(move || {
        files.loaded.track();
        let text = files.text.get_untracked();
        if let Some(mounted) = editor.borrow().as_ref() {
            mounted.editor.set_text(&text);
        }
        write_plain(&text);
    });
    let editor = mounted.clone();
    follow(move || {
        if files.called.get() == 0 {
            return;
        }
        match editor.borrow().as_ref() {
            Some(mounted) => mounted.editor.go_to(1, 1),
            None => select_line(plain, 1),
        }
    });
    let editor = mounted.clone();
    follow(move || {
        files.mended.track();
        let text = files.text.get_untracked();
        if let Some(mounted) = editor.borrow().as_ref() {
            mounted.editor.change_text(&text);
        }
        write_plain(&text);
    });
    follow(move || show_problems(&mounted, &files.problems.get()));
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
        let (own, label, opened) = (name.clone(), name.clone(), name.clone());
        let selected = yes_no(move || files.active.get() == own);
        let dirty =
            move || desk.unsaved.with(|unsaved| unsaved.as_ref().is_some_and(|(file, _)| *file == name));
        let mark = || view! { <span class="dirty" title="не сохранено">" •"</span> }.into_any();
        view! {
            <button type="button" class="tab" role="tab" aria-selected=selected on:click=click(move || files.open(&opened))>
                {label}
                {shown(dirty, mark)}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="tabs">
            <div class="scroll" role="tablist" aria-label="Файлы" tabindex="-1">
                {each(move || files.names.get(), tab)}
            </div>
            <button
                type="button" class="button strong" data-testid=TestId::Apply.as_str() title="kubectl apply -f (Ctrl+Enter)"
                disabled=flag(move || files.waiting.get() || files.names.with(Vec::is_empty)) on:click=click(move || files.apply())
            >"Применить"</button>
        </div>
    }
}

/// While a command waits for the editor: how to end it.
#[component]
fn Waiting(files: Files) -> impl IntoView {
    let offer = move || {
        let save = strong_button("Сохранить и выйти", move || files.close_for_command(true));
        let leave = button("Выйти без сохранения", move || files.close_for_command(false));
        question("Команда в терминале ждёт, пока вы закроете файл.".into_any(), save, leave)
    };
    shown(move || files.waiting.get(), offer)
}

#[component]
fn Problems(files: Files, go_to: impl Fn(Mark) + Copy + Send + Sync + 'static) -> impl IntoView {
    let item = move |problem: Problem| {
        let Problem { mark, severity, exact, russian, fix } = problem;
        let label = if severity == Severity::Error { "✗ строка" } else { "! строка" };
        let mend = fix.map(|fix| {
            let title = fix.title.clone();
            view! { {button(title, move || files.mend(&fix))} }.into_any()
        });
        view! {
            <li data-severity=severity.as_str()>
                <button type="button" class="place" on:click=click(move || go_to(mark))>
                    <span class="mark">{label} " " {mark.line}</span>
                    <span>{russian}</span>
                    {(!exact.is_empty()).then(|| view! { <span class="exact" lang="en">{exact}</span> })}
                </button>
                {mend}
            </li>
        }
        .into_any()
    };
    part(move || {
        let problems = files.problems.get();
        if problems.is_empty() {
            return nothing();
        }
        let items = problems.into_iter().map(item).collect_view();
        view! { <ul class="problems" aria-label="Замечания к манифесту">{items}</ul> }.into_any()
    })
}
