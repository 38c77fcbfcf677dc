//! One lesson's folder: its files, its frontmatter, its checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::checks::Checks;
use super::super::index::Term;
use super::super::lesson::Layout;
use super::super::mistake::{Checked, Mistake, Part, Place};
use super::super::script::{self, Step};
use super::super::sheet::{Block, LessonFile, cluster};
use super::author_error::AuthorError;
use super::markdown::{Context, Origin};
use super::page::{self, Reference, Referred};
use super::source::{self, Located};
use super::tests_section::{self, TestCase};

/// A lesson's folder as found on disk.
#[derive(Clone, Debug)]
pub struct Folder {
    pub path: PathBuf,
    /// `02-pervaya-job`.
    pub name: String,
    pub number: usize,
}

/// Frontmatter, read first: other lessons may refer to its id.
#[derive(Clone, Debug)]
pub struct Front {
    pub id: String,
    pub title: String,
    pub minutes: i64,
    pub needs: Vec<String>,
    pub teaches: Vec<String>,
    pub fields: Vec<String>,
    pub cluster: Value,
    pub layout: Layout,
    /// Files of start/ that are wrong on purpose.
    pub invalid: Vec<String>,
    /// Line of each list item, for complaints about it.
    source: Located,
}

/// A lesson with everything that the author's check needs besides the compiled form.
#[derive(Clone, Debug)]
pub struct CompiledLesson {
    pub folder: Folder,
    pub id: String,
    /// What the page fetches; `next` is still to be filled in.
    pub value: Value,
    pub tests: Vec<TestCase>,
    /// Files of start/ that are wrong on purpose.
    pub invalid: Vec<String>,
    pub images: Vec<PathBuf>,
    /// File names as mistakes name them.
    pub checks_file: String,
    pub checks_source: Located,
}

/// What the course gives to every lesson.
pub struct Surroundings<'a> {
    pub glossary: &'a [Term],
    pub lessons: &'a BTreeSet<String>,
    pub default_cluster: &'a Value,
}

impl Folder {
    /// `None` when the folder's name does not begin with a number.
    pub fn at(path: PathBuf) -> Option<Folder> {
        let name = path.file_name()?.to_str()?.to_owned();
        let number = name.split_once('-')?.0.parse().ok()?;
        Some(Folder { path, name, number })
    }

    pub fn file(&self, name: &str) -> String {
        format!("lessons/{}/{name}", self.name)
    }

    fn read(&self, name: &str) -> Result<String, AuthorError> {
        let text = fs::read_to_string(self.path.join(name));
        text.map_err(|error| AuthorError::new(&self.file(name), 0, format!("не читается: {error}")))
    }
}

/// # Errors
/// The first mistake in the frontmatter.
pub fn front(folder: &Folder) -> Result<Front, AuthorError> {
    let file = folder.file("lesson.md");
    let text = folder.read("lesson.md")?;
    let (front, ..) = page::split_frontmatter(&file, &text)?;
    let source = source::parse(front).map_err(|error| AuthorError::of_yaml(&file, 1, error))?;
    read_front(&source).map_err(|mistake| AuthorError::of_mistake(&file, 1, &source, mistake))
}

fn read_front(source: &Located) -> Checked<Front> {
    let root = Place::Root;
    let part = Part::new(&source.value, &root);
    part.fields(&["id", "title", "minutes", "needs", "teaches", "fields", "cluster", "layout", "invalid"])?;
    let id = part.need_text("id")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id == "course" || !id.chars().all(plain) {
        return Place::Field(&root, "id").mistake("id состоит из строчных латинских букв, цифр и дефисов");
    }
    let minutes = part.value["minutes"].as_i64().filter(|minutes| (1..=60).contains(minutes));
    let Some(minutes) = minutes else {
        return Place::Field(&root, "minutes").mistake("нет поля «minutes»: целое число минут от 1 до 60");
    };
    part.opt("cluster", cluster)?;
    let layout = part.opt("layout", |layout| match Layout::parse(layout.text()?) {
        Some(layout) => Ok(layout),
        None => layout.mistake("layout бывает full, terminal или text"),
    })?;
    Ok(Front {
        id,
        title: part.need_text("title")?,
        minutes,
        needs: part.list("needs", |item| item.text().map(str::to_owned))?,
        teaches: part.list("teaches", |item| item.text().map(str::to_owned))?,
        fields: part.list("fields", |item| item.text().map(str::to_owned))?,
        cluster: part.value.get("cluster").cloned().unwrap_or(Value::Null),
        layout: layout.unwrap_or_default(),
        invalid: part.list("invalid", |item| item.text().map(str::to_owned))?,
        source: source.clone(),
    })
}

