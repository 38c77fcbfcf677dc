//! The table of commands.

use super::*;
use crate::kubectl::flags::{FlagSpec, Takes, flag};
use crate::kubectl::manifests;

pub struct Command {
    /// As typed, with the word of the parent.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub flags: &'static [&'static [FlagSpec]],
    /// One Russian line for `--help`.
    pub about: &'static str,
    /// How the words stand.
    pub usage: &'static str,
    pub run: fn(&mut Context, &Args) -> Outcome,
}

static FILES: &[FlagSpec] = &[
    flag("filename", 'f', Takes::List, ""),
    flag("kustomize", 'k', Takes::Text, ""),
    flag("recursive", 'R', Takes::Bool, "false"),
];
static OUTPUT: &[FlagSpec] = &[
    flag("output", 'o', Takes::Text, ""),
    flag("template", ' ', Takes::Text, ""),
    flag("allow-missing-template-keys", ' ', Takes::Bool, "true"),
    flag("show-managed-fields", ' ', Takes::Bool, "false"),
];
static LABELS: &[FlagSpec] = &[flag("selector", 'l', Takes::Text, "")];
static FIELDS: &[FlagSpec] = &[flag("field-selector", ' ', Takes::Text, "")];
static EVERYWHERE: &[FlagSpec] = &[flag("all-namespaces", 'A', Takes::Bool, "false")];
static CHUNKS: &[FlagSpec] = &[flag("chunk-size", ' ', Takes::Number, "500")];
static ALL: &[FlagSpec] = &[flag("all", ' ', Takes::Bool, "false")];
static LOCAL: &[FlagSpec] = &[flag("local", ' ', Takes::Bool, "false")];
static DRY_RUN: &[FlagSpec] = &[flag("dry-run", ' ', Takes::OptionalText("unchanged"), "none")];
static MANAGER: &[FlagSpec] = &[flag("field-manager", ' ', Takes::Text, "")];
static VALIDATE: &[FlagSpec] = &[
    flag("validate", ' ', Takes::OptionalText("strict"), "strict"),
    flag("save-config", ' ', Takes::Bool, "false"),
];
static RECORD: &[FlagSpec] = &[flag("record", ' ', Takes::Bool, "false")];
static LAST_APPLIED: &[FlagSpec] = &[
    flag("create-annotation", ' ', Takes::Bool, "false"),
    flag("windows-line-endings", ' ', Takes::Bool, "false"),
];
static GET: &[FlagSpec] = &[
    flag("watch", 'w', Takes::Bool, "false"),
    flag("watch-only", ' ', Takes::Bool, "false"),
    flag("output-watch-events", ' ', Takes::Bool, "false"),
    flag("no-headers", ' ', Takes::Bool, "false"),
    flag("show-labels", ' ', Takes::Bool, "false"),
    flag("label-columns", 'L', Takes::List, ""),
    flag("show-kind", ' ', Takes::Bool, "false"),
    flag("sort-by", ' ', Takes::Text, ""),
    flag("ignore-not-found", ' ', Takes::Bool, "false"),
    flag("raw", ' ', Takes::Text, ""),
    flag("server-print", ' ', Takes::Bool, "true"),
    flag("subresource", ' ', Takes::Text, ""),
];
static REPLACE: &[FlagSpec] = &[
    flag("force", ' ', Takes::Bool, "false"),
    flag("grace-period", ' ', Takes::Number, "-1"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("wait", ' ', Takes::Bool, "false"),
    flag("cascade", ' ', Takes::OptionalText("background"), "background"),
    flag("raw", ' ', Takes::Text, ""),
    flag("subresource", ' ', Takes::Text, ""),
];
static APPLY: &[FlagSpec] = &[
    flag("force", ' ', Takes::Bool, "false"),
    flag("grace-period", ' ', Takes::Number, "-1"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("wait", ' ', Takes::Bool, "false"),
    flag("cascade", ' ', Takes::OptionalText("background"), "background"),
    flag("overwrite", ' ', Takes::Bool, "true"),
    flag("prune", ' ', Takes::Bool, "false"),
    flag("prune-allowlist", ' ', Takes::Texts, ""),
    flag("server-side", ' ', Takes::Bool, "false"),
    flag("force-conflicts", ' ', Takes::Bool, "false"),
    flag("openapi-patch", ' ', Takes::Bool, "true"),
    flag("subresource", ' ', Takes::Text, ""),
    flag("all", ' ', Takes::Bool, "false"),
    flag("selector", 'l', Takes::Text, ""),
];
static CREATE: &[FlagSpec] = &[
    flag("edit", ' ', Takes::Bool, "false"),
    flag("windows-line-endings", ' ', Takes::Bool, "false"),
    flag("selector", 'l', Takes::Text, ""),
    flag("raw", ' ', Takes::Text, ""),
];
static CREATE_JOB: &[FlagSpec] = &[flag("image", ' ', Takes::Text, ""), flag("from", ' ', Takes::Text, "")];
static CREATE_CRON_JOB: &[FlagSpec] = &[
    flag("image", ' ', Takes::Text, ""),
    flag("schedule", ' ', Takes::Text, ""),
    flag("restart", ' ', Takes::Text, ""),
];
static CREATE_DATA: &[FlagSpec] = &[
    flag("from-literal", ' ', Takes::Texts, ""),
    flag("from-file", ' ', Takes::List, ""),
    flag("from-env-file", ' ', Takes::List, ""),
];
static SECRET_TYPE: &[FlagSpec] = &[flag("type", ' ', Takes::Text, "")];
static HASH: &[FlagSpec] = &[flag("append-hash", ' ', Takes::Bool, "false")];
static CREATE_TLS: &[FlagSpec] = &[flag("cert", ' ', Takes::Text, ""), flag("key", ' ', Takes::Text, "")];
static CREATE_REGISTRY: &[FlagSpec] = &[
    flag("docker-username", ' ', Takes::Text, ""),
    flag("docker-password", ' ', Takes::Text, ""),
    flag("docker-email", ' ', Takes::Text, ""),
    flag("docker-server", ' ', Takes::Text, "https://index.docker.io/v1/"),
    flag("from-file", ' ', Takes::List, ""),
];
static DELETE: &[FlagSpec] = &[
    flag("all", ' ', Takes::Bool, "false"),
    flag("cascade", ' ', Takes::OptionalText("background"), "background"),
    flag("force", ' ', Takes::Bool, "false"),
    flag("grace-period", ' ', Takes::Number, "-1"),
    flag("now", ' ', Takes::Bool, "false"),
    flag("ignore-not-found", ' ', Takes::Bool, "false"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("wait", ' ', Takes::Bool, "true"),
    flag("output", 'o', Takes::Text, ""),
    flag("interactive", 'i', Takes::Bool, "false"),
    flag("raw", ' ', Takes::Text, ""),
];
static DESCRIBE: &[FlagSpec] = &[flag("show-events", ' ', Takes::Bool, "true")];
static LOGS: &[FlagSpec] = &[
    flag("follow", 'f', Takes::Bool, "false"),
    flag("previous", 'p', Takes::Bool, "false"),
    flag("container", 'c', Takes::Text, ""),
    flag("all-containers", ' ', Takes::Bool, "false"),
    flag("all-pods", ' ', Takes::Bool, "false"),
    flag("prefix", ' ', Takes::Bool, "false"),
    flag("timestamps", ' ', Takes::Bool, "false"),
    flag("tail", ' ', Takes::Number, "-1"),
    flag("since", ' ', Takes::Duration, "0s"),
    flag("since-time", ' ', Takes::Text, ""),
    flag("limit-bytes", ' ', Takes::Number, "0"),
    flag("selector", 'l', Takes::Text, ""),
    flag("ignore-errors", ' ', Takes::Bool, "false"),
    flag("max-log-requests", ' ', Takes::Number, "5"),
    flag("pod-running-timeout", ' ', Takes::Duration, "20s"),
    flag("insecure-skip-tls-verify-backend", ' ', Takes::Bool, "false"),
];
static WAIT: &[FlagSpec] =
    &[flag("for", ' ', Takes::Texts, ""), flag("timeout", ' ', Takes::Duration, "30s")];
static LABEL: &[FlagSpec] = &[
    flag("overwrite", ' ', Takes::Bool, "false"),
    flag("list", ' ', Takes::Bool, "false"),
    flag("resource-version", ' ', Takes::Text, ""),
];
static PATCH: &[FlagSpec] = &[
    flag("patch", 'p', Takes::Text, ""),
    flag("patch-file", ' ', Takes::Text, ""),
    flag("type", ' ', Takes::Text, "strategic"),
    flag("subresource", ' ', Takes::Text, ""),
    flag("local", ' ', Takes::Bool, "false"),
];
static SCALE: &[FlagSpec] = &[
    flag("replicas", ' ', Takes::Number, "0"),
    flag("current-replicas", ' ', Takes::Number, "-1"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("resource-version", ' ', Takes::Text, ""),
];
static CONTAINERS: &[FlagSpec] = &[flag("containers", 'c', Takes::Text, "*")];
static SET_ENV: &[FlagSpec] = &[
    flag("env", 'e', Takes::Texts, ""),
    flag("from", ' ', Takes::Text, ""),
    flag("keys", ' ', Takes::List, ""),
    flag("list", ' ', Takes::Bool, "false"),
    flag("overwrite", ' ', Takes::Bool, "true"),
    flag("prefix", ' ', Takes::Text, ""),
    flag("resolve", ' ', Takes::Bool, "false"),
];
static SET_RESOURCES: &[FlagSpec] =
    &[flag("limits", ' ', Takes::Text, ""), flag("requests", ' ', Takes::Text, "")];
static REVISION: &[FlagSpec] = &[flag("revision", ' ', Takes::Number, "0")];
static TO_REVISION: &[FlagSpec] = &[flag("to-revision", ' ', Takes::Number, "0")];
static ROLLOUT_STATUS: &[FlagSpec] =
    &[flag("watch", 'w', Takes::Bool, "true"), flag("timeout", ' ', Takes::Duration, "0s")];
static DRAIN: &[FlagSpec] = &[
    flag("force", ' ', Takes::Bool, "false"),
    flag("ignore-daemonsets", ' ', Takes::Bool, "false"),
    flag("delete-emptydir-data", ' ', Takes::Bool, "false"),
    flag("grace-period", ' ', Takes::Number, "-1"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("disable-eviction", ' ', Takes::Bool, "false"),
    flag("pod-selector", ' ', Takes::Text, ""),
    flag("skip-wait-for-delete-timeout", ' ', Takes::Number, "0"),
];
static EVENTS: &[FlagSpec] = &[
    flag("for", ' ', Takes::Text, ""),
    flag("types", ' ', Takes::List, ""),
    flag("watch", 'w', Takes::Bool, "false"),
    flag("no-headers", ' ', Takes::Bool, "false"),
];
static DISCOVERY: &[FlagSpec] = &[
    flag("api-group", ' ', Takes::Text, ""),
    flag("namespaced", ' ', Takes::Bool, "true"),
    flag("verbs", ' ', Takes::List, ""),
    flag("categories", ' ', Takes::List, ""),
    flag("sort-by", ' ', Takes::Text, ""),
    flag("no-headers", ' ', Takes::Bool, "false"),
    flag("cached", ' ', Takes::Bool, "false"),
    flag("output", 'o', Takes::Text, ""),
    flag("show-kind", ' ', Takes::Bool, "false"),
];
static VERSION: &[FlagSpec] =
    &[flag("client", ' ', Takes::Bool, "false"), flag("output", 'o', Takes::Text, "")];
static CAN_I: &[FlagSpec] = &[
    flag("quiet", 'q', Takes::Bool, "false"),
    flag("list", ' ', Takes::Bool, "false"),
    flag("all-namespaces", 'A', Takes::Bool, "false"),
    flag("subresource", ' ', Takes::Text, ""),
    flag("no-headers", ' ', Takes::Bool, "false"),
];
static CONFIG: &[FlagSpec] = &[
    flag("current", ' ', Takes::Bool, "false"),
    flag("minify", ' ', Takes::Bool, "false"),
    flag("raw", ' ', Takes::Bool, "false"),
    flag("flatten", ' ', Takes::Bool, "false"),
    flag("no-headers", ' ', Takes::Bool, "false"),
    flag("output", 'o', Takes::Text, ""),
];
static EXPLAIN: &[FlagSpec] = &[
    flag("recursive", ' ', Takes::Bool, "false"),
    flag("api-version", ' ', Takes::Text, ""),
    flag("output", 'o', Takes::Text, "plaintext"),
];
static RUN: &[FlagSpec] = &[
    flag("save-config", ' ', Takes::Bool, "false"),
    flag("image", ' ', Takes::Text, ""),
    flag("command", ' ', Takes::Bool, "false"),
    flag("restart", ' ', Takes::Text, "Always"),
    flag("env", ' ', Takes::Texts, ""),
    flag("labels", 'l', Takes::Text, ""),
    flag("annotations", ' ', Takes::Texts, ""),
    flag("port", ' ', Takes::Text, ""),
    flag("image-pull-policy", ' ', Takes::Text, ""),
    flag("rm", ' ', Takes::Bool, "false"),
    flag("attach", ' ', Takes::Bool, "false"),
    flag("stdin", 'i', Takes::Bool, "false"),
    flag("tty", 't', Takes::Bool, "false"),
    flag("quiet", 'q', Takes::Bool, "false"),
    flag("expose", ' ', Takes::Bool, "false"),
    flag("override-type", ' ', Takes::Text, "merge"),
    flag("overrides", ' ', Takes::Text, ""),
    flag("privileged", ' ', Takes::Bool, "false"),
    flag("leave-stdin-open", ' ', Takes::Bool, "false"),
    flag("pod-running-timeout", ' ', Takes::Duration, "1m0s"),
    flag("force", ' ', Takes::Bool, "false"),
    flag("grace-period", ' ', Takes::Number, "-1"),
    flag("timeout", ' ', Takes::Duration, "0s"),
    flag("wait", ' ', Takes::Bool, "false"),
    flag("cascade", ' ', Takes::OptionalText("background"), "background"),
];
static TAINT: &[FlagSpec] = &[
    flag("all", ' ', Takes::Bool, "false"),
    flag("overwrite", ' ', Takes::Bool, "false"),
    flag("selector", 'l', Takes::Text, ""),
];
static EXEC: &[FlagSpec] = &[
    flag("container", 'c', Takes::Text, ""),
    flag("stdin", 'i', Takes::Bool, "false"),
    flag("tty", 't', Takes::Bool, "false"),
    flag("quiet", 'q', Takes::Bool, "false"),
    flag("filename", 'f', Takes::List, ""),
    flag("pod-running-timeout", ' ', Takes::Duration, "1m0s"),
];
static TOP: &[FlagSpec] = &[
    flag("containers", ' ', Takes::Bool, "false"),
    flag("sort-by", ' ', Takes::Text, ""),
    flag("sum", ' ', Takes::Bool, "false"),
    flag("no-headers", ' ', Takes::Bool, "false"),
    flag("use-protocol-buffers", ' ', Takes::Bool, "true"),
    flag("show-capacity", ' ', Takes::Bool, "false"),
    flag("show-swap", ' ', Takes::Bool, "false"),
];
static DIFF: &[FlagSpec] = &[
    flag("prune", ' ', Takes::Bool, "false"),
    flag("prune-allowlist", ' ', Takes::Texts, ""),
    flag("server-side", ' ', Takes::Bool, "false"),
    flag("force-conflicts", ' ', Takes::Bool, "false"),
    flag("concurrency", ' ', Takes::Number, "1"),
    flag("show-managed-fields", ' ', Takes::Bool, "false"),
    flag("selector", 'l', Takes::Text, ""),
];
static EDIT: &[FlagSpec] = &[
    flag("output-patch", ' ', Takes::Bool, "false"),
    flag("windows-line-endings", ' ', Takes::Bool, "false"),
    flag("subresource", ' ', Takes::Text, ""),
];

/// The first words of all commands.
pub fn verbs() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name).filter(|name| !name.contains(' '))
}

const fn command(
    name: &'static str,
    aliases: &'static [&'static str],
    usage: &'static str,
    about: &'static str,
    flags: &'static [&'static [FlagSpec]],
    run: fn(&mut Context, &Args) -> Outcome,
) -> Command {
    Command { name, aliases, flags, about, usage, run }
}

#[rustfmt::skip]
pub static COMMANDS: &[Command] = &[
    command("create job", &[], "NAME --image=IMAGE [--from=cronjob/NAME] -- [COMMAND] [ARGS...]", "Создаёт Job из образа или из CronJob.", &[CREATE_JOB, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create::job),
    command("create cronjob", &["create cj"], "NAME --image=IMAGE --schedule='0/5 * * * ?' -- [COMMAND] [ARGS...]", "Создаёт CronJob.", &[CREATE_CRON_JOB, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create::cronjob),
    command("create configmap", &["create cm"], "NAME [--from-file=[KEY=]SOURCE] [--from-literal=KEY=VALUE]", "Создаёт ConfigMap.", &[CREATE_DATA, HASH, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create_parts::configmap),
    command("create secret generic", &[], "NAME [--from-file=[KEY=]SOURCE] [--from-literal=KEY=VALUE]", "Создаёт Secret.", &[CREATE_DATA, SECRET_TYPE, HASH, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create_parts::secret),
    command("create secret tls", &[], "NAME --cert=PATH --key=PATH", "Создаёт Secret с сертификатом и ключом.", &[CREATE_TLS, HASH, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create_parts::secret_tls),
    command("create secret docker-registry", &[], "NAME --docker-username=USER --docker-password=PASSWORD [--docker-server=SERVER]", "Создаёт Secret с паролем от хранилища образов.", &[CREATE_REGISTRY, HASH, OUTPUT, DRY_RUN, VALIDATE, MANAGER], create_parts::secret_registry),
    command("create secret", &[], "(generic | tls | docker-registry) NAME", "Создаёт Secret.", &[], create_parts::secret_holder),
    command("create namespace", &["create ns"], "NAME", "Создаёт пространство имён.", &[OUTPUT, DRY_RUN, VALIDATE, MANAGER], create_parts::namespace),
    command("create", &[], "-f FILENAME", "Создаёт объекты из файлов или из стандартного ввода.", &[FILES, CREATE, OUTPUT, DRY_RUN, VALIDATE, MANAGER, RECORD], create::run),
    command("get", &[], "[(-o|--output=)json|yaml|name|wide|jsonpath=...|custom-columns=...] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME ...)", "Показывает объекты.", &[GET, LABELS, FIELDS, EVERYWHERE, CHUNKS, FILES, OUTPUT], get::run),
    command("describe", &[], "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)", "Подробно описывает объекты и их события.", &[DESCRIBE, LABELS, EVERYWHERE, CHUNKS, FILES], describe::run),
    command("apply", &[], "-f FILENAME", "Приводит объекты к тому, что записано в файлах.", &[APPLY, FILES, OUTPUT, DRY_RUN, VALIDATE, MANAGER, RECORD], apply::run),
    command("apply view-last-applied", &[], "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)", "Показывает, что было применено в последний раз.", &[FILES, LABELS, ALL, OUTPUT], last_applied::view),
    command("apply set-last-applied", &[], "-f FILENAME", "Записывает файл как применённый, ничего больше не меняя.", &[LAST_APPLIED, FILES, OUTPUT, DRY_RUN], last_applied::set),
    command("apply edit-last-applied", &[], "(RESOURCE/NAME | -f FILENAME)", "Правит запись о том, что было применено.", &[LAST_APPLIED, FILES, OUTPUT, RECORD], edit::run),
    command("delete", &[], "([-f FILENAME] | TYPE [(NAME | -l label | --all)])", "Удаляет объекты и ждёт, пока они исчезнут.", &[DELETE, FILES, LABELS, FIELDS, EVERYWHERE, DRY_RUN], delete::run),
    command("logs", &[], "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]", "Печатает журнал контейнера.", &[LOGS], logs::run),
    command("wait", &[], "([-f FILENAME] | TYPE/NAME | TYPE (NAME | -l label)) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]", "Ждёт условия, удаления или значения.", &[WAIT, FILES, LABELS, FIELDS, EVERYWHERE, ALL, LOCAL, OUTPUT], wait::run),
    command("label", &[], "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N", "Меняет метки.", &[LABEL, FILES, LABELS, FIELDS, EVERYWHERE, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER, RECORD], change::label),
    command("annotate", &[], "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N", "Меняет аннотации.", &[LABEL, FILES, LABELS, FIELDS, EVERYWHERE, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER, RECORD], change::annotate),
    command("patch", &[], "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]", "Меняет поля объекта: strategic, merge или json.", &[PATCH, FILES, OUTPUT, DRY_RUN, MANAGER, RECORD], patch::run),
    command("replace", &[], "-f FILENAME", "Заменяет объект целиком; с --force удаляет и создаёт заново.", &[REPLACE, FILES, OUTPUT, DRY_RUN, VALIDATE, MANAGER], replace::run),
    command("edit", &[], "(RESOURCE/NAME | -f FILENAME)", "Открывает объект в редакторе и применяет сохранённое.", &[EDIT, FILES, OUTPUT, VALIDATE, MANAGER, RECORD], edit::run),
    command("scale", &[], "--replicas=COUNT (-f FILENAME | TYPE NAME)", "Меняет число реплик; у Job его нет.", &[SCALE, FILES, LABELS, ALL, OUTPUT, DRY_RUN, RECORD], change::scale),
    command("set image", &[], "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...", "Меняет образ контейнера.", &[FILES, LABELS, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER, RECORD], set::image),
    command("set env", &[], "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N", "Меняет переменные окружения контейнеров.", &[SET_ENV, CONTAINERS, FILES, LABELS, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER], set::env::run),
    command("set resources", &[], "(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]", "Меняет requests и limits контейнеров.", &[SET_RESOURCES, CONTAINERS, FILES, LABELS, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER, RECORD], set::resources),
    command("set serviceaccount", &["set sa"], "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT", "Меняет service account подов.", &[FILES, ALL, LOCAL, OUTPUT, DRY_RUN, MANAGER, RECORD], set::service_account),
    command("rollout status", &[], "(TYPE NAME | TYPE/NAME)", "Следит за обновлением; у Job его нет.", &[ROLLOUT_STATUS, REVISION, FILES, LABELS], rollout::status),
    command("rollout restart", &[], "(TYPE NAME | TYPE/NAME)", "Перезапускает поды; для Job не бывает.", &[FILES, LABELS, OUTPUT, MANAGER], rollout::restart),
    command("rollout undo", &[], "(TYPE NAME | TYPE/NAME)", "Возвращает прежнюю версию; для Job не бывает.", &[TO_REVISION, FILES, LABELS, OUTPUT, DRY_RUN], rollout::undo),
    command("rollout history", &[], "(TYPE NAME | TYPE/NAME)", "Показывает прежние версии; у Job их нет.", &[REVISION, FILES, LABELS, OUTPUT], rollout::history),
    command("rollout pause", &[], "(TYPE NAME | TYPE/NAME)", "Приостанавливает обновление; для Job не бывает.", &[FILES, LABELS, OUTPUT, MANAGER], rollout::pause),
    command("rollout resume", &[], "(TYPE NAME | TYPE/NAME)", "Продолжает обновление; для Job не бывает.", &[FILES, LABELS, OUTPUT, MANAGER], rollout::resume),
    command("rollout", &[], "SUBCOMMAND", "Обновления; у Job их нет.", &[], rollout::holder),
    command("set", &[], "SUBCOMMAND", "Меняет отдельные поля объектов.", &[], set::holder),
    command("explain", &[], "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]", "Рассказывает о полях объекта.", &[EXPLAIN], explain::run),
    command("events", &[], "[--for TYPE/NAME] [--types=TYPE1,TYPE2] [--watch]", "Показывает события по времени.", &[EVENTS, EVERYWHERE, CHUNKS, OUTPUT], events::run),
    command("diff", &[], "-f FILENAME", "Показывает, что изменил бы apply.", &[DIFF, FILES, MANAGER], replace::diff),
    command("kustomize", &[], "DIR", "Собирает манифесты из kustomization.yaml; здесь этого нет.", &[], manifests::kustomize),
    command("cordon", &[], "NODE", "Запрещает назначать поды на узел.", &[LABELS, DRY_RUN], drain::cordon),
    command("uncordon", &[], "NODE", "Снова разрешает назначать поды на узел.", &[LABELS, DRY_RUN], drain::uncordon),
    command("drain", &[], "NODE", "Освобождает узел от подов.", &[DRAIN, LABELS, CHUNKS, DRY_RUN], drain::drain),
    command("taint", &[], "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N", "Ставит на узел отметки (taints) и снимает их.", &[TAINT, OUTPUT, DRY_RUN, VALIDATE, MANAGER], taint::run),
    command("run", &[], "NAME --image=image [--env=\"key=value\"] [--command] -- [COMMAND] [args...]", "Запускает под.", &[RUN, OUTPUT, DRY_RUN, MANAGER, RECORD], run::run),
    command("exec", &[], "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]", "Выполняет команду в контейнере.", &[EXEC], exec::run),
    command("top pod", &["top pods", "top po"], "[NAME | -l label]", "Показывает, сколько ресурсов занимают поды.", &[TOP, LABELS, FIELDS, EVERYWHERE], top::pods),
    command("top node", &["top nodes", "top no"], "[NAME | -l label]", "Показывает, сколько ресурсов занято на узлах.", &[TOP, LABELS], top::nodes),
    command("top", &[], "SUBCOMMAND", "Показывает расход ресурсов.", &[], top::holder),
    command("api-resources", &[], "", "Показывает все типы объектов.", &[DISCOVERY], discovery::api_resources),
    command("api-versions", &[], "", "Показывает версии API.", &[], discovery::api_versions),
    command("version", &[], "", "Показывает версии kubectl и кластера.", &[VERSION], discovery::version),
    command("cluster-info", &[], "", "Показывает адрес кластера.", &[], discovery::cluster_info),
    command("auth can-i", &[], "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]", "Спрашивает, разрешено ли действие.", &[CAN_I], discovery::can_i),
    command("auth whoami", &[], "", "Показывает, кто вы.", &[OUTPUT], discovery::whoami),
    command("auth", &[], "SUBCOMMAND", "Проверяет права.", &[], discovery::auth),
    command("completion", &[], "SHELL", "В этом терминале дополнение по Tab уже работает.", &[], discovery::completion),
    command("options", &[], "", "Показывает общие флаги.", &[], help::options),
    command("config get-contexts", &[], "[CONTEXT_NAME]", "Показывает контексты.", &[CONFIG], config::get_contexts),
    command("config current-context", &[], "", "Показывает текущий контекст.", &[], config::current_context),
    command("config set-context", &[], "[NAME | --current] [--namespace=namespace]", "Меняет контекст, например его пространство имён.", &[CONFIG], config::set_context),
    command("config use-context", &["config use"], "CONTEXT_NAME", "Выбирает контекст.", &[], config::use_context),
    command("config rename-context", &[], "CONTEXT_NAME NEW_NAME", "Переименовывает контекст.", &[], config::rename_context),
    command("config delete-context", &[], "CONTEXT_NAME", "Удаляет контекст.", &[], config::delete_context),
    command("config view", &[], "", "Показывает настройки kubectl.", &[CONFIG], config::view),
    command("config get-clusters", &[], "", "Показывает кластеры.", &[], config::get_clusters),
    command("config get-users", &[], "", "Показывает пользователей.", &[], config::get_users),
    command("config", &[], "SUBCOMMAND", "Настройки kubectl.", &[], config::holder),
];

/// Commands of kubectl that this cluster has no use for, each with the reason. `|` parts the names of one word.
pub const NOT_SIMULATED: &[(&str, &str)] = &[
    ("alpha", "there are no alpha commands here"),
    ("attach", "use logs -f"),
    ("autoscale", "there are no Deployments here"),
    ("certificate", "there are no certificates here"),
    ("cluster-info dump", "use get and describe"),
    ("cp", "use exec with cat"),
    (
        "config set|set-cluster|set-credentials|delete-cluster|delete-user|unset",
        "there is one cluster, with one user",
    ),
    ("create clusterrole|clusterrolebinding|role|rolebinding", "whoever types here may do everything"),
    ("create deployment|deploy", "there are no Deployments here"),
    ("create ingress|ing", "there is no network here"),
    ("create poddisruptionbudget|pdb", "nothing disturbs an eviction here"),
    ("create priorityclass|pc", "all pods have the same priority here"),
    ("create quota|resourcequota", "there are no quotas here"),
    ("create service|svc", "there are no Services here"),
    ("create serviceaccount|sa", "there are no service accounts here"),
    ("create token", "there are no service accounts here"),
    ("debug", "use exec"),
    ("expose", "there are no Services here"),
    ("kuberc", "there is no kuberc file here"),
    ("plugin", "there are no plugins here"),
    ("port-forward", "there is no network here"),
    ("proxy", "there is no network here"),
    ("set selector", "there are no Services here"),
    ("set subject", "whoever types here may do everything"),
];
