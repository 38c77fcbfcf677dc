//! The terminal: a log of DOM text and one real input.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use web_sys::{ClipboardEvent, KeyboardEvent, MouseEvent};

use super::announcer::TerminalVoice;
use super::desk::Desk;
use super::live::{button, click, flag, follow, nothing, on, part, question, strong_button, text};
use super::names::{Tab, TestId};
use super::prompt::Prompt;
use super::prompt_keys::{self, Action};
use super::terminal_log::{TerminalLog, clicked_name};
use crate::protocol::{Act, Question, Reply};
use crate::web::{browser, cluster};

#[component]
pub fn TerminalPanel(desk: Desk, prompt: Prompt) -> impl IntoView {
    let body = NodeRef::<html::Div>::new();
    let log = NodeRef::<html::Div>::new();
    draw_log(desk, log, body);
    let choose = move |event: MouseEvent| match clicked_name(&event) {
        Some(name) => {
            desk.chosen.set(Some(name));
            desk.tab.set(Tab::Cluster);
        }
        None => focus_unless_selecting(prompt),
    };
    view! {
        <section class="sheet panel terminal" aria-label="Терминал">
            <div class="tabs"><span class="tab on">"терминал"</span><span class="grow"></span><Copying /></div>
            <div class="terminal-body" node_ref=body tabindex="0" role="region" aria-label="Вывод терминала" on:click=on(choose)>
                <div class="terminal-flow">
                    <div class="terminal-log" node_ref=log role="log" aria-live="off" data-testid=TestId::TerminalLog.as_str() aria-label="Журнал терминала"></div>
                    <PromptLine desk=desk prompt=prompt />
                </div>
            </div>
            <div>
                <TerminalVoice desk=desk />
                <Offers desk=desk prompt=prompt />
                <Choices prompt=prompt />
            </div>
            <KeyRow desk=desk prompt=prompt />
            <div class="terminal-foot">
                <kbd>"Tab"</kbd>" дополнит, "<kbd>"Ctrl+C"</kbd>" прервёт, "<kbd>"Ctrl+R"</kbd>" найдёт; выход: "<kbd>"Esc"</kbd>", "<kbd>"Tab"</kbd>
            </div>
        </section>
    }
}

/// Draws what changed. The style keeps the end in view unless the learner has scrolled away; a new command brings it back.
fn draw_log(desk: Desk, log: NodeRef<html::Div>, body: NodeRef<html::Div>) {
    let drawing = Rc::new(RefCell::new(TerminalLog::default()));
    let drawn_run = Rc::new(RefCell::new(None));
    let again = RwSignal::new(0_u64);
    follow(move || {
        desk.terminal_revision.track();
        again.track();
        let run = desk.run.get();
        let (Some(log), Some(body)) = (log.get(), body.get()) else { return };
        let mut drawing = drawing.borrow_mut();
        if drawn_run.borrow_mut().replace(run) != Some(run) {
            *drawing = TerminalLog::default();
            log.set_text_content(None);
        }
        let before = drawing.newest();
        let more = desk.with_screen(|screen, names| drawing.draw(&log, screen, &|word| names.contains(word)));
        if drawing.newest() != before {
            body.set_scroll_top(0);
        }
        if more {
            leptos::prelude::request_animation_frame(move || {
                again.try_update(|count| *count = count.wrapping_add(1));
            });
        }
    });
}

fn focus_unless_selecting(prompt: Prompt) {
    if !has_selection() {
        prompt.focus();
    }
}

fn has_selection() -> bool {
    let selection = browser::window().get_selection().ok().flatten();
    selection.is_some_and(|selection| !selection.is_collapsed())
}