/// Compiles the lesson. Mistakes go to `errors`, findings of the prose lint to `findings`.
pub fn compile(
    folder: &Folder,
    front: &Front,
    around: &Surroundings,
    errors: &mut Vec<AuthorError>,
    findings: &mut Vec<AuthorError>,
) -> Option<CompiledLesson> {
    let (start, solution) = (files_in(folder, "start", errors), files_in(folder, "solution", errors));
    let commands = solution.iter().find(|file| file.name == "commands.txt").map(|file| file.text.clone());
    let solution: Vec<LessonFile> = solution.into_iter().filter(|file| file.name != "commands.txt").collect();
    if commands.is_none() {
        errors.push(AuthorError::new(&folder.file("solution/commands.txt"), 0, "нет решения урока"));
    }
    let (images, names) = images_in(folder);
    let mut context = Context {
        glossary: around.glossary,
        lessons: around.lessons,
        lesson: &front.id,
        images: names,
        files: start.iter().chain(&solution).cloned().collect(),
        used_terms: BTreeSet::new(),
        errors: Vec::new(),
        findings: Vec::new(),
    };
    let parts = compile_texts(folder, front, &mut context);
    if let (Some((.., checks)), Some(text)) = (&parts, &commands) {
        check_solution(folder, text, checks, &mut context);
    }
    errors.append(&mut context.errors);
    findings.append(&mut context.findings);
    let (body, teaches, checks) = parts?;
    let mut cluster = json!({});
    for values in [around.default_cluster, &front.cluster] {
        if let (Some(all), Some(some)) = (cluster.as_object_mut(), values.as_object()) {
            all.extend(some.clone());
        }
    }
    let body: Vec<Value> = body.iter().map(Block::to_value).collect();
    let value = json!({
        "id": front.id, "title": front.title, "number": folder.number, "minutes": front.minutes,
        "needs": front.needs, "teaches": teaches, "fields": front.fields,
        "cluster": cluster, "layout": front.layout.name(),
        "start": file_values(&start), "solution": file_values(&solution),
        "commands": commands.unwrap_or_default().lines().collect::<Vec<_>>(),
        "body": body, "checks": checks.value,
    });
    Some(CompiledLesson {
        folder: folder.clone(),
        id: front.id.clone(),
        value,
        tests: checks.tests,
        invalid: front.invalid.clone(),
        images,
        checks_file: folder.file("checks.yaml"),
        checks_source: checks.source,
    })
}

fn file_values(files: &[LessonFile]) -> Vec<Value> {
    files.iter().map(|file| json!({"name": file.name, "text": file.text})).collect()
}

struct CompiledChecks {
    value: Value,
    tests: Vec<TestCase>,
    source: Located,
}

fn compile_texts(
    folder: &Folder,
    front: &Front,
    context: &mut Context,
) -> Option<(Vec<Block>, Vec<String>, CompiledChecks)> {
    let file = folder.file("lesson.md");
    let text = folder.read("lesson.md").map_err(|error| context.errors.push(error)).ok()?;
    let (_, body, lines) =
        page::split_frontmatter(&file, &text).map_err(|error| context.errors.push(error)).ok()?;
    let at = |pointer: &str| Origin { file: &file, line: 1 + front.source.line(pointer) };
    context.lint_prose(at("/title"), &front.title);
    for (index, need) in front.needs.iter().enumerate().filter(|(_, need)| !context.lessons.contains(*need)) {
        let line = at(&format!("/needs/{index}")).line;
        context.errors.push(AuthorError::new(&file, line, format!("нет урока с id «{need}»")));
    }
    let page = page::read(context, &file, body, lines);
    let numbered = front.teaches.iter().enumerate();
    let teaches =
        numbered.map(|(index, text)| context.inline(text, at(&format!("/teaches/{index}")))).collect();
    let checks = compile_checks(folder, context)?;
    resolve(&page.references, &checks.value, &file, context);
    Some((page.body, teaches, checks))
}

