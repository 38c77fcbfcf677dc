//! What the editor offers while a manifest is being typed: fields and values that are legal at a place, and what a
//! field means. Answers for any text; what it knows comes from the field table.

mod place;

use super::field_texts::text_of;
use super::fields::{self, Field, Shape, TypeInfo, type_named};
use super::object::Kind;
use crate::base::sorted;
use place::{KeyLine, Place, Scan, Step};

/// One thing that could be written here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    pub label: String,
    /// What is written in place of the word that is there; later lines carry their indentation.
    pub insert: String,
    /// Type, default and whether it can change, in Russian.
    pub detail: String,
    /// What it means, in Russian.
    pub about: String,
    pub required: bool,
}

/// What could be written at a place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Where the word begins that a suggestion replaces, in bytes.
    pub from: usize,
    /// Required fields first, then in the order of the table.
    pub suggestions: Vec<Suggestion>,
}

/// What a field means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Where the key stands, in bytes.
    pub start: usize,
    pub end: usize,
    /// As `kubectl explain` takes it: `job.spec.backoffLimit`.
    pub path: String,
    pub detail: String,
    pub about: String,
}

/// What could be written at the byte offset.
pub fn complete(text: &str, offset: usize) -> Completion {
    let Scan { keys, place } = place::scan(text, on_boundary(text, offset));
    match place {
        Place::Key { from, parents, .. } if parents.is_empty() && keys.is_empty() => {
            Completion { from, suggestions: whole_manifests() }
        }
        Place::Key { from, parents, mapping, column } => {
            let present: Vec<&str> = keys
                .iter()
                .filter(|key| key.mapping == mapping && key.start != from)
                .map(|key| key.name.as_str())
                .collect();
            Completion { from, suggestions: keys_at(&keys, &parents, &present, column) }
        }
        Place::Value { from, key, parents } => {
            Completion { from, suggestions: values_of(&keys, &parents, &key) }
        }
        Place::Elsewhere => Completion::default(),
    }
}

/// What the key at the byte offset means, when it is a field of a known kind.
pub fn hover(text: &str, offset: usize) -> Option<Card> {
    let offset = on_boundary(text, offset);
    let Scan { keys, .. } = place::scan(text, offset);
    let key = keys.iter().find(|key| (key.start..=key.end).contains(&offset))?;
    let kind = kind_of(&keys)?;
    let mut path = kind.as_str().to_lowercase();
    for step in key.parents.iter().chain([&Step::Key(key.name.clone())]) {
        if let Step::Key(name) = step {
            path += &format!(".{name}");
        }
    }
    let (detail, about) = if key.parents.is_empty() && matches!(key.name.as_str(), "apiVersion" | "kind") {
        ("string · обязательное".to_owned(), text_of(&key.name).to_owned())
    } else {
        let Below::Mapping(info) = below(kind, &key.parents)? else { return None };
        let field = info.field(&key.name)?;
        (detail_of(field, is_required(kind, &key.parents, field)), text_of(field.name).to_owned())
    };
    Some(Card { start: key.start, end: key.end, path, detail, about })
}

/// The nearest place before the offset that does not split a character.
fn on_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn kind_of(keys: &[KeyLine]) -> Option<Kind> {
    let written = keys.iter().find(|key| key.parents.is_empty() && key.name == "kind")?;
    Kind::ALL.iter().copied().find(|kind| written.value == kind.as_str())
}

