//! Paths into API objects: `spec.completions`, `status.conditions[type=Complete].status`, `spec.containers[*].image`,
//! `metadata.labels['app.kubernetes.io/name']`.

use serde_json::Value;

use crate::api::fields::{self, Shape};

#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Key(String),
    Index(usize),
    Every,
    /// Items of a list whose field has this text.
    With(String, String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    steps: Vec<Step>,
    /// Whether the path leads into status, where the wire form leaves zeros out.
    pub in_status: bool,
}

impl Path {
    /// # Errors
    /// With a Russian message when the text is no path.
    pub fn parse(text: &str) -> Result<Path, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (content, after) =
                    bracket(inner).ok_or_else(|| format!("в пути «{text}» не закрыта скобка"))?;
                steps.push(
                    bracket_step(content)
                        .ok_or_else(|| format!("в пути «{text}» непонятное «[{content}]»"))?,
                );
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(format!("в пути «{text}» пустое имя поля"));
                }
                if let Some(odd) = rest[..end].chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
                    return Err(format!("в пути «{text}» лишний знак «{odd}»"));
                }
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return Err(format!("путь «{text}» кончается точкой"));
                }
                rest = after;
            }
        }
        if steps.is_empty() {
            return Err("пустой путь".to_owned());
        }
        let in_status = steps.first() == Some(&Step::Key("status".to_owned()));
        Ok(Path { steps, in_status })
    }

    /// The part of the path that objects of this kind do not have, if there is one.
    pub fn unknown_field(&self, kind: &str) -> Option<&str> {
        let mut info = fields::type_named(kind);
        for (index, step) in self.steps.iter().enumerate() {
            let name = match step {
                Step::Index(_) | Step::Every => continue,
                // Every object has these two; the table leaves them out.
                Step::Key(name) if index == 0 && ["kind", "apiVersion"].contains(&name.as_str()) => {
                    return None;
                }
                Step::Key(name) | Step::With(name, _) => name,
            };
            let Some(field) = info.and_then(|info| info.field(name)) else { return Some(name) };
            if matches!(step, Step::With(..)) {
                continue;
            }
            match &field.shape {
                // Keys of a map are free.
                Shape::Map(_) | Shape::Any => return None,
                shape => info = shape.struct_name().and_then(fields::type_named),
            }
        }
        None
    }

    /// Every value that the path reaches; nulls do not count.
    pub fn find<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![root];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step_into(value, step)).collect();
        }
        found.retain(|value| !value.is_null());
        found
    }
}

/// The content up to the closing bracket and what follows it. Quoted content may hold brackets.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let end = match text.strip_prefix('\'') {
        Some(quoted) => quoted.find("']")? + 2,
        None => text.find(']')?,
    };
    Some((&text[..end], &text[end + 1..]))
}

fn bracket_step(content: &str) -> Option<Step> {
    if content == "*" {
        return Some(Step::Every);
    }
    if let Some(key) = content.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(Step::Key(key.to_owned()));
    }
    if let Some((key, value)) = content.split_once('=') {
        return Some(Step::With(key.to_owned(), value.to_owned()));
    }
    content.parse().ok().map(Step::Index)
}

fn step_into<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    match step {
        Step::Key(key) => value.get(key).into_iter().collect(),
        Step::Index(index) => value.get(*index).into_iter().collect(),
        Step::Every => value.as_array().map(|items| items.iter().collect()).unwrap_or_default(),
        Step::With(key, wanted) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().filter(|item| item.get(key).and_then(Value::as_str) == Some(wanted)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_reach_fields_items_and_labels() {
        let object = json!({
            "metadata": {"labels": {"a.b/c": "d"}},
            "spec": {"containers": [{"name": "main", "image": "perl"}, {"name": "side", "image": "busybox"}]},
            "status": {"conditions": [{"type": "Failed", "status": "True"}]},
        });
        let check = |path: &str, expected: &[&str]| {
            let path = Path::parse(path).expect(path);
            let found: Vec<&str> = path.find(&object).into_iter().filter_map(Value::as_str).collect();
            assert_eq!(found, expected, "{path:?}");
        };
        check("metadata.labels['a.b/c']", &["d"]);
        check("spec.containers[*].image", &["perl", "busybox"]);
        check("spec.containers[1].name", &["side"]);
        check("status.conditions[type=Failed].status", &["True"]);
        check("status.conditions[type=Complete].status", &[]);
    }

    #[test]
    fn paths_are_held_against_the_fields_of_their_kind() {
        let check = |kind: &str, path: &str, unknown: Option<&str>| {
            assert_eq!(Path::parse(path).expect(path).unknown_field(kind), unknown, "{kind} {path}");
        };
        check("Job", "spec.completions", None);
        check("Job", "spec.completons", Some("completons"));
        check("Job", "status.conditions[type=Failed].reason", None);
        check("Job", "status.conditions[typ=Failed].reason", Some("typ"));
        check("Job", "spec.template.spec.containers[*].command[*]", None);
        check("Job", "spec.restartPolicy", Some("restartPolicy"));
        check("Pod", "metadata.labels['app.kubernetes.io/name']", None);
        check("Pod", "status.phase.running", Some("running"));
        check("CronJob", "spec.jobTemplate.spec.completions", None);
        check("Event", "involvedObject.kind", None);
    }

    #[test]
    fn broken_paths_are_refused() {
        for path in ["", "a.", ".a", "a[", "a[x]", "a..b", "a b", "\"a\":1"] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