fn compile_checks(folder: &Folder, context: &mut Context) -> Option<CompiledChecks> {
    let file = folder.file("checks.yaml");
    let result = folder.read("checks.yaml").and_then(|text| {
        let source = source::parse(&text).map_err(|error| AuthorError::of_yaml(&file, 0, error))?;
        let named = |mistake: Mistake| AuthorError::of_mistake(&file, 0, &source, mistake);
        let root = Place::Root;
        let part = Part::new(&source.value, &root);
        let checks = Checks::parse(part).map_err(named)?;
        consistent(&checks, &source.value).map_err(named)?;
        let tests = tests_section::read(part, &checks).map_err(named)?;
        scripts(&checks, &tests, context).map_err(named)?;
        Ok((source, tests))
    });
    let (source, tests) = result.map_err(|error| context.errors.push(error)).ok()?;
    let mut value = source.value.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove("tests");
    }
    render(&mut value, &mut String::new(), &source, &file, context);
    Some(CompiledChecks { value, tests, source })
}

/// Ids are unique, and what refers to an id finds it.
fn consistent(checks: &Checks, value: &Value) -> Checked<()> {
    let mut seen = BTreeSet::new();
    for list in ["goals", "anti", "dead_end", "predictions", "quizzes", "variants"] {
        let items = value[list].as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let id = item["id"].as_str().unwrap_or_default();
            if !seen.insert(id.to_owned()) {
                return Err(Mistake {
                    at: format!("/{list}/{index}/id"),
                    message: format!("id «{id}» уже занят"),
                });
            }
        }
    }
    for (index, goal) in checks.goals.iter().enumerate() {
        if let Some(need) = goal.needs.iter().find(|need| checks.goal(need).is_none() || **need == goal.id) {
            return Err(Mistake {
                at: format!("/goals/{index}/needs"),
                message: format!("нет цели «{need}»"),
            });
        }
    }
    if checks.goals.is_empty() {
        return Err(Mistake {
            at: String::new(), message: "уроку нужна хотя бы одна цель".to_owned()
        });
    }
    match checks.hints.len() {
        0 | super::super::checks::HINTS => Ok(()),
        count => {
            let message = format!("подсказок должно быть три (или ни одной), а их {count}");
            Err(Mistake { at: "/hints".to_owned(), message })
        }
    }
}

/// Every script of checks.yaml can be read, and what it names exists.
fn scripts(checks: &Checks, tests: &[TestCase], context: &Context) -> Checked<()> {
    let predictions = checks.predictions.iter().enumerate();
    let runs = predictions.map(|(index, prediction)| (format!("/predictions/{index}/run"), &prediction.run));
    let variants = checks.variants.iter().enumerate();
    let solutions =
        variants.map(|(index, variant)| (format!("/variants/{index}/solution"), &variant.solution));
    let cases = tests.iter().map(|test| (format!("{}/run", test.at), &test.run));
    for (at, lines) in runs.chain(solutions).chain(cases) {
        let fault = script_fault(lines, checks, &context.files);
        if let Some((line, message)) = fault {
            return Err(Mistake { at: format!("{at}/{line}"), message });
        }
    }
    Ok(())
}

fn check_solution(folder: &Folder, text: &str, checks: &CompiledChecks, context: &mut Context) {
    let file = folder.file("solution/commands.txt");
    let place = Place::Root;
    let Ok(parsed) = Checks::parse(Part::new(&checks.source.value, &place)) else { return };
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some((line, message)) = script_fault(&lines, &parsed, &context.files) {
        context.errors.push(AuthorError::new(&file, line + 1, message));
    }
}

