//! The pieces of a lesson's text.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent};

use super::lesson_state::LessonState;
use super::live::{click, flag, nothing, part, shown, text, yes_no};
use super::names::TestId;
use crate::course::sheet::{self, Block};
use crate::protocol::views::GoalRow;
use crate::web::browser;

#[component]
pub fn Blocks(state: LessonState, blocks: Vec<Block>) -> impl IntoView {
    let mut views = Vec::new();
    let mut blocks = blocks.into_iter();
    while let Some(block) = blocks.next() {
        let predicted = match &block {
            Block::Predict(id) => Some(id.clone()),
            _ => None,
        };
        views.push(draw(state, block));
        // A prediction made after the run is none: what follows waits for it.
        if let Some(id) = predicted {
            let later: Vec<Block> = blocks.by_ref().collect();
            views.push(view! { <Gate state=state prediction=id later=later /> }.into_any());
        }
    }
    views.collect_view().into_any()
}

/// What follows a prediction: open once it is made, or of no use any more.
#[component]
fn Gate(state: LessonState, prediction: String, later: Vec<Block>) -> impl IntoView {
    let skipped = RwSignal::new(false);
    let goals = placed_goals(&later);
    let is_there = state.lesson().prediction(&prediction).is_some();
    let open = Memo::new(move |_| {
        !is_there
            || skipped.get()
            || state.is_known()
            || state.answer(&prediction).is_some()
            || goals.iter().any(|goal| state.is_met(goal))
    });
    (!later.is_empty()).then(|| {
        view! {
            <p class="gate quiet" hidden=flag(move || open.get())>
                "Сначала предскажите, потом запускайте: иначе не удивиться. "
                <button type="button" class="link" on:click=click(move || skipped.set(true))>"пропустить"</button>
            </p>
            <div hidden=flag(move || !open.get())><Blocks state=state blocks=later /></div>
        }
    })
}

fn draw(state: LessonState, block: Block) -> AnyView {
    match block {
        Block::Html(html) => view! { <div class="text" inner_html=html></div> }.into_any(),
        Block::Goal(id) => view! { <div class="goals"><Goal state=state id=id /></div> }.into_any(),
        Block::Predict(id) => view! { <Prediction state=state id=id /> }.into_any(),
        Block::Quiz(id) => view! { <Quiz state=state id=id /> }.into_any(),
        Block::Step { after, title, body } => {
            view! { <Step state=state after=after title=title body=body /> }.into_any()
        }
        Block::Why(rule) => view! { <WhyEvent state=state rule=rule /> }.into_any(),
        Block::Hints => view! { <Hints state=state /> }.into_any(),
        Block::Compare(a, b) => view! { <Compare state=state names=[a, b] /> }.into_any(),
        Block::Variant(id) => view! { <Variant state=state id=id /> }.into_any(),
    }
}

/// Ids of the goals that the text shows itself.
pub fn placed_goals(blocks: &[Block]) -> BTreeSet<String> {
    let mut placed = BTreeSet::new();
    for block in blocks {
        match block {
            Block::Goal(id) => {
                placed.insert(id.clone());
            }
            Block::Step { body, .. } => placed.extend(placed_goals(body)),
            _ => {}
        }
    }
    placed
}

/// A click on a command of the text puts it into the prompt, or copies it.
pub fn clicked(event: &MouseEvent, state: LessonState) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(button) = target.and_then(|target| target.closest("[data-run],[data-copy]").ok().flatten())
    else {
        return;
    };
    if let Some(command) = button.get_attribute("data-run") {
        state.work.insert(&command);
    } else if let Some(text) = button.get_attribute("data-copy") {
        browser::spawn(async move {
            // A refused copy shows as a missing mark: the text can still be selected by hand.
            if browser::copy(text).await {
                let _ = button.class_list().add_1("copied");
            }
        });
    }
}

#[component]
pub fn Goal(state: LessonState, id: String) -> impl IntoView {
    let own = id.clone();
    let row = Memo::new(move |_| state.goals.with(|goals| goals.iter().find(|goal| goal.id == own).cloned()));
    goal(id, row)
}

fn goal(id: String, row: Memo<Option<GoalRow>>) -> AnyView {
    let met = move || row.with(|row| row.as_ref().is_some_and(|row| row.met));
    let missing = move || match row.with(|row| row.as_ref().and_then(|row| row.missing.clone())) {
        Some(html) => view! { <small inner_html=html></small> }.into_any(),
        None => nothing(),
    };
    view! {
        <div class="goal" data-testid=TestId::Goal.as_str() data-goal=id data-state=text(move || if met() { "met" } else { "open" })>
            <span class="tick" role="img" aria-label=text(move || if met() { "достигнута" } else { "ещё не достигнута" })></span>
            <span>
                <span inner_html=text(move || row.with(|row| row.as_ref().map(|row| row.text.clone()).unwrap_or_default()))></span>
                {part(missing)}
            </span>
        </div>
    }
    .into_any()
}

/// What a question is: a prediction, whose first answer stays, or a quiz, which may be answered again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prediction,
    Quiz,
}

