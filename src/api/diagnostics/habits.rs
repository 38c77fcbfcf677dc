//! What is legal but rarely does what its author expects: deadlines, retries, counts, schedules.

use serde_json::Value;

use super::{Diagnostic, Fix, Severity, at, mend, value_place};
use crate::api::object::Kind;
use crate::manifest::Document;

/// Where the Job's spec stands in a document of the kind.
pub fn job_path(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Job => Some("spec"),
        Kind::CronJob => Some("spec.jobTemplate.spec"),
        _ => None,
    }
}

/// A habit that was seen: the field, relative to the Job's spec, what is to be said of it, and the remedy.
type Seen = (&'static str, String, Option<Remedy>);

enum Remedy {
    /// The value is replaced.
    Value(String),
    /// A field is added to the Job's spec.
    Add(&'static str),
}

/// A Job's spec as it is written.
struct Job<'a> {
    spec: &'a Value,
}

impl Job<'_> {
    fn number(&self, field: &str) -> Option<i64> {
        at(self.spec, field)?.as_i64()
    }

    fn text(&self, field: &str) -> &str {
        at(self.spec, field).and_then(Value::as_str).unwrap_or_default()
    }

    fn has(&self, field: &str) -> bool {
        at(self.spec, field).is_some_and(|value| !value.is_null())
    }
}

const POLICY: &str = "template.spec.restartPolicy";
const HABITS: &[fn(&Job) -> Option<Seen>] = &[
    never_is_not_once,
    lost_logs,
    overshooting_limit,
    work_queue,
    more_pods_than_work,
    nothing_to_do,
    immediate_clean_up,
    deadline_of_the_pod,
    deadline_without_work,
];

/// Legal texts that do not do what they look like.
pub fn habits(kind: Kind, text: &str, document: &Document, found: &mut Vec<Diagnostic>) {
    generated_name(document, found);
    if kind == Kind::CronJob {
        schedule(document, found);
    }
    let Some(path) = job_path(kind) else { return };
    let Some(spec) = at(&document.value, path) else { return };
    for habit in HABITS {
        let Some((field, explanation, remedy)) = habit(&Job { spec }) else { continue };
        let span = value_place(&document.spans, &format!("{path}.{field}"));
        let mut finding = Diagnostic::new(span, Severity::Hint, "", explanation);
        finding.fix = match remedy {
            Some(Remedy::Value(text)) => Some(Fix { title: format!("Написать {text}"), span, text }),
            Some(Remedy::Add(field)) => mend::add_field(text, &document.spans, path, field),
            None => None,
        };
        found.push(finding);
    }
}

fn generated_name(document: &Document, found: &mut Vec<Diagnostic>) {
    let meta = |field: &str| at(&document.value, field).and_then(Value::as_str);
    if meta("metadata.generateName").is_some() && meta("metadata.name").is_none() {
        let span = value_place(&document.spans, "metadata.generateName");
        let explanation = "С generateName объект только создают: kubectl create -f. Команда apply требует имени (cannot use generate name with apply).";
        found.push(Diagnostic::new(span, Severity::Hint, "", explanation));
    }
}

/// Who writes one completion, or one pod, next to Never expects a single run.
fn never_is_not_once(job: &Job) -> Option<Seen> {
    let limited = job.has("backoffLimit") || job.has("backoffLimitPerIndex") || job.has("podFailurePolicy");
    let wants_one = job.number("completions") == Some(1)
        || job.number("parallelism") == Some(1) && !job.has("completions");
    (job.text(POLICY) == "Never" && wants_one && !limited).then(|| {
        let explanation = "Never не значит «один запуск»: упавший контейнер не перезапустят, но задача создаст новый под — до шести раз (backoffLimit по умолчанию). Одна попытка — backoffLimit: 0.";
        (POLICY, explanation.to_owned(), Some(Remedy::Add("backoffLimit: 0")))
    })
}

fn lost_logs(job: &Job) -> Option<Seen> {
    if job.text(POLICY) != "OnFailure" {
        return None;
    }
    if job.has("backoffLimit") && job.number("backoffLimit")? <= 1 {
        let explanation = "С OnFailure предел считает перезапуски контейнера: 0 и 1 здесь значат одно и то же — на первом перезапуске задача закончится, а под исчезнет вместе с журналом. Чтобы поды оставались, нужен Never.";
        return Some(("backoffLimit", explanation.to_owned(), None));
    }
    (job.number("ttlSecondsAfterFinished")? > 0).then(|| {
        let explanation = "Этот срок не сбережёт журнал неудачи: с OnFailure под удаляют, как только задача провалилась. Чтобы упавшие поды оставались, нужен restartPolicy: Never.";
        ("ttlSecondsAfterFinished", explanation.to_owned(), None)
    })
}

