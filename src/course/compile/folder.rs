//! One lesson's folder: its files, its frontmatter, its checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::checks::Checks;
use super::super::exam;
use super::super::index::Term;
use super::super::lesson::{self, Layout};
use super::super::mistake::{Checked, Mistake, Part, Place};
use super::super::sheet::{Block, LessonFile, cluster};
use super::author_error::AuthorError;
use super::markdown::{Context, Offered, Origin};
use super::opening;
use super::page;
use super::places;
use super::references::{self, check_solution, consistent, resolve, scripts};
use super::source::{self, Located};
use super::tests_section::{self, TestCase};
use crate::api::{Kind, fields};
use crate::cluster::Fault;

/// The file with the history of the lesson's solution.
pub const GOLDEN: &str = "golden.txt";
/// Minutes that a good lesson takes.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=12;

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
    pub exam: Value,
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
    /// The commands that the texts offer.
    pub offered: Vec<Offered>,
    /// The rules whose decisions the text shows, with their lines.
    pub rules: Vec<(String, usize)>,
    /// The history of the solution as golden.txt remembers it; empty where there is none.
    pub golden: String,
    /// File names as mistakes name them.
    pub checks_file: String,
    pub checks_source: Located,
}

/// What the course gives to every lesson.
pub struct Surroundings<'a> {
    pub glossary: &'a [Term],
    /// Ids of all lessons with their numbers.
    pub lessons: &'a BTreeMap<String, usize>,
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
        text.map_err(|error| AuthorError::of_io(&self.file(name), &error))
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
    part.fields(&[
        "id", "title", "minutes", "needs", "teaches", "fields", "cluster", "exam", "layout", "invalid",
    ])?;
    let id = part.need_text("id")?;
    if id == "course" || !references::is_id(&id) {
        return Place::Field(&root, "id").mistake(references::BAD_ID);
    }
    let minutes = part.value["minutes"].as_i64().filter(|minutes| (1..=60).contains(minutes));
    let Some(minutes) = minutes else {
        return Place::Field(&root, "minutes").mistake("нет поля «minutes»: целое число минут от 1 до 60");
    };
    part.opt("cluster", cluster)?;
    part.opt("cluster", lesson::beginning)?;
    part.opt("exam", exam::exam)?;
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
        fields: part.list("fields", known_field)?,
        cluster: part.value.get("cluster").cloned().unwrap_or(Value::Null),
        exam: part.value.get("exam").cloned().unwrap_or(Value::Null),
        layout: layout.unwrap_or_default(),
        invalid: part.list("invalid", |item| item.text().map(str::to_owned))?,
        source: source.clone(),
    })
}

/// The first of the course's kinds that has such a field.
fn kind_with(path: &str) -> Option<Kind> {
    let known = |kind: &Kind| fields::field_at(fields::type_of(*kind), path).is_some();
    [Kind::Job, Kind::CronJob, Kind::Pod].into_iter().find(known)
}

/// Each field is a command that explains it.
fn fields_html(paths: &[String]) -> String {
    let one = |path: &String| {
        let kind = kind_with(path).map_or("job", |kind| match kind {
            Kind::CronJob => "cronjob",
            Kind::Pod => "pod",
            _ => "job",
        });
        format!(
            r#"<button type="button" class="link" data-run="kubectl explain {kind}.{path}"><code>{path}</code></button>"#
        )
    };
    match paths.iter().map(one).collect::<Vec<_>>().join(" ").as_str() {
        "" => String::new(),
        list => format!("<p class=\"quiet\">Поля манифеста: {list}</p>"),
    }
}

/// A field of a manifest that the lesson introduces.
fn known_field(part: Part) -> Checked<String> {
    let path = part.text()?;
    if kind_with(path).is_some() {
        return Ok(path.to_owned());
    }
    part.mistake(format!("нет поля «{path}» ни у Job, ни у CronJob, ни у пода"))
}

