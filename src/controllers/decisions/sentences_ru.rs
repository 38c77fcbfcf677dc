//! A decision as a Russian sentence with its numbers.

use super::{Decision, Outcome, Rule};

/// What the rule did or what it stopped, for the learner.
pub fn sentence(decision: &Decision) -> String {
    let held = decision.outcome == Outcome::Held;
    match decision.rule {
        Rule::JobStart | Rule::JobEnd | Rule::JobAwaitEnd | Rule::JobFinished | Rule::JobComplete => {
            life(decision, held)
        }
        Rule::JobCreatePods
        | Rule::JobCreateFailed
        | Rule::JobParallelismReached
        | Rule::JobParallelismZero
        | Rule::JobEnoughPods
        | Rule::JobAwaitTerminating
        | Rule::JobNoNewPodsAfterSuccess
        | Rule::JobDeleteSurplus
        | Rule::JobDeleteActive => pods(decision),
        Rule::JobBackoffWait
        | Rule::JobIndexBackoffWait
        | Rule::JobBackoffLimit
        | Rule::JobRestartLimit
        | Rule::JobDeadline
        | Rule::JobMaxFailedIndexes
        | Rule::JobFailedIndexes => limits(decision, held),
        _ => rest(decision, held),
    }
}

fn life(decision: &Decision, held: bool) -> String {
    let value = |name| decision.input(name);
    match decision.rule {
        Rule::JobStart => "Первый запуск: записываю время начала (status.startTime)".to_owned(),
        Rule::JobEnd if value("condition") == "Complete" => {
            format!(
                "Задача выполнена: успешных {}, неудачных подов {}",
                value("status.succeeded"),
                value("status.failed")
            )
        }
        Rule::JobEnd => format!(
            "Задача не выполнена ({}): успешных {}, неудачных подов {}",
            value("reason"),
            value("status.succeeded"),
            value("status.failed")
        ),
        Rule::JobAwaitEnd => format!(
            "Итог ({}) уже решён, но останавливаются поды: {}, не посчитаны: {}. Жду",
            value("condition"),
            value("status.terminating"),
            value("uncounted")
        ),
        Rule::JobFinished => {
            format!("Задача уже закончена ({}): ничего не делаю", value("status.conditions"))
        }
        _ if value("spec.completions").is_empty() && held => format!(
            "Очередь работ: успешных подов {}, работает {}; задача закончится, когда будет хотя бы один успех и не останется работающих",
            value("succeeded"),
            value("active")
        ),
        _ if value("spec.completions").is_empty() => {
            "Есть успех, и работающих подов не осталось: задача выполнена".to_owned()
        }
        _ if held => format!(
            "Готово завершений: {} из {}, работает подов: {}. Задача продолжается",
            value("succeeded"),
            value("spec.completions"),
            value("active")
        ),
        _ => format!("Готовы все завершения: {} из {}", value("succeeded"), value("spec.completions")),
    }
}

fn pods(decision: &Decision) -> String {
    let value = |name| decision.input(name);
    let progress = || match value("spec.completions") {
        "" => format!("Работает {} из {} разрешённых", value("active"), value("spec.parallelism")),
        wanted => format!(
            "Нужно завершений: {wanted}, готово: {}, работает {} из {} разрешённых",
            value("succeeded"),
            value("active"),
            value("spec.parallelism")
        ),
    };
    match decision.rule {
        Rule::JobCreatePods => format!("{}: создаю {}", progress(), count_pods(value("created"))),
        Rule::JobCreateFailed => {
            format!("Создать {} не удалось: {}. Повторю позже", count_pods(value("wanted")), value("error"))
        }
        Rule::JobParallelismReached => format!("{}: больше нельзя (parallelism)", progress()),
        Rule::JobParallelismZero => "parallelism равен 0: задача стоит, поды не создаются".to_owned(),
        Rule::JobEnoughPods => format!("{}: на оставшееся подов хватает", progress()),
        Rule::JobAwaitTerminating => format!(
            "{}; ещё останавливаются: {}. Замену создам, когда они закончатся (podReplacementPolicy: Failed)",
            progress(),
            value("terminating")
        ),
        Rule::JobNoNewPodsAfterSuccess => {
            format!(
                "Один из подов уже закончился успешно: новых не создаю, жду {} работающих",
                value("active")
            )
        }
        Rule::JobDeleteSurplus => format!(
            "Работает подов: {}, лишних: {} (parallelism: {}). Удаляю лишние, они не считаются ни успехом, ни неудачей",
            value("active"),
            value("surplus"),
            value("spec.parallelism")
        ),
        _ => format!("Итог решён ({}): останавливаю {}", value("reason"), count_pods(value("active"))),
    }
}

