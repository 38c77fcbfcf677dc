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

/// All of these texts in the error, then the explanation. The first that fits wins: the particular before the general.
const EXPLANATIONS: &[(&[&str], &str)] = &[
    (
        &["restartPolicy: Required value"],
        "У задачи нужно выбрать restartPolicy: OnFailure (перезапускать контейнер в том же поде) или Never (создавать новый под). Поле стоит в spec.template.spec.",
    ),
    (
        &["restartPolicy: Unsupported value"],
        "Job принимает только restartPolicy: OnFailure или Never, с большой буквы. Always — для подов, которые работают бесконечно.",
    ),
    (
        &["only \"Never\" is supported when podFailurePolicy"],
        "Правила podFailurePolicy работают только с restartPolicy: Never: иначе контейнер перезапускается внутри пода и код выхода теряется.",
    ),
    (
        &["You must provide one or more resources by argument or filename"],
        "Нужно сказать, с чем это сделать: вид и имя (job pi), файл (-f job.yaml) или метки (-l КЛЮЧ=ЗНАЧЕНИЕ).",
    ),
    (
        &["is a required argument for the logs command"],
        "Чей журнал? Назовите под или задачу: kubectl logs job/ИМЯ.",
    ),
    (
        &["is not part of this simulated"],
        "В настоящей системе это есть, а здесь нет: попробуйте обойтись тем, что покажет help.",
    ),
    (
        &["field is immutable"],
        "Это поле нельзя изменить у созданной задачи. Удалите её (kubectl delete job ИМЯ) и создайте заново или дайте новое имя.",
    ),
    (
        &["can only be modified in tandem with spec.parallelism"],
        "У Indexed-задачи completions меняют только вместе с parallelism, и значения должны совпасть.",
    ),
    (
        &["must be greater than or equal to 0"],
        "Число здесь не бывает отрицательным: исправьте значение поля, названного в сообщении.",
    ),
    (&["must be greater than 0"], "Здесь нужно число больше нуля."),
    (
        &["spec.completions: Required value: when completion mode is Indexed"],
        "Режим Indexed нумерует поды от 0 до completions-1, поэтому completions обязательно.",
    ),
    (&["requires indexed completion mode"], "Это поле работает только при completionMode: Indexed."),
    (
        &["does not match template `labels`"],
        "Селектор должен совпадать с метками шаблона пода; обычно его не пишут вовсе — Kubernetes создаст его сам.",
    ),
    (
        &["not auto-generated"],
        "Селектор задаче не пишут: Kubernetes создаёт его сам. Уберите spec.selector или поставьте manualSelector: true.",
    ),
    (
        &["unknown field"],
        "Такого поля здесь нет: проверьте написание и отступ — часто верное поле стоит не на своём уровне. kubectl explain покажет, где оно живёт.",
    ),
    (
        &["cannot unmarshal string into Go struct field", "of type []string"],
        "Здесь нужен список: каждый элемент с новой строки после дефиса или в скобках, [\"sh\", \"-c\", \"...\"].",
    ),
    (&["cannot unmarshal string", "int"], "Здесь нужно целое число без кавычек и единиц измерения."),
    (&["cannot unmarshal number", "of type string"], "Здесь нужна строка: возьмите значение в кавычки."),
    (
        &["cannot unmarshal bool", "of type string"],
        "YAML прочёл значение как «да/нет»: возьмите его в кавычки.",
    ),
    (
        &["cannot unmarshal"],
        "Тип значения не тот, которого ждёт поле: посмотрите, что должно стоять на этом месте, через kubectl explain.",
    ),
    (
        &["found character that cannot start any token"],
        "В YAML отступы делают пробелами: замените табуляцию в этой строке.",
    ),
    (
        &["error converting YAML to JSON"],
        "Это не YAML: проверьте названную строку и строку перед ней — отступ, двоеточие с пробелом, кавычки.",
    ),
    (&["error parsing"], "Файл не читается как манифест: проверьте строку, названную в сообщении."),
    (
        &["apiVersion not set"],
        "В начале манифеста нужны обе строки: apiVersion (для Job это batch/v1) и kind.",
    ),
    (
        &["Object 'Kind' is missing"],
        "В манифесте нет строки kind: напишите, что создаёте, например kind: Job.",
    ),
    (
        &["no matches for kind"],
        "Кластер не знает такой пары kind и apiVersion. Для задач это kind: Job и apiVersion: batch/v1; регистр важен.",
    ),
    (&["namespaces", "not found"], "Такого пространства имён нет. Посмотрите имеющиеся: kubectl get ns."),
    (&["the path", "does not exist"], "Такого файла здесь нет. ls покажет имеющиеся файлы."),
    (&["no objects passed to"], "Файл пуст: в нём нет ни одного манифеста."),
    (
        &["already exists"],
        "Объект с таким именем уже есть. Изменить его — kubectl apply, начать заново — kubectl delete.",
    ),
    (
        &["waiting to start: ContainerCreating"],
        "Контейнер ещё создаётся: подождите, пока под станет Running, и повторите.",
    ),
    (&["waiting to start"], "Контейнер не может начать работу: причину покажет kubectl describe pod."),
    (
        &["previous terminated container", "not found"],
        "Этот контейнер ещё ни разу не перезапускался, прошлого журнала нет.",
    ),
    (
        &["timed out waiting for the condition"],
        "Условие не наступило за отведённое время. Упавшая задача никогда не станет complete: проверьте kubectl get jobs.",
    ),
    (
        &["not simulated here"],
        "В этом учебном кластере такого нет: после двоеточия сказано, почему или чем это заменить.",
    ),
    (
        &["taint(s) with same effect(s) and --overwrite is false"],
        "Такая отметка на узле уже есть. Замените её ключом --overwrite или сначала снимите: kubectl taint nodes УЗЕЛ КЛЮЧ-",
    ),
    (&["taint \"", "not found"], "Такой отметки на узле нет. Все отметки покажет kubectl describe node."),
    (&["a container name must be specified"], "В поде несколько контейнеров: выберите один ключом -c ИМЯ."),
    (
        &["the server doesn't have a resource type"],
        "Такого вида объектов нет. Все виды покажет kubectl api-resources.",
    ),
    (&["You must specify the type of resource"], "Назовите вид объекта, например: kubectl get pods."),
    (&["must specify one of -f"], "Назовите файл манифеста: kubectl apply -f job.yaml."),
    (
        &["resource(s) were provided, but no name was specified"],
        "Назовите объект по имени или все сразу ключом --all.",
    ),
    (&["unknown flag"], "Такого ключа у этой команды нет: kubectl КОМАНДА --help покажет имеющиеся."),
    (
        &["unknown shorthand flag"],
        "Такого короткого ключа у этой команды нет: kubectl КОМАНДА --help покажет имеющиеся.",
    ),
    (&["flag needs an argument"], "После этого ключа нужно значение."),
    (
        &["unable to parse requirement"],
        "Селектор меток не читается: пишите ключ=значение, через запятую, или ключ in (а, б).",
    ),
    (&["either --image or --from must be specified"], "Укажите образ: kubectl create job ИМЯ --image=ОБРАЗ."),
    (
        &["the object has been modified"],
        "Пока вы правили объект, он изменился. Прочтите его снова и повторите.",
    ),
    (
        &["is invalid"],
        "API-сервер отклонил манифест: в сообщении названо поле, а после него — правило, которое нарушено.",
    ),
    (
        &["NotFound"],
        "Такого объекта нет. kubectl get покажет, что есть; проверьте имя и пространство имён (-n).",
    ),
    (&["Error from server (Forbidden)"], "API-сервер этого не разрешает; причина в конце сообщения."),
];

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
    let known = EXPLANATIONS.iter().find(|(texts, _)| texts.iter().all(|text| errors.contains(text)));
    known.map(|(_, explanation)| (*explanation).to_owned())
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
        assert_eq!(explain("all is well"), None);
    }

    #[test]
    fn near_words_are_near() {
        let verbs: Vec<&str> = verbs().collect();
        assert_eq!(nearest("gte", &verbs), Some("get"));
        assert_eq!(nearest("aply", &verbs), Some("apply"));
        assert_eq!(nearest("frobnicate", &verbs), None);
    }
}