/// Compiles the lesson. Mistakes go to `errors`, findings of the prose lint to `findings`.
pub fn compile(
    folder: &Folder,
    front: &Front,
    around: &Surroundings,
    errors: &mut Vec<AuthorError>,
    findings: &mut Vec<AuthorError>,
) -> Option<CompiledLesson> {
    let (start, opening) = with_commands(files_in(folder, "start", errors));
    let (solution, commands) = with_commands(files_in(folder, "solution", errors));
    if commands.is_none() {
        errors.push(AuthorError::new(&folder.file("solution/commands.txt"), 0, "нет решения урока"));
    }
    let (images, names) = images_in(folder);
    let mut context = Context {
        glossary: around.glossary,
        lessons: around.lessons,
        lesson: &front.id,
        images: names,
        start: start.clone(),
        solution: solution.clone(),
        used_terms: BTreeSet::new(),
        errors: Vec::new(),
        findings: Vec::new(),
        commands: Vec::new(),
        rules: Vec::new(),
    };
    let parts = compile_texts(folder, front, &mut context);
    if let (Some((.., checks)), Some(text)) = (&parts, &commands) {
        check_solution(&folder.file("solution/commands.txt"), text, &checks.source.value, &mut context);
    }
    let opening =
        opening::compile(&folder.file("start/commands.txt"), &opening.unwrap_or_default(), &mut context);
    let cluster = whole_cluster(folder, front, around.default_cluster, &mut context);
    errors.append(&mut context.errors);
    findings.append(&mut context.findings);
    let (body, teaches, checks) = parts?;
    let body: Vec<Value> = body.iter().map(Block::to_value).collect();
    let mut value = json!({
        "id": front.id, "title": front.title, "number": folder.number, "minutes": front.minutes,
        "needs": front.needs, "teaches": teaches, "fields": fields_html(&front.fields),
        "cluster": cluster, "layout": front.layout.name(),
        "start": file_values(&start), "solution": file_values(&solution),
        "commands": commands.unwrap_or_default().lines().collect::<Vec<_>>(),
        "body": body, "checks": checks.value,
    });
    for (name, given) in
        [("opening", opening.entries), ("opens_after", opening.opens_after), ("exam", front.exam.clone())]
    {
        if !given.is_null() {
            value[name] = given;
        }
    }
    Some(CompiledLesson {
        folder: folder.clone(),
        id: front.id.clone(),
        value,
        tests: checks.tests,
        invalid: front.invalid.clone(),
        images,
        offered: context.commands,
        rules: context.rules,
        golden: fs::read_to_string(folder.path.join(GOLDEN)).unwrap_or_default().trim().to_owned(),
        checks_file: folder.file("checks.yaml"),
        checks_source: checks.source,
    })
}

/// The course's cluster with what the lesson changes. Planned faults name nodes that there are.
fn whole_cluster(folder: &Folder, front: &Front, default: &Value, context: &mut Context) -> Value {
    let mut whole = json!({});
    for values in [default, &front.cluster] {
        if let (Some(all), Some(some)) = (whole.as_object_mut(), values.as_object()) {
            all.extend(some.clone());
        }
    }
    let part = Part::new(&whole, &Place::Root);
    let nodes = cluster(part).map_or(1, |spec| spec.nodes.max(1));
    let (_, faults) = lesson::beginning(part).unwrap_or_default();
    for (index, planned) in faults.iter().enumerate().filter(|(_, planned)| !has_node(nodes, &planned.fault))
    {
        let line = 1 + front.source.line(&format!("/cluster/faults/{index}"));
        let message = format!("в кластере урока нет узла для «{}»: узлов {nodes}", planned.fault);
        context.errors.push(AuthorError::new(&folder.file("lesson.md"), line, message));
    }
    whole
}

/// Whether the fault is of one of so many nodes, or of no node.
fn has_node(nodes: i64, fault: &Fault) -> bool {
    match fault {
        Fault::NodeLost { node } | Fault::NodeBack { node } | Fault::NodeSlow { node, .. } => {
            let number = node.strip_prefix("node-").and_then(|number| number.parse::<i64>().ok());
            number.is_some_and(|number| (1..=nodes).contains(&number))
        }
        _ => true,
    }
}

/// Splits commands.txt off the files of start/ or solution/.
fn with_commands(mut files: Vec<LessonFile>) -> (Vec<LessonFile>, Option<String>) {
    let at = files.iter().position(|file| file.name == "commands.txt");
    let commands = at.map(|at| files.remove(at).text);
    (files, commands)
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
    for (index, need) in front.needs.iter().enumerate() {
        let message = match context.lessons.get(need) {
            None => format!("нет урока с id «{need}»"),
            Some(number) if *number >= folder.number => format!("урок «{need}» идёт не раньше этого"),
            Some(_) => continue,
        };
        context.errors.push(AuthorError::new(&file, at(&format!("/needs/{index}")).line, message));
    }
    if front.exam.is_null() && !MINUTES.contains(&front.minutes) {
        let message = format!(
            "уроку нужно от {} до {} минут, а здесь {}",
            MINUTES.start(),
            MINUTES.end(),
            front.minutes
        );
        context.findings.push(AuthorError::new(&file, at("/minutes").line, message));
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
    places::check(&value, &source, &file, context);
    Some(CompiledChecks { value, tests, source })
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

/// Files of start/ or solution/, in the order of their names. The folder may be missing.
fn files_in(folder: &Folder, inner: &str, errors: &mut Vec<AuthorError>) -> Vec<LessonFile> {
    let mut files = Vec::new();
    for path in entries(&folder.path.join(inner)) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        match fs::read_to_string(&path) {
            Ok(text) => files.push(LessonFile { name, text }),
            Err(error) => {
                let file = folder.file(&format!("{inner}/{name}"));
                errors.push(AuthorError::of_io(&file, &error));
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