/// What lies below some steps.
#[derive(Clone, Copy)]
enum Below {
    Mapping(&'static TypeInfo),
    List(&'static Shape),
    /// A scalar, or a map with keys of the author's own.
    Other,
}

fn below(kind: Kind, steps: &[Step]) -> Option<Below> {
    let of_shape = |shape: &'static Shape| match shape {
        Shape::Struct(name) => type_named(name).map(Below::Mapping),
        Shape::List(item) => Some(Below::List(item)),
        _ => Some(Below::Other),
    };
    let mut at = Below::Mapping(fields::type_of(kind));
    for step in steps {
        at = match (at, step) {
            (Below::Mapping(info), Step::Key(name)) => of_shape(&info.field(name)?.shape)?,
            (Below::List(item), Step::Item) => of_shape(item)?,
            _ => return None,
        };
    }
    Some(at)
}

/// The server demands it, or every Job does.
fn is_required(kind: Kind, parents: &[Step], field: &Field) -> bool {
    let of_job_pod = || {
        let keys: Vec<&str> = parents.iter().filter_map(Step::key).collect();
        matches!(kind, Kind::Job | Kind::CronJob) && keys.ends_with(&["template", "spec"])
    };
    field.required || (field.name == "restartPolicy" && of_job_pod())
}

/// `integer · по умолчанию 6 · после создания не меняется`.
fn detail_of(field: &Field, required: bool) -> String {
    let mut detail = field.shape.explain_type();
    if required {
        detail += " · обязательное";
    } else if let Some(default) = field.default {
        detail += &format!(" · по умолчанию {default}");
    }
    if field.immutable {
        detail += " · после создания не меняется";
    }
    if !field.values.is_empty() {
        detail += &format!(" · {}", field.values.join(", "));
    }
    detail
}

fn keys_at(keys: &[KeyLine], parents: &[Step], present: &[&str], column: usize) -> Vec<Suggestion> {
    let mut suggestions = Vec::new();
    if parents.is_empty() {
        for (name, value) in [("apiVersion", "batch/v1"), ("kind", "Job")] {
            if !present.contains(&name) {
                suggestions.push(Suggestion {
                    label: name.to_owned(),
                    insert: format!("{name}: {value}"),
                    detail: "string · обязательное".to_owned(),
                    about: text_of(name).to_owned(),
                    required: true,
                });
            }
        }
    }
    let Some(kind) = kind_of(keys) else { return suggestions };
    let (info, marker) = match below(kind, parents) {
        Some(Below::Mapping(info)) => (info, ""),
        // The first field of an item, written without its dash so far.
        Some(Below::List(Shape::Struct(name))) => match type_named(name) {
            Some(info) => (info, "- "),
            None => return suggestions,
        },
        _ => return suggestions,
    };
    // What only the cluster writes is not offered.
    let offered = info.fields.iter().filter(|field| field.name != "status" && !present.contains(&field.name));
    suggestions.extend(offered.map(|field| {
        let required = is_required(kind, parents, field);
        Suggestion {
            label: field.name.to_owned(),
            insert: format!("{marker}{}", skeleton(field, column + marker.len())),
            detail: detail_of(field, required),
            about: text_of(field.name).to_owned(),
            required,
        }
    }));
    sorted::sort_by_key(&mut suggestions, |suggestion| !suggestion.required);
    suggestions
}

/// The field as one begins to write it.
fn skeleton(field: &Field, column: usize) -> String {
    let indent = " ".repeat(column);
    match &field.shape {
        Shape::Struct(_) | Shape::Map(_) => format!("{}:\n{indent}  ", field.name),
        Shape::List(item) if matches!(**item, Shape::Struct(_)) => format!("{}:\n{indent}- ", field.name),
        Shape::List(_) => format!("{}: []", field.name),
        _ => format!("{}: ", field.name),
    }
}

fn values_of(keys: &[KeyLine], parents: &[Step], key: &str) -> Vec<Suggestion> {
    let plain = |value: &str, detail: &str| Suggestion {
        label: value.to_owned(),
        insert: value.to_owned(),
        detail: detail.to_owned(),
        about: String::new(),
        required: false,
    };
    if parents.is_empty() && key == "kind" {
        return ["Job", "CronJob", "Pod", "ConfigMap", "Secret", "Namespace"]
            .map(|kind| plain(kind, text_of(kind)))
            .into();
    }
    let kind = kind_of(keys);
    if parents.is_empty() && key == "apiVersion" {
        let versions: &[&str] = match kind {
            Some(kind) => &[kind.api_version()],
            None => &["batch/v1", "v1"],
        };
        return versions.iter().map(|version| plain(version, "")).collect();
    }
    let field = kind.and_then(|kind| match below(kind, parents) {
        Some(Below::Mapping(info)) => Some((kind, info.field(key)?)),
        _ => None,
    });
    let Some((kind, field)) = field else { return Vec::new() };
    let of_default = |value: &str| if field.default == Some(value) { "по умолчанию" } else { "" };
    // A Job takes two of the three policies.
    let legal = |value: &&&str| **value != "Always" || !is_required(kind, parents, field);
    match field.shape {
        Shape::Bool => ["true", "false"].map(|value| plain(value, of_default(value))).into(),
        _ => field.values.iter().filter(legal).map(|value| plain(value, of_default(value))).collect(),
    }
}

/// What an empty document can begin with.
fn whole_manifests() -> Vec<Suggestion> {
    let manifest = |label: &str, about: &str, insert: &str| Suggestion {
        label: label.to_owned(),
        insert: insert.to_owned(),
        detail: "манифест целиком".to_owned(),
        about: about.to_owned(),
        required: true,
    };
    vec![
        manifest("Job", text_of("Job"), include_str!("job.yaml")),
        manifest("Job, режим Indexed", text_of("completionMode"), include_str!("indexed.yaml")),
        manifest("CronJob", text_of("CronJob"), include_str!("cronjob.yaml")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::diagnostics::diagnose;

    /// The labels offered where the mark `|` stands.
    fn offered(marked: &str) -> Vec<String> {
        let offset = marked.find('|').expect("a mark");
        let completion = complete(&marked.replacen('|', "", 1), offset);
        completion.suggestions.into_iter().map(|suggestion| suggestion.label).collect()
    }

    /// The text after the suggestion with this label was taken.
    fn taken(marked: &str, label: &str) -> String {
        let offset = marked.find('|').expect("a mark");
        let text = marked.replacen('|', "", 1);
        let completion = complete(&text, offset);
        let chosen = completion.suggestions.iter().find(|suggestion| suggestion.label == label);
        let chosen = chosen.unwrap_or_else(|| panic!("{label} is not offered: {completion:?}"));
        format!("{}{}{}", &text[..completion.from], chosen.insert, &text[offset..])
    }

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\nspec:\n";

    #[test]
    fn an_empty_document_can_begin_whole_and_valid() {
        for label in offered("|") {
            assert_eq!(diagnose(&taken("|", &label)), [], "{label}");
        }
    }

    #[test]
    fn fields_of_the_place_are_offered_required_first_and_once() {
        let spec = offered(&format!("{JOB}  completions: 5\n  |\n"));
        assert_eq!(spec[0], "template");
        assert!(
            spec.contains(&"backoffLimit".to_owned()) && !spec.contains(&"completions".to_owned()),
            "{spec:?}"
        );
        assert!(!spec.contains(&"containers".to_owned()));
        let pod = offered(&format!("{JOB}  template:\n    spec:\n      |"));
        assert_eq!(pod[..2], ["containers", "restartPolicy"]);
        // Keys below the place count as well, those of other mappings do not.
        let before =
            offered(&format!("{JOB}  |\n  parallelism: 2\n  template:\n    spec:\n      suspend: x\n"));
        assert!(
            !before.contains(&"parallelism".to_owned()) && before.contains(&"suspend".to_owned()),
            "{before:?}"
        );
    }

    #[test]
    fn items_of_lists_have_their_own_fields() {
        let head = format!("{JOB}  template:\n    spec:\n      containers:\n");
        let first = offered(&format!("{head}      - |"));
        assert_eq!(first[0], "name");
        let second = offered(&format!("{head}      - name: main\n        im|"));
        assert!(second.contains(&"image".to_owned()) && !second.contains(&"name".to_owned()), "{second:?}");
        let beside = offered(&format!("{head}      - name: main\n      |"));
        assert!(beside.contains(&"restartPolicy".to_owned()), "{beside:?}");
        let env =
            offered(&format!("{head}      - name: main\n        env:\n        - name: A\n          val|"));
        assert!(env.contains(&"valueFrom".to_owned()), "{env:?}");
        assert_eq!(taken(&format!("{head}        |"), "name"), format!("{head}        - name: "));
    }

    #[test]
    fn values_are_offered_behind_the_colon() {
        assert_eq!(offered(&format!("{JOB}  completionMode: |")), ["NonIndexed", "Indexed"]);
        assert_eq!(offered(&format!("{JOB}  suspend: t|")), ["true", "false"]);
        assert_eq!(
            offered(&format!("{JOB}  template:\n    spec:\n      restartPolicy: |")),
            ["Never", "OnFailure"]
        );
        assert_eq!(offered("kind: Job\napiVersion: |"), ["batch/v1"]);
        assert_eq!(taken("kind: C|", "CronJob"), "kind: CronJob");
    }

    #[test]
    fn nothing_is_offered_in_texts_comments_and_maps_of_the_author() {
        let head = format!("{JOB}  template:\n    spec:\n      containers:\n      - name: main\n");
        for marked in [
            format!("{head}        command: [\"sh|\"]"),
            format!("{head}        args:\n        - |"),
            format!("{head}        args:\n        - -c\n        - >\n          ec|\n"),
            format!("{JOB}# com|"),
            "kind: Job\nmetadata:\n  labels:\n    a|".to_owned(),
            "kind: Robot\nspec:\n  a|".to_owned(),
        ] {
            // The mark of the block scalar above is no mark of a place.
            assert_eq!(offered(&marked), Vec::<String>::new(), "{marked}");
        }
    }

    #[test]
    fn documents_of_one_file_are_apart() {
        let text = format!("kind: ConfigMap\ndata:\n  a: b\n---\n{JOB}  backoffL|\n---\nkind: Pod\n");
        assert!(offered(&text).contains(&"backoffLimit".to_owned()));
    }

    #[test]
    fn a_field_explains_itself() {
        let text = format!(
            "{JOB}  backoffLimit: 3\n  template:\n    spec:\n      containers:\n      - image: perl\n"
        );
        let at = |needle: &str| hover(&text, text.find(needle).expect("there") + 1);
        let card = at("backoffLimit").expect("a card");
        assert_eq!(
            (card.path.as_str(), &text[card.start..card.end]),
            ("job.spec.backoffLimit", "backoffLimit")
        );
        assert!(card.detail.contains("integer") && card.detail.contains("по умолчанию 6"), "{card:?}");
        assert_eq!(at("image").expect("a card").path, "job.spec.template.spec.containers.image");
        assert_eq!(at("perl"), None);
    }

    #[test]
    fn damaged_texts_have_an_answer_at_every_place() {
        for text in [
            "",
            ":",
            "- - -",
            "a: [1,",
            "spec:\n\t- x",
            "kind: Job\nspec:\n -",
            "é: ж\nkind: Job\n  é",
            "---\n---",
            "\u{0}",
        ] {
            for offset in 0..=text.len() + 1 {
                complete(text, offset);
                hover(text, offset);
            }
        }
    }
}
