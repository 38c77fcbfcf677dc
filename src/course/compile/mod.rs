//! The compiler of lessons: folders of Markdown and YAML to one small JSON file a lesson and an index. Runs when the
//! page is built, natively only.

pub mod author_error;
pub mod folder;
pub mod lint;
pub mod markdown;
pub mod opening;
pub mod page;
pub mod places;
pub mod references;
pub mod source;
pub mod tests_section;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::index::Term;
use super::mistake::{Checked, Part, Place};
use super::sheet::cluster;
use author_error::AuthorError;
use folder::{CompiledLesson, Folder, Front, Surroundings};
use markdown::{Context, Origin};
use source::Located;

/// The whole course, compiled.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// What `CourseIndex::read` reads.
    pub index: Value,
    pub lessons: Vec<CompiledLesson>,
    /// Findings of the prose lint: the page works with them, the author's check does not pass.
    pub findings: Vec<AuthorError>,
}

/// course.yaml.
struct CoursePlan {
    title: String,
    kubernetes: String,
    default_cluster: Value,
    parts: Vec<PlannedPart>,
}

struct PlannedPart {
    title: String,
    about: String,
    /// Number of the part's first lesson.
    from: usize,
}

/// Compiles the folder `lessons/`.
///
/// # Errors
/// Every author's mistake found.
pub fn course(root: &Path) -> Result<Course, Vec<AuthorError>> {
    let plan = read_yaml(root, "course.yaml", plan).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut course = Course::default();
    let glossary = glossary(root, &mut course.findings, &mut errors);
    let fronts = fronts(root, &mut errors);
    let ids: BTreeMap<String, usize> =
        fronts.iter().map(|(folder, front)| (front.id.clone(), folder.number)).collect();
    let around = Surroundings { glossary: &glossary, lessons: &ids, default_cluster: &plan.default_cluster };
    for (folder, front) in &fronts {
        let lesson = folder::compile(folder, front, &around, &mut errors, &mut course.findings);
        course.lessons.extend(lesson);
    }
    if !errors.is_empty() {
        errors.sort();
        return Err(errors);
    }
    link(&mut course.lessons, &plan);
    course.index = index(&plan, &course.lessons, &glossary);
    Ok(course)
}

fn read_yaml<T>(root: &Path, name: &str, read: impl Fn(Part) -> Checked<T>) -> Result<T, AuthorError> {
    let file = format!("lessons/{name}");
    let source = read_source(root, name)?;
    let place = Place::Root;
    let part = Part::new(&source.value, &place);
    read(part).map_err(|mistake| AuthorError::of_mistake(&file, 0, &source, mistake))
}

fn read_source(root: &Path, name: &str) -> Result<Located, AuthorError> {
    let file = format!("lessons/{name}");
    let text = fs::read_to_string(root.join(name));
    let text = text.map_err(|error| AuthorError::of_io(&file, &error))?;
    source::parse(&text).map_err(|error| AuthorError::of_yaml(&file, 0, error))
}

fn plan(part: Part) -> Checked<CoursePlan> {
    part.fields(&["title", "kubernetes", "defaults", "parts"])?;
    let defaults = part.opt("defaults", |defaults| {
        defaults.fields(&["cluster"])?;
        defaults.opt("cluster", cluster)?;
        Ok(defaults.value["cluster"].clone())
    })?;
    let parts = part.list("parts", |item| {
        item.fields(&["title", "about", "from"])?;
        let from = item.value["from"].as_u64();
        let Some(from) = from else {
            return item.mistake("нет поля «from»: номер первого урока части");
        };
        let about = item.opt_text("about")?.unwrap_or_default();
        Ok(PlannedPart { title: item.need_text("title")?, about, from: from as usize })
    })?;
    if parts.is_empty() || parts.windows(2).any(|pair| pair[0].from >= pair[1].from) {
        return part.mistake("parts: части идут по возрастанию from, и нужна хотя бы одна");
    }
    Ok(CoursePlan {
        title: part.need_text("title")?,
        kubernetes: part.need_text("kubernetes")?,
        default_cluster: defaults.unwrap_or_default(),
        parts,
    })
}

fn glossary(root: &Path, findings: &mut Vec<AuthorError>, errors: &mut Vec<AuthorError>) -> Vec<Term> {
    let read = |part: Part| {
        let one = |(id, value): (&String, &Value)| {
            let place = Place::Field(part.place, id);
            let term = Part::new(value, &place);
            term.fields(&["term", "english", "definition"])?;
            Ok(Term {
                id: id.clone(),
                term: term.need_text("term")?,
                english: term.need_text("english")?,
                definition: term.need_text("definition")?,
            })
        };
        part.map()?.iter().map(one).collect::<Checked<Vec<Term>>>()
    };
    let (mut terms, source) =
        match (read_yaml(root, "glossary.yaml", read), read_source(root, "glossary.yaml")) {
            (Ok(terms), Ok(source)) => (terms, source),
            (Err(error), _) | (_, Err(error)) => {
                errors.push(error);
                return Vec::new();
            }
        };
    let (none, mut context) = (BTreeMap::new(), None);
    let context = context.get_or_insert_with(|| empty_context(&none));
    for term in &mut terms {
        let line = source.line(&format!("/{}/definition", term.id));
        term.definition = context.inline(&term.definition, Origin { file: "lessons/glossary.yaml", line });
    }
    errors.append(&mut context.errors);
    findings.append(&mut context.findings);
    terms.sort_by_key(|term| term.term.to_lowercase());
    terms
}

