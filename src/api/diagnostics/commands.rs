//! Commands of containers that do not do what they look like: there is no shell unless one is started.

use serde_json::Value;

use super::{Diagnostic, Severity, at, inline_list, value_place};
use crate::api::object::Kind;
use crate::manifest::Document;

const SHELLS: &[&str] = &["ash", "bash", "dash", "sh"];
/// What only a shell knows.
const BUILTINS: &[&str] = &["alias", "cd", "eval", "exit", "export", "set", "source", "trap", "ulimit"];
const OPERATORS: &[&str] = &["&&", "||", "|", ">", ">>", "<", ";", "&", "2>&1"];

/// Where the pod's spec stands in a document of the kind.
fn pod_path(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Job => Some("spec.template.spec"),
        Kind::CronJob => Some("spec.jobTemplate.spec.template.spec"),
        Kind::Pod => Some("spec"),
        _ => None,
    }
}

pub fn habits(kind: Kind, document: &Document, found: &mut Vec<Diagnostic>) {
    let Some(pod) = pod_path(kind) else { return };
    let list = |name: &str| at(&document.value, &format!("{pod}.{name}")).and_then(Value::as_array);
    for name in ["initContainers", "containers"] {
        for (index, container) in list(name).into_iter().flatten().enumerate() {
            let path = format!("{pod}.{name}[{index}]");
            container_habits(kind, document, container, &path, found);
        }
    }
    let containers = list("containers");
    let policy = at(&document.value, &format!("{pod}.restartPolicy"));
    for (index, container) in containers.into_iter().flatten().enumerate() {
        if container.get("restartPolicy").is_some() && policy.is_none() {
            let path = format!("{pod}.containers[{index}].restartPolicy");
            let explanation = "restartPolicy пода стоит рядом с containers, а не внутри контейнера.";
            found.push(hint(document, &path, explanation));
        }
    }
    if kind != Kind::Pod && containers.is_some_and(|containers| containers.len() > 1) {
        let explanation = "Под завершится, когда завершатся все его контейнеры. Спутник, который работает бесконечно, ставят в initContainers с restartPolicy: Always.";
        found.push(hint(document, &format!("{pod}.containers[1]"), explanation));
    }
}

fn hint(document: &Document, path: &str, explanation: impl Into<String>) -> Diagnostic {
    Diagnostic::new(value_place(&document.spans, path), Severity::Hint, "", explanation)
}

fn texts<'a>(container: &'a Value, field: &str) -> Vec<&'a str> {
    container.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn container_habits(
    kind: Kind,
    document: &Document,
    container: &Value,
    path: &str,
    found: &mut Vec<Diagnostic>,
) {
    let (command, args) = (texts(container, "command"), texts(container, "args"));
    let words: Vec<&str> = command.iter().chain(&args).copied().collect();
    let place = format!("{path}.command");
    let span = value_place(&document.spans, &place);
    if let Some((explanation, mended)) = command_habit(&command, &args) {
        let mut finding = hint(document, &place, explanation);
        if let Some(list) = mended {
            finding = finding.with_fix(format!("Написать {list}"), span, list);
        }
        found.push(finding);
    }
    let indexed = at(&document.value, "spec.completionMode")
        .or_else(|| at(&document.value, "spec.jobTemplate.spec.completionMode"));
    let wants_index = words.iter().any(|word| word.contains("JOB_COMPLETION_INDEX"));
    if kind != Kind::Pod && wants_index && indexed.and_then(Value::as_str) != Some("Indexed") {
        let explanation =
            "JOB_COMPLETION_INDEX есть только у задач с completionMode: Indexed; здесь переменная пуста.";
        let at =
            if command.iter().any(|word| word.contains("JOB_COMPLETION_INDEX")) { "command" } else { "args" };
        found.push(hint(document, &format!("{path}.{at}"), explanation));
    }
}

/// What is to be said of a command, and the command that was meant.
fn command_habit(command: &[&str], args: &[&str]) -> Option<(String, Option<String>)> {
    let (program, rest) = command.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if SHELLS.contains(&name) {
        return shell_habit(program, rest, args);
    }
    let through_shell = |words: &[&str]| Some(inline_list(&["sh", "-c", &words.join(" ")]));
    let words: Vec<&str> = command.iter().chain(args).copied().collect();
    let mended = if args.is_empty() { through_shell(command) } else { None };
    if rest.is_empty() && args.is_empty() && program.trim().contains(' ') {
        let explanation = "Список из одного слова с пробелами — это имя одной программы: такой программы в образе нет. Каждое слово пишут отдельным элементом или через [\"sh\", \"-c\", \"...\"].";
        return Some((explanation.to_owned(), mended));
    }
    if BUILTINS.contains(program) {
        let explanation = format!(
            "{program} — команда оболочки, а не программа: в образе её нет. Запустите оболочку: [\"sh\", \"-c\", \"...\"]."
        );
        return Some((explanation, mended));
    }
    if let Some(operator) = words.iter().find(|word| OPERATORS.contains(word)) {
        let explanation = format!(
            "Без оболочки «{operator}» — просто ещё один аргумент программы {program}. Нужно [\"sh\", \"-c\", \"...\"]."
        );
        return Some((explanation, mended));
    }
    let is_variable = |word: &&&str| {
        word.strip_prefix('$').is_some_and(|rest| {
            let name = rest.trim_start_matches('{').trim_end_matches('}');
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
        })
    };
    let variable = words.iter().find(is_variable)?;
    let name = variable.trim_matches(['$', '{', '}']);
    let explanation = format!(
        "Без оболочки {variable} не раскрывается: в списке пишут $({name}) — его подставит Kubernetes — или запускают [\"sh\", \"-c\", \"...\"]."
    );
    Some((explanation, None))
}

fn shell_habit(shell: &str, rest: &[&str], args: &[&str]) -> Option<(String, Option<String>)> {
    let words: Vec<&str> = rest.iter().chain(args).copied().collect();
    let options = words.iter().take_while(|word| word.starts_with(['-', '+'])).count();
    let script = words[options..].first();
    let has_c = words[..options].iter().any(|word| word.starts_with('-') && word.contains('c'));
    let in_command = args.is_empty();
    if has_c && script.is_none() {
        return Some(("После -c нужен текст программы, следующим элементом списка.".to_owned(), None));
    }
    let script = script?;
    if !has_c && script.contains([' ', ';']) {
        let explanation =
            format!("Без -c {shell} ищет файл с таким именем. Текст программы передают после -c.");
        let mended: Vec<&str> = [shell, "-c"].iter().chain(&words).copied().collect();
        return Some((explanation, (in_command && options == 0).then(|| inline_list(&mended))));
    }
    let extra = &words[options + 1..];
    if has_c && !extra.is_empty() && !script.contains('$') {
        let explanation = format!(
            "Текст программы — только один элемент после -c: {shell} выполнит «{script}», остальное — его параметры."
        );
        let whole = words[options..].join(" ");
        let mended: Vec<&str> =
            [shell].iter().chain(&words[..options]).copied().chain([whole.as_str()]).collect();
        return Some((explanation, in_command.then(|| inline_list(&mended))));
    }
    None
}