fn question(state: LessonState, kind: Kind, question: sheet::Question) -> AnyView {
    let sheet::Question { id, ask, options: choices } = question;
    let (test_id, label) = match kind {
        Kind::Prediction => (Some(TestId::Predict.as_str()), "Предскажите"),
        Kind::Quiz => (None, "Вопрос"),
    };
    let chosen_id = id.clone();
    let chosen = Memo::new(move |_| match kind {
        Kind::Prediction => state.answer(&chosen_id),
        Kind::Quiz => state.quiz_answer(&chosen_id),
    });
    // The teacher's word first, then what is said to this answer.
    let verdict = |right: bool| if right { "Верно!" } else { "Не так." };
    let replies: Vec<(&'static str, String)> =
        choices.iter().map(|choice| (verdict(choice.right), choice.reply.clone())).collect();
    let options = choices.into_iter().enumerate().map(|(at, choice)| {
        let id = id.clone();
        let pressed = yes_no(move || chosen.get() == Some(at));
        let fixed = flag(move || kind == Kind::Prediction && chosen.get().is_some());
        let choose = move || match kind {
            Kind::Prediction => state.set_answer(&id, at),
            Kind::Quiz => state.set_quiz_answer(&id, at),
        };
        view! {
            <button type="button" class="option" aria-pressed=pressed disabled=fixed on:click=click(choose) inner_html=choice.text></button>
        }
    });
    let options = options.collect_view();
    view! {
        <section class="predict" data-testid=test_id data-question=id.clone() aria-label=label>
            <div><span class="ask">{label} ". "</span><span inner_html=ask></span></div>
            <div class="options">{options}</div>
            <div role="status">
                {part(move || match chosen.get().and_then(|at| replies.get(at).cloned()) {
                    Some((verdict, reply)) => view! {
                        <p class="said"><span class="hand">{verdict}</span>" "<span inner_html=reply></span></p>
                    }.into_any(),
                    None => nothing(),
                })}
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Prediction(state: LessonState, id: String) -> impl IntoView {
    state.lesson().prediction(&id).cloned().map(|asked| question(state, Kind::Prediction, asked))
}

#[component]
fn Quiz(state: LessonState, id: String) -> impl IntoView {
    state.lesson().quiz(&id).cloned().map(|asked| question(state, Kind::Quiz, asked))
}

/// Whether the step around a block is open.
#[derive(Clone, Copy)]
struct StepOpen(Memo<bool>);

#[component]
fn Step(state: LessonState, after: Option<String>, title: String, body: Vec<Block>) -> impl IntoView {
    let needed = after.clone();
    let open = Memo::new(move |_| state.is_known() || needed.as_ref().is_none_or(|goal| state.is_met(goal)));
    provide_context(StepOpen(open));
    view! {
        <section class="step" class:closed=flag(move || !open.get())>
            {(!title.is_empty()).then(|| view! { <h2>{title}</h2> })}
            <p class="locked quiet" hidden=flag(move || open.get())>"Откроется, когда будет достигнута цель выше."</p>
            <div hidden=flag(move || !open.get())><Blocks state=state blocks=body /></div>
        </section>
    }
}

/// The newest decision of a rule when its step opened, as soon as there is one. It stays: the text speaks of it.
#[component]
fn WhyEvent(state: LessonState, rule: String) -> impl IntoView {
    let desk = state.work.desk;
    let step = use_context::<StepOpen>();
    let found = Memo::new(move |kept: Option<&Option<String>>| {
        if let Some(Some(kept)) = kept {
            return Some(kept.clone());
        }
        if !step.is_none_or(|step| step.0.get()) {
            return None;
        }
        desk.decisions.track();
        desk.ready.track();
        desk.decision_behind(&rule)
    });
    view! {
        <aside class="aside">
            <span class="hand">"Почему?"</span>" "
            {text(move || found.get().unwrap_or_else(|| "Здесь появится решение контроллера, когда оно будет принято.".to_owned()))}
        </aside>
    }
}

#[component]
fn Hints(state: LessonState) -> impl IntoView {
    let lesson = state.lesson();
    let (id, hints) = (lesson.id.clone(), lesson.hints.clone());
    let count = hints.len();
    let own = id.clone();
    let told = Memo::new(move |_| state.progress.lesson(&own).hints.min(count));
    let more = move || state.progress.change(&id, |saved| saved.hints = (saved.hints + 1).min(count));
    view! {
        <div class="hints">
            {part(move || hints.iter().take(told.get()).map(|hint| view! { <div class="aside" inner_html=hint.clone()></div> }).collect_view().into_any())}
            {shown(move || told.get() < count, move || view! {
                <p><button type="button" class="button" on:click=click(more.clone())>{text(move || format!("Подсказка {} из {count}", told.get() + 1))}</button></p>
            }.into_any())}
            {shown(move || told.get() == count, move || solution(&state.lesson()))}
        </div>
    }
}

/// The last hint opens what there is to compare with.
fn solution(lesson: &sheet::Sheet) -> AnyView {
    let files = lesson.solution.iter().map(|file| {
        view! { <p>{file.name.clone()}</p><pre tabindex="0"><code>{file.text.clone()}</code></pre> }
    });
    let files = files.collect_view();
    view! { <details hidden=lesson.solution.is_empty()><summary>"Решение"</summary>{files}</details> }
        .into_any()
}

#[component]
fn Compare(state: LessonState, names: [String; 2]) -> impl IntoView {
    let lesson = state.lesson();
    let columns = names.map(|name| {
        let text = lesson.file(&name).map(|file| file.text.clone()).unwrap_or_default();
        view! { <figure><figcaption>{name}</figcaption><pre tabindex="0"><code>{text}</code></pre></figure> }
    });
    view! { <div class="compare">{columns}</div> }
}

/// The same task with other numbers, once more and unaided.
#[component]
fn Variant(state: LessonState, id: String) -> impl IntoView {
    let own = id.clone();
    let row = Memo::new(move |_| state.variant(&own));
    view! { <div class="goals" hidden=flag(move || row.with(Option::is_none))>{goal(id, row)}</div> }
}