/// The first fault of a script: number of the line (from 0) and what is wrong.
fn script_fault(lines: &[String], checks: &Checks, files: &[LessonFile]) -> Option<(usize, String)> {
    if let Err(fault) = script::parse(lines) {
        return Some(fault);
    }
    for (index, line) in lines.iter().enumerate() {
        match script::parse(std::slice::from_ref(line)).ok()?.first() {
            Some(Step::Goal(id)) if checks.goal(id).is_none() => {
                return Some((index, format!("нет цели «{id}»")));
            }
            Some(Step::Write(name)) if !files.iter().any(|file| file.name == *name) => {
                return Some((index, format!("в solution/ нет файла «{name}»")));
            }
            _ => {}
        }
    }
    None
}

/// Turns the texts for the learner into HTML, in place.
fn render(value: &mut Value, pointer: &mut String, source: &Located, file: &str, context: &mut Context) {
    const TEXTS: [&str; 5] = ["text", "say", "ask", "right", "wrong"];
    const NOT_TEXTS: [&str; 4] = ["run", "solution", "draw", "measure"];
    let length = pointer.len();
    let is_hint = pointer.starts_with("/hints/");
    match value {
        Value::String(text) => {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            if is_hint || TEXTS.contains(&name) {
                let origin = Origin { file, line: source.line(pointer) };
                *text = context.inline(text, origin);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{index}"));
                render(item, pointer, source, file, context);
                pointer.truncate(length);
            }
        }
        Value::Object(map) => {
            for (name, item) in map.iter_mut().filter(|(name, _)| !NOT_TEXTS.contains(&name.as_str())) {
                pointer.push_str(&format!("/{name}"));
                render(item, pointer, source, file, context);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Everything that the text refers to exists, and everything that checks.yaml offers is used.
fn resolve(references: &[Reference], checks: &Value, file: &str, context: &mut Context) {
    let lists: BTreeMap<&str, (Referred, &str)> = BTreeMap::from([
        ("predictions", (Referred::Prediction, "предсказания")),
        ("goals", (Referred::Goal, "цели")),
        ("quizzes", (Referred::Quiz, "вопроса")),
        ("variants", (Referred::Variant, "варианта")),
    ]);
    let ids = |list: &str| -> Vec<String> {
        let items = checks[list].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for reference in references {
        let id = &reference.id;
        let missing = match lists.iter().find(|(_, (what, _))| *what == reference.what) {
            Some((list, (_, word))) => {
                (!ids(list).contains(id)).then(|| format!("в checks.yaml нет {word} «{id}»"))
            }
            None if reference.what == Referred::Hints => {
                checks.get("hints").is_none().then(|| "в checks.yaml нет подсказок (hints)".to_owned())
            }
            None => (!context.files.iter().any(|file| file.name == *id))
                .then(|| format!("в уроке нет файла «{id}»")),
        };
        context.errors.extend(missing.map(|message| AuthorError::new(file, reference.line, message)));
    }
    for (list, (what, word)) in &lists {
        for id in ids(list) {
            if !references.iter().any(|reference| reference.what == *what && reference.id == id) {
                context.errors.push(AuthorError::new(
                    file,
                    0,
                    format!("в тексте нет {word} «{id}» из checks.yaml"),
                ));
            }
        }
    }
}

/// Files of start/ or solution/, in the order of their names. The folder may be missing.
fn files_in(folder: &Folder, inner: &str, errors: &mut Vec<AuthorError>) -> Vec<LessonFile> {
    let mut files = Vec::new();
    for path in entries(&folder.path.join(inner)) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        match fs::read_to_string(&path) {
            Ok(text) => files.push(LessonFile { name, text }),
            Err(error) => {
                let file = folder.file(&format!("{inner}/{name}"));
                errors.push(AuthorError::new(&file, 0, format!("не читается: {error}")));
            }
        }
    }
    files
}

fn images_in(folder: &Folder) -> (Vec<PathBuf>, BTreeSet<String>) {
    let is_image = |path: &PathBuf| {
        path.extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|e| ["svg", "png", "webp"].contains(&e))
    };
    let images: Vec<PathBuf> = entries(&folder.path).into_iter().filter(is_image).collect();
    let name = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let names = images.iter().filter_map(name).collect();
    (images, names)
}

/// Entries of a folder in the order of their names; none where the folder is missing.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}
