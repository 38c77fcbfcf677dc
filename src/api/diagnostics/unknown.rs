//! Fields that a type does not have: written a little differently, or at another level.

use super::{Diagnostic, Severity, habits, mend, place};
use crate::api::fields::{self, TypeInfo};
use crate::api::object::Kind;
use crate::base::edit_distance;
use crate::manifest::Document;

/// Names this far apart are taken for the same one mistyped.
const DISTANCE_MAX: usize = 2;

/// Names of other tools and of hasty memory, and what they are called here.
const SYNONYMS: &[(&str, &str)] = &[
    ("attempts", "backoffLimit"),
    ("cmd", "command"),
    ("cron", "schedule"),
    ("deadline", "activeDeadlineSeconds"),
    ("entrypoint", "command"),
    ("environment", "env"),
    ("maxretries", "backoffLimit"),
    ("replicas", "parallelism"),
    ("restart", "restartPolicy"),
    ("retries", "backoffLimit"),
    ("retrylimit", "backoffLimit"),
    ("timeout", "activeDeadlineSeconds"),
    ("timeoutseconds", "activeDeadlineSeconds"),
    ("ttl", "ttlSecondsAfterFinished"),
    ("ttlseconds", "ttlSecondsAfterFinished"),
];

/// The finding about an unknown field: where it belongs, or which name was meant.
pub fn unknown_field(kind: Kind, text: &str, document: &Document, path: &str) -> Diagnostic {
    let message = format!("unknown field {path:?}");
    let span = place(&document.spans, path);
    let (around, name) = path.rsplit_once('.').unwrap_or(("", path));
    let finding = |explanation: String| Diagnostic::new(span, Severity::Error, message.clone(), explanation);
    let here = type_at(kind, around);
    if let Some(near) = here.and_then(|info| nearest(info, name)) {
        let explanation = format!("Поля «{name}» здесь нет; похоже на «{near}».");
        return finding(explanation).with_fix(format!("Заменить на {near}"), span, near);
    }
    if let Some(home) = home_of(kind, name, around) {
        let mut found = finding(format!("{name} стоит в {}, нужен в {}.", shown(around), shown(&home)));
        found.fix = mend::move_field(text, &document.spans, path, &home);
        return found;
    }
    let meant = SYNONYMS.iter().find(|(other, _)| *other == plain(name)).map(|(_, meant)| *meant);
    if let Some(meant) = meant {
        if here.is_some_and(|info| info.field(meant).is_some()) {
            let explanation = format!("Поля «{name}» нет: здесь оно называется {meant}.");
            return finding(explanation).with_fix(format!("Заменить на {meant}"), span, meant);
        }
        if let Some(home) = home_of(kind, meant, around) {
            return finding(format!("Поля «{name}» нет: оно называется {meant} и стоит в {}.", shown(&home)));
        }
    }
    for level in levels(kind) {
        if let Some(near) = type_at(kind, &level).and_then(|info| same_letters(info, name)) {
            let explanation = format!("Похоже на «{near}», место которому в {}.", shown(&level));
            return finding(explanation);
        }
    }
    finding(String::new())
}

/// Where a field of the name belongs, seen from where it was written.
fn home_of(kind: Kind, name: &str, around: &str) -> Option<String> {
    let job = habits::job_path(kind).unwrap_or_default();
    let of_job = type_at(kind, job).is_some_and(|info| info.field(name).is_some());
    // The pod has a deadline too, and a selector is not the pod's: what the Job has is the Job's.
    if of_job && !job.is_empty() && around != job {
        return Some(job.to_owned());
    }
    closest_home(&homes(kind, name), around)
}

/// The name without what other styles of writing put between words.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The field that differs in case and separators only.
fn same_letters(info: &'static TypeInfo, name: &str) -> Option<&'static str> {
    let name = plain(name);
    info.fields.iter().map(|field| field.name).find(|field| field.to_lowercase() == name)
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "начале манифеста" } else { path.trim_end_matches("[0]") }
}

fn type_at(kind: Kind, path: &str) -> Option<&'static TypeInfo> {
    let top = fields::type_of(kind);
    if path.is_empty() {
        return Some(top);
    }
    fields::field_at(top, path)?.shape.struct_name().and_then(fields::type_named)
}

/// The field whose name is closest, when it is close enough.
fn nearest(info: &'static TypeInfo, name: &str) -> Option<&'static str> {
    let lower = plain(name);
    let near =
        info.fields.iter().map(|field| (edit_distance(&lower, &field.name.to_lowercase()), field.name));
    let (far, field) = near.min()?;
    // Short names are all close to each other.
    let limit = if name.len() < 5 { 1 } else { DISTANCE_MAX };
    (far <= limit).then_some(field)
}

/// Levels at which learners put fields, each with the name of its type, outermost first.
fn levels(kind: Kind) -> Vec<String> {
    let pod = |path: &str| {
        let container =
            if path.is_empty() { "containers[0]".to_owned() } else { format!("{path}.containers[0]") };
        vec![path.to_owned(), container]
    };
    let join =
        |prefix: &str, rest: &[&str]| rest.iter().map(|rest| format!("{prefix}{rest}")).collect::<Vec<_>>();
    let mut levels = vec![String::new(), "metadata".to_owned(), "spec".to_owned()];
    match kind {
        Kind::Job => {
            levels.extend(join("spec", &[".template", ".template.metadata"]));
            levels.extend(pod("spec.template.spec"));
        }
        Kind::CronJob => {
            let job = "spec.jobTemplate";
            levels
                .extend(join(job, &["", ".metadata", ".spec", ".spec.template", ".spec.template.metadata"]));
            levels.extend(pod("spec.jobTemplate.spec.template.spec"));
        }
        Kind::Pod => levels.extend(pod("spec").into_iter().skip(1)),
        _ => {}
    }
    levels
}

/// The levels that have a field of this name.
fn homes(kind: Kind, name: &str) -> Vec<String> {
    let has = |level: &String| type_at(kind, level).is_some_and(|info| info.field(name).is_some());
    levels(kind).into_iter().filter(has).collect()
}

/// The home with the most steps in common.
fn closest_home(homes: &[String], around: &str) -> Option<String> {
    let steps = |home: &str| home.split('.').zip(around.split('.')).take_while(|(a, b)| a == b).count();
    homes.iter().max_by_key(|home| (steps(home), std::cmp::Reverse(home.len()))).cloned()
}
