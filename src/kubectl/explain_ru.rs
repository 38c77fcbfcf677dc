//! One Russian line under an error: what it means and what to do about it.

use super::commands::registry::verbs;
use super::layout;
use crate::base::typing_distance;

/// Names of resources that a mistyped one is compared with.
const RESOURCES: &[&str] = &[
    "configmaps",
    "cronjobs",
    "events",
    "jobs",
    "namespaces",
    "nodes",
    "pods",
    "secrets",
    "job",
    "pod",
    "cronjob",
];

/// Blocks of lines: texts that are all in the error, and behind `> ` the explanation. The first block that fits wins: the
/// particular before the general.
const EXPLANATIONS: &str = include_str!("explanations_ru.txt");

/// For refusals that no block knows.
const BAD_USE: &str =
    "kubectl не понял команду: что именно, сказано в сообщении, а образец покажет kubectl КОМАНДА --help.";
const REFUSED: &str =
    "API-сервер отказал: причина в конце сообщения, названное в нём поле или имя и стоит проверить.";

/// What the error output of a command means, if that is known.
pub fn explain(errors: &str) -> Option<String> {
    if let Some(command) = quoted_after(errors, "unknown command ") {
        let near = nearest(&command, &verbs().collect::<Vec<_>>());
        return Some(match near {
            Some(near) => format!("Такой команды нет. Возможно, вы хотели: kubectl {near}"),
            None => "Такой команды у kubectl нет. Список: kubectl --help.".to_owned(),
        });
    }
    if let Some(resource) = quoted_after(errors, "the server doesn't have a resource type ")
        && let Some(near) = nearest(&resource, RESOURCES)
    {
        return Some(format!("Такого вида объектов нет. Возможно, вы хотели: {near}"));
    }
    if let Some((before, _)) = errors.split_once(": command not found") {
        let name = before.rsplit([' ', ':', '\n']).next().unwrap_or(before);
        return Some(unknown_program(name));
    }
    let known = EXPLANATIONS.split("\n\n").filter_map(|block| block.split_once("\n> "));
    let fitting = known.into_iter().find(|(texts, _)| texts.lines().all(|text| errors.contains(text)));
    let general = || match errors {
        _ if errors.starts_with("error: ") => Some(BAD_USE),
        _ if errors.starts_with("Error from server") => Some(REFUSED),
        _ => None,
    };
    fitting.map(|(_, explanation)| explanation.trim_end()).or_else(general).map(str::to_owned)
}

/// For a program that the shell does not know.
fn unknown_program(name: &str) -> String {
    if let Some(meant) = layout::meant(name) {
        return format!("Похоже на русскую раскладку: {meant}");
    }
    if verbs().any(|verb| verb == name) {
        return format!("Это команда kubectl: наберите kubectl {name}");
    }
    match nearest(name, &["kubectl", "nano", "watch", "clear", "history", "grep", "sleep", "echo"]) {
        Some(near) => format!("Такой команды нет. Возможно, вы хотели: {near}"),
        None => "Такой команды нет. Что умеет этот терминал, покажет help.".to_owned(),
    }
}

fn quoted_after(text: &str, marker: &str) -> Option<String> {
    let rest = &text[text.find(marker)? + marker.len()..];
    rest.strip_prefix('"')?.split('"').next().map(str::to_owned)
}

/// The candidate that at most a third of its letters separates from the word.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let scored = candidates.iter().map(|candidate| (typing_distance(word, candidate), *candidate));
    let (distance, candidate) = scored.min()?;
    (distance > 0 && distance <= candidate.chars().count().div_ceil(3)).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_get_the_particular_explanation() {
        let check = |error: &str, part: &str| {
            let explanation = explain(error).unwrap_or_default();
            assert!(explanation.contains(part), "{error}: {explanation}");
        };
        check("error: unknown command \"gett\" for \"kubectl\"\n", "kubectl get");
        check("error: the server doesn't have a resource type \"jbos\"", "jobs");
        check(
            "error: \"kubectl rollout\" is not simulated here: there are no Deployments here",
            "учебном кластере",
        );
        check("error: taint \"team\" not found", "отметки на узле нет");
        check(
            "The Job \"a\" is invalid: spec.template.spec.restartPolicy: Required value: valid values",
            "OnFailure",
        );
        check("The Job \"a\" is invalid: spec.x: Invalid value: 1: no", "отклонил");
        check("Error from server (NotFound): jobs.batch \"x\" not found", "Такого объекта нет");
        check("bash: лгиусед: command not found", "kubectl");
        check("bash: get: command not found", "kubectl get");
        check("bash: kubetcl: command not found", "kubectl");
        check("error: error parsing jsonpath {.items[, unterminated array", "фигурных скобках");
        check("error: something new", "--help");
        check("Error from server (Teapot): short and stout", "API-сервер");
        assert_eq!(explain("all is well"), None);
    }

    #[test]
    fn every_block_has_texts_and_one_explanation() {
        for block in EXPLANATIONS.trim_end().split("\n\n") {
            let (texts, explanation) = block.split_once("\n> ").expect(block);
            assert!(texts.lines().all(|text| !text.trim().is_empty() && !text.starts_with("> ")), "{block}");
            assert!(!explanation.contains('\n') && explanation.ends_with('.'), "{block}");
        }
    }

    #[test]
    fn near_words_are_near() {
        let verbs: Vec<&str> = verbs().collect();
        assert_eq!(nearest("gte", &verbs), Some("get"));
        assert_eq!(nearest("aply", &verbs), Some("apply"));
        assert_eq!(nearest("frobnicate", &verbs), None);
    }
}