fn empty_context(lessons: &BTreeMap<String, usize>) -> Context<'_> {
    Context {
        glossary: &[],
        lessons,
        lesson: "",
        images: BTreeSet::new(),
        start: Vec::new(),
        solution: Vec::new(),
        used_terms: BTreeSet::new(),
        errors: Vec::new(),
        findings: Vec::new(),
        commands: Vec::new(),
        rules: Vec::new(),
    }
}

/// The lessons' folders in order, with their frontmatter. Ids and numbers are unique.
fn fronts(root: &Path, errors: &mut Vec<AuthorError>) -> Vec<(Folder, Front)> {
    let mut found: Vec<(Folder, Front)> = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for path in folder::entries(root).into_iter().filter(|path| path.is_dir()) {
        let Some(folder) = Folder::at(path.clone()) else {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            errors.push(AuthorError::new(
                &format!("lessons/{name}"),
                0,
                "имя папки — номер и слово: 07-imya",
            ));
            continue;
        };
        match folder::front(&folder) {
            Ok(front) => {
                for key in [format!("id «{}»", front.id), format!("номер {}", folder.number)] {
                    if let Some(other) = seen.insert(key.clone(), folder.name.clone()) {
                        let message = format!("{key} уже занят уроком {other}");
                        errors.push(AuthorError::new(&folder.file("lesson.md"), 1, message));
                    }
                }
                found.push((folder, front));
            }
            Err(error) => errors.push(error),
        }
    }
    found.sort_by_key(|(folder, _)| folder.number);
    found
}

/// Fills in what a lesson knows of its neighbours.
fn link(lessons: &mut [CompiledLesson], plan: &CoursePlan) {
    let ids: Vec<String> = lessons.iter().map(|lesson| lesson.id.clone()).collect();
    let cards: BTreeMap<String, Value> =
        lessons.iter().map(|lesson| (lesson.id.clone(), card(lesson))).collect();
    for (index, lesson) in lessons.iter_mut().enumerate() {
        let part = plan.parts.iter().rev().find(|part| part.from <= lesson.folder.number);
        lesson.value["part"] = part.unwrap_or(&plan.parts[0]).title.clone().into();
        if let Some(needs) = lesson.value["needs"].as_array_mut() {
            let found = needs.iter().filter_map(|id| cards.get(id.as_str()?).cloned());
            *needs = found
                .map(|mut card| {
                    let title = markdown::escape(card["title"].as_str().unwrap_or_default());
                    let (id, number) = (card["id"].as_str().unwrap_or_default(), &card["number"]);
                    card["title"] = format!("<a href=\"#/lesson/{id}\">№{number} «{title}»</a>").into();
                    card
                })
                .collect();
        }
        if let Some(next) = ids.get(index + 1) {
            lesson.value["next"] = next.clone().into();
        }
    }
}

/// The lesson as lists show it.
fn card(lesson: &CompiledLesson) -> Value {
    let goals = lesson.value["checks"]["goals"].as_array().map(Vec::as_slice).unwrap_or_default();
    let goals: Vec<&Value> = goals.iter().map(|goal| &goal["id"]).collect();
    let value = &lesson.value;
    let mut card = json!({"id": lesson.id, "number": lesson.folder.number, "title": value["title"], "minutes": value["minutes"], "goals": goals});
    if let Some(exam) = value.get("exam") {
        card["pass"] = exam["pass"].clone();
    }
    card
}

fn index(plan: &CoursePlan, lessons: &[CompiledLesson], glossary: &[Term]) -> Value {
    let part = |part: &PlannedPart| {
        let own = lessons.iter().filter(|lesson| lesson.value["part"] == part.title.as_str());
        json!({"title": part.title, "about": part.about, "lessons": own.map(card).collect::<Vec<_>>()})
    };
    let term = |term: &Term| json!({"id": term.id, "term": term.term, "english": term.english, "definition": term.definition});
    json!({
        "title": plan.title,
        "kubernetes": plan.kubernetes,
        "parts": plan.parts.iter().map(part).collect::<Vec<_>>(),
        "glossary": glossary.iter().map(term).collect::<Vec<_>>(),
    })
}