#[component]
fn Copying() -> impl IntoView {
    let said = RwSignal::new(String::new());
    let copy = move || {
        let Some(Reply::Transcript(text)) = cluster::answer(&Question::Transcript) else { return };
        browser::spawn(async move {
            let done = browser::copy(text).await;
            let words = if done {
                "скопировано"
            } else {
                "браузер не дал скопировать"
            };
            said.try_set(words.to_owned());
        });
    };
    view! {
        <span class="quiet" role="status">{text(move || said.get())}</span>
        <button type="button" class="button" title="Скопировать весь вывод" on:click=click(copy)>"копировать"</button>
    }
}

#[component]
fn PromptLine(desk: Desk, prompt: Prompt) -> impl IntoView {
    let mark = move || match (prompt.search.get(), desk.busy.get()) {
        (Some(query), _) => format!("(поиск «{query}»)"),
        (None, true) if desk.paused.get() => "… (пауза)".to_owned(),
        (None, true) => "…".to_owned(),
        (None, false) => desk.prompt.get(),
    };
    let on_key = move |event: KeyboardEvent| {
        let empty = prompt.text.with_untracked(String::is_empty);
        if let Some(action) = prompt_keys::action(
            &event,
            empty || prompt.tab_leaves(),
            prompt.has_selection() || has_selection(),
        ) {
            event.prevent_default();
            act(action, desk, prompt);
        }
    };
    let on_paste = move |event: ClipboardEvent| {
        let text = event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.iter().filter(|line| !line.trim().is_empty()).count() > 1 {
            event.prevent_default();
            prompt.pasted.set(lines);
        }
    };
    view! {
        <label class="prompt">
            <span class="mark" class:searching=flag(move || prompt.search.with(Option::is_some))>{text(mark)}</span>
            <input
                node_ref=prompt.input data-testid=TestId::TerminalInput.as_str() aria-label="Командная строка" lang="en" type="text"
                autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go"
                on:input=on(move |event| prompt.typed(event_target_value(&event), desk))
                on:keydown=on(on_key) on:paste=on(on_paste)
            />
        </label>
    }
}

/// Runs what a key means.
pub fn act(action: Action, desk: Desk, prompt: Prompt) {
    match action {
        Action::Enter => enter(desk, prompt),
        Action::Complete => prompt.complete(),
        Action::HistoryUp => prompt.history(desk, true),
        Action::HistoryDown => prompt.history(desk, false),
        Action::Search => prompt.search_next(desk),
        Action::Interrupt => interrupt(desk, prompt),
        Action::Clear => desk.enter("clear"),
        Action::LineStart => prompt.move_to(|_, _| 0),
        Action::LineEnd => prompt.move_to(|line, _| line.encode_utf16().count() as u32),
        Action::WordBack => prompt.move_to(prompt_keys::word_start),
        Action::WordForward => prompt.move_to(prompt_keys::word_end),
        Action::CutBefore => prompt.cut(|_, cursor| (0, cursor)),
        Action::CutAfter => prompt.cut(|line, cursor| (cursor, line.encode_utf16().count() as u32)),
        Action::CutWord => prompt.cut(|line, cursor| (prompt_keys::word_start(line, cursor), cursor)),
        Action::Escape => prompt.escape(),
        Action::EndOfInput => desk.act(&Act::EndOfInput),
        Action::Swallow => {}
    }
}

fn enter(desk: Desk, prompt: Prompt) {
    let line = prompt.text.get_untracked();
    let pasted = prompt.pasted.get_untracked();
    if !pasted.is_empty() && line.is_empty() {
        return run_pasted(pasted, desk, prompt);
    }
    // In a search the line is still the question: the first Enter answers it, the second runs the answer.
    if prompt.search.with_untracked(|query| query.as_deref() == Some(line.as_str()) && !line.is_empty()) {
        return prompt.search_next(desk);
    }
    let already_offered = prompt.latin.with_untracked(|latin| !latin.is_empty());
    match cluster::answer(&Question::Meant { line: line.clone() }) {
        Some(Reply::Meant(Some(latin))) if !already_offered => prompt.latin.set(latin),
        _ => {
            prompt.clear();
            desk.enter(line);
        }
    }
}

