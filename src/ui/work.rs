//! The workplace: a lesson's sheet (or none), cluster, editor and terminal; below 800 px one at a time.

use leptos::prelude::*;

use super::cluster::ClusterPanel;
use super::desk::Desk;
use super::editor::EditorPanel;
use super::files::Files;
use super::live::{click, follow, text, yes_no};
use super::names::Tab;
use super::prompt::Prompt;
use super::terminal::TerminalPanel;
use crate::web::browser;

/// What the parts of the workplace share.
#[derive(Clone, Copy)]
pub struct Work {
    pub desk: Desk,
    pub files: Files,
    pub prompt: Prompt,
    /// What stands beside a lesson's text; a command that opens the editor brings it back.
    layout: RwSignal<String>,
}

impl Work {
    pub fn new(desk: Desk) -> Work {
        let layout = RwSignal::new(String::new());
        Work { desk, files: Files::new(desk), prompt: Prompt::new(), layout }
    }

    /// Puts a command into the terminal's line and shows it; Enter stays with the learner.
    pub fn insert(&self, command: &str) {
        self.desk.tab.set(Tab::Terminal);
        let prompt = self.prompt;
        prompt.replace(command);
        when_shown(Box::new(move || prompt.focus()));
    }
}

/// Focuses a part that a narrow screen shows one frame later. Not for a finger: there a keyboard would cover the page,
/// and Enter is among the keys.
fn when_shown(focus: Box<dyn FnOnce()>) {
    if !by_finger() {
        request_animation_frame(focus);
    }
}

fn by_finger() -> bool {
    browser::matches("(pointer: coarse)")
}

#[component]
pub fn Workplace(
    work: Work,
    #[prop(optional)] lesson: Option<AnyView>,
    #[prop(optional)] layout: String,
    #[prop(optional)] tools: Option<AnyView>,
) -> impl IntoView {
    let Work { desk, files, prompt, .. } = work;
    let tab = desk.tab;
    work.layout.set(layout);
    let with_lesson = lesson.is_some();
    tab.set(if with_lesson { Tab::Lesson } else { Tab::Terminal });
    keep_in_step(work);
    let tabs: &[Tab] = &[Tab::Lesson, Tab::Cluster, Tab::Editor, Tab::Terminal];
    let tabs = if with_lesson { tabs } else { &tabs[1..] };
    let buttons = tabs.iter().map(|each| {
        let each = *each;
        let selected = yes_no(move || tab.get() == each);
        view! {
            <button type="button" role="tab" data-part=each.as_str() aria-selected=selected on:click=click(move || tab.set(each))>{each.label()}</button>
        }
    });
    view! {
        {tools}
        <main class="work" class:without-lesson=!with_lesson data-layout=text(move || work.layout.get()) data-tab=text(move || tab.get().as_str())>
            {lesson}
            <div class="desk">
                <ClusterPanel desk=desk />
                <EditorPanel desk=desk files=files />
                <TerminalPanel desk=desk prompt=prompt />
            </div>
        </main>
        <div class="tabs-bottom" role="tablist" aria-label="Части страницы">{buttons.collect_view()}</div>
    }
}

/// Opens the files that commands ask for, and keeps the editor in step with the session's files.
fn keep_in_step(work: Work) {
    let Work { desk, files, prompt, layout } = work;
    follow(move || {
        desk.opened.track();
        for (file, text) in desk.take_opened() {
            files.open_for_command(&file, text);
            layout.set(String::new());
            desk.tab.set(Tab::Editor);
            let call = move || files.called.update(|count| *count += 1);
            // The text is shown from its beginning for a finger too.
            if by_finger() { call() } else { request_animation_frame(call) }
        }
    });
    follow(move || {
        if !desk.busy.get() && files.waiting.get_untracked() {
            files.close_for_command(false);
        }
    });
    follow(move || {
        desk.files.track();
        files.reload();
    });
    follow(move || {
        desk.run.track();
        files.begin();
        prompt.clear();
    });
}