fn limits(decision: &Decision, held: bool) -> String {
    let value = |name| decision.input(name);
    match decision.rule {
        Rule::JobBackoffWait => format!(
            "Неудач подряд: {}. Перед следующим подом выжидаю ещё {} с (пауза удваивается: 10, 20, 40… до 600 с)",
            value("failures"),
            value("wait")
        ),
        Rule::JobIndexBackoffWait => {
            format!("Индексы {} недавно падали: повторю их через {} с", value("indexes"), value("wait"))
        }
        Rule::JobBackoffLimit if held => format!(
            "Неудачных подов: {}, предел backoffLimit: {}. Он ещё не превышен",
            value("failed"),
            value("spec.backoffLimit")
        ),
        Rule::JobBackoffLimit => format!(
            "Неудачных подов: {}, это больше backoffLimit ({}): задача не выполнена",
            value("failed"),
            value("spec.backoffLimit")
        ),
        Rule::JobRestartLimit => format!(
            "Перезапусков контейнеров: {}, предел backoffLimit ({}) достигнут: задача не выполнена",
            value("restarts"),
            value("spec.backoffLimit")
        ),
        Rule::JobDeadline if held => format!(
            "Задача идёт {} с из {} с (activeDeadlineSeconds), осталось {} с",
            value("running"),
            value("spec.activeDeadlineSeconds"),
            value("left")
        ),
        Rule::JobDeadline => format!(
            "Задача идёт {} с, а срок activeDeadlineSeconds — {} с: время вышло",
            value("running"),
            value("spec.activeDeadlineSeconds")
        ),
        Rule::JobMaxFailedIndexes => format!(
            "Неудачных индексов: {}, это больше maxFailedIndexes ({})",
            value("failedIndexes"),
            value("spec.maxFailedIndexes")
        ),
        _ if held => format!(
            "Неудачных индексов: {}, но из {} ещё не все закончены: задача продолжается",
            value("failedIndexes"),
            value("spec.completions")
        ),
        _ => format!("Все индексы закончены, неудачных: {}: задача не выполнена", value("failedIndexes")),
    }
}

fn rest(decision: &Decision, held: bool) -> String {
    let value = |name| decision.input(name);
    match decision.rule {
        Rule::JobManagedElsewhere => {
            format!("Задачей управляет другой контроллер ({}): не трогаю", value("spec.managedBy"))
        }
        Rule::JobUnknownCompletionMode => {
            format!("Неизвестный completionMode ({}): не трогаю", value("spec.completionMode"))
        }
        Rule::JobDeleting => "Задачу удаляют: новых подов не создаю, закончившиеся считаю".to_owned(),
        Rule::JobExpectations => format!(
            "Жду, пока увижу свои же записи: созданий {}, удалений {}",
            value("creations"),
            value("deletions")
        ),
        Rule::JobAdopt => {
            format!("Беру под управление подходящие селектору поды: {}", value("spec.selector"))
        }
        Rule::JobRelease => {
            format!("Отпускаю поды, которые больше не подходят селектору: {}", value("spec.selector"))
        }
        Rule::JobSuspended if held => "Задача приостановлена (suspend: true): подов не создаю".to_owned(),
        Rule::JobSuspended => {
            "Задача приостановлена (suspend: true): работающие поды удаляю и не считаю".to_owned()
        }
        Rule::JobResumed => "Задача возобновлена: срок activeDeadlineSeconds отсчитывается заново".to_owned(),
        Rule::JobFailurePolicy => format!("Сработало правило FailJob: {}", value("spec.podFailurePolicy")),
        Rule::JobFailureIgnored => format!(
            "По правилу Ignore неудача не считается, подов: {}. Вместо них будут новые",
            value("spec.podFailurePolicy")
        ),
        Rule::JobSuccessPolicy if held => {
            format!(
                "successPolicy пока не выполнена, готовые индексы: «{}»",
                value("status.completedIndexes")
            )
        }
        Rule::JobSuccessPolicy => format!(
            "Выполнено правило successPolicy № {}, готовые индексы: «{}»",
            value("spec.successPolicy"),
            value("status.completedIndexes")
        ),
        Rule::JobCountPods => format!(
            "Закончились поды: успешных {}, неудачных {}. Записываю их и снимаю финализатор",
            value("newlySucceeded"),
            value("newlyFailed")
        ),
        Rule::JobCountLimit => {
            format!("За один раз считаю не больше {} подов, остальные — в следующий", value("limit"))
        }
        Rule::JobKeepFailedPod => {
            "Упавший под держу, пока не создана замена: она продолжит его счёт неудач".to_owned()
        }
        Rule::JobOrphanFinalizer => "Под остался без задачи: снимаю с него финализатор".to_owned(),
        Rule::JobRetry => format!("Не удалось: {}. Повторю попытку", value("error")),
        _ => super::cron_sentences_ru::sentence(decision),
    }
}

/// `1 под`, `2 пода`, `5 подов`.
fn count_pods(number: &str) -> String {
    let count: u64 = number.parse().unwrap_or(0);
    let word = match (count % 10, count % 100) {
        (_, 11..=14) => "подов",
        (1, _) => "под",
        (2..=4, _) => "пода",
        _ => "подов",
    };
    format!("{number} {word}")
}