/// Each line waits until the one before has ended, or is what that one reads.
fn run_pasted(lines: Vec<String>, desk: Desk, prompt: Prompt) {
    prompt.pasted.set(Vec::new());
    lines.into_iter().for_each(|line| desk.enter(line));
    prompt.focus();
}

fn interrupt(desk: Desk, prompt: Prompt) {
    prompt.clear();
    desk.act(&Act::Interrupt);
}

/// What the page asks about the line: whether another layout was meant, whether to run what was pasted, whether a
/// button's command is worth the one that runs.
#[component]
fn Offers(desk: Desk, prompt: Prompt) -> impl IntoView {
    part(move || {
        let (latin, pasted, wanted) = (prompt.latin.get(), prompt.pasted.get(), desk.wanted.get());
        match () {
            _ if !wanted.is_empty() => {
                let what = with_command("Прежняя команда ещё идёт. Прервать её и выполнить ", &wanted, "?");
                let run = move || {
                    desk.act(&Act::Interrupt);
                    desk.enter(wanted.clone());
                };
                let leave = move || desk.wanted.set(String::new());
                question(what, strong_button("Прервать и выполнить", run), button("Не сейчас", leave))
            }
            _ if !latin.is_empty() => {
                let what = with_command("Похоже, включена русская раскладка: ", &latin, "");
                let leave = move || prompt.latin.set(String::new());
                let take = strong_button("Вставить", move || prompt.replace(&latin));
                question(what, take, button("Оставить как есть", leave))
            }
            _ if !pasted.is_empty() => {
                let what = format!("Вставлено несколько строк ({}). Выполнить их по очереди?", pasted.len());
                let run = move || run_pasted(pasted.clone(), desk, prompt);
                let leave = move || {
                    prompt.pasted.set(Vec::new());
                    prompt.focus();
                };
                question(what.into_any(), strong_button("Выполнить", run), button("Отменить", leave))
            }
            _ => nothing(),
        }
    })
}

fn with_command(before: &'static str, command: &str, after: &'static str) -> AnyView {
    let command = command.to_owned();
    view! { {before}<code lang="en">{command}</code>{after} }.into_any()
}

/// What Tab could complete to.
#[component]
fn Choices(prompt: Prompt) -> impl IntoView {
    part(move || {
        let choices = prompt.choices.get();
        if choices.is_empty() {
            return nothing();
        }
        let items = choices.into_iter().map(|choice| view! { <span>{choice}</span> }).collect_view();
        view! { <div class="choices" role="status" aria-label="Варианты" lang="en">{items}</div> }.into_any()
    })
}

/// The keys that a phone's keyboard lacks. They leave the focus where it is: a keyboard that is out of the way stays so.
#[component]
fn KeyRow(desk: Desk, prompt: Prompt) -> impl IntoView {
    let key = move |label: &'static str, spoken: &'static str, press: fn(Desk, Prompt)| {
        view! {
            <button type="button" class="button" aria-label=spoken on:click=click(move || press(desk, prompt))>{label}</button>
        }
    };
    view! {
        <div class="keys" role="toolbar" aria-label="Клавиши" on:mousedown=on(|event: MouseEvent| event.prevent_default())>
            {key("Tab", "Дополнить", |_, prompt| prompt.complete())}
            {key("↑", "Предыдущая команда", |desk, prompt| prompt.history(desk, true))}
            {key("↓", "Следующая команда", |desk, prompt| prompt.history(desk, false))}
            {key("^C", "Прервать", interrupt)}
            {key("^D", "Конец ввода", |desk, _| desk.act(&Act::EndOfInput))}
            {key("-", "Дефис", |_, prompt| prompt.insert("-"))}
            {key("/", "Косая черта", |_, prompt| prompt.insert("/"))}
            {key("|", "Вертикальная черта", |_, prompt| prompt.insert("|"))}
            {key("⏎", "Выполнить", enter)}
        </div>
    }
}