fn overshooting_limit(job: &Job) -> Option<Seen> {
    let (limit, pods) = (job.number("backoffLimit")?, job.number("parallelism")?);
    let overshoots = job.text(POLICY) == "Never" && pods > 1 && pods > limit + 1;
    overshoots.then(|| {
        let explanation = format!(
            "Предел неточен, когда подов несколько: {pods} запущены вместе и могут упасть все, хотя для конца задачи хватит {}.",
            limit + 1
        );
        ("backoffLimit", explanation, None)
    })
}

fn work_queue(job: &Job) -> Option<Seen> {
    let pods = job.number("parallelism")?;
    (pods > 1 && !job.has("completions") && job.text("completionMode") != "Indexed").then(|| {
        let explanation = "Без completions это очередь работ: после первого успеха новых подов не будет, и задача закончится, когда остановятся остальные. Если успехов нужно несколько, укажите completions.";
        ("parallelism", explanation.to_owned(), None)
    })
}

fn more_pods_than_work(job: &Job) -> Option<Seen> {
    let (pods, wanted) = (job.number("parallelism")?, job.number("completions")?);
    (wanted > 0 && pods > wanted).then(|| {
        let explanation =
            format!("Подов будет не больше, чем осталось работы: вместе запустятся {wanted}, а не {pods}.");
        ("parallelism", explanation, Some(Remedy::Value(wanted.to_string())))
    })
}

fn nothing_to_do(job: &Job) -> Option<Seen> {
    if job.number("parallelism") == Some(0) {
        let explanation = "С parallelism: 0 подов не будет: задача ждёт, пока число не увеличат.";
        return Some(("parallelism", explanation.to_owned(), None));
    }
    (job.number("completions") == Some(0)).then(|| {
        let explanation = "С completions: 0 задача закончится сразу, не создав ни одного пода.";
        ("completions", explanation.to_owned(), None)
    })
}

fn immediate_clean_up(job: &Job) -> Option<Seen> {
    (job.number("ttlSecondsAfterFinished") == Some(0)).then(|| {
        let explanation = "0 — это «сразу»: задача исчезнет вместе с подами, едва закончится, и журнал прочитать не успеть.";
        ("ttlSecondsAfterFinished", explanation.to_owned(), None)
    })
}

fn deadline_of_the_pod(job: &Job) -> Option<Seen> {
    const FIELD: &str = "template.spec.activeDeadlineSeconds";
    (job.has(FIELD) && !job.has("activeDeadlineSeconds")).then(|| {
        let explanation = "Этот activeDeadlineSeconds ограничивает каждый под отдельно; срок всей задачи пишут в spec задачи, рядом с backoffLimit.";
        (FIELD, explanation.to_owned(), None)
    })
}

fn deadline_without_work(job: &Job) -> Option<Seen> {
    (job.number("activeDeadlineSeconds") == Some(0)).then(|| {
        let explanation = "Со сроком 0 задача провалится сразу, с причиной DeadlineExceeded.";
        ("activeDeadlineSeconds", explanation.to_owned(), None)
    })
}

fn schedule(document: &Document, found: &mut Vec<Diagnostic>) {
    let schedule = at(&document.value, "spec.schedule").and_then(Value::as_str).unwrap_or_default();
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, _, weekday] = fields[..] else { return };
    let span = value_place(&document.spans, "spec.schedule");
    let is_any = |field: &str| field.starts_with(['*', '?']);
    if minute == "*" && !is_any(hour) {
        let explanation = "Звёздочка в минутах — это каждая минута названного часа, шестьдесят запусков. Один раз в час — 0.";
        let fixed = format!("\"0 {}\"", fields[1..].join(" "));
        let finding = Diagnostic::new(span, Severity::Hint, "", explanation);
        found.push(finding.with_fix(format!("Написать {fixed}"), span, fixed));
    }
    if !is_any(day) && !is_any(weekday) {
        let explanation =
            "Когда заданы и число месяца, и день недели, хватает любого из двух: это «или», а не «и».";
        found.push(Diagnostic::new(span, Severity::Hint, "", explanation));
    }
}
