//! Decisions of the CronJob and TTL controllers as Russian sentences.

use super::{Decision, Rule};

pub fn sentence(decision: &Decision) -> String {
    let value = |name| decision.input(name);
    match decision.rule {
        Rule::CronCreateJob => {
            format!("Наступило время запуска {}: создаю задачу {}", value("scheduled"), value("job"))
        }
        Rule::CronCreateFailed => format!("Создать задачу {} не удалось: {}", value("job"), value("error")),
        Rule::CronNotYet => {
            format!(
                "До следующего запуска по расписанию «{}» ещё {} с",
                value("spec.schedule"),
                value("wait")
            )
        }
        Rule::CronSuspended => {
            "CronJob приостановлен (suspend: true): новых задач не создаю, работающие не трогаю".to_owned()
        }
        Rule::CronStartingDeadline => format!(
            "Запуск {} опоздал больше чем на {} с (startingDeadlineSeconds): пропускаю его",
            value("scheduled"),
            value("spec.startingDeadlineSeconds")
        ),
        Rule::CronAlreadyStarted => {
            format!("Задача {} для запуска {} уже есть: второй не будет", value("job"), value("scheduled"))
        }
        Rule::CronForbid => format!(
            "Прежняя задача ещё работает, а concurrencyPolicy: Forbid. Запуск {} подождёт её конца",
            value("scheduled")
        ),
        Rule::CronReplace => format!(
            "Прежняя задача {} ещё работает, а concurrencyPolicy: Replace: удаляю её ради новой",
            value("job")
        ),
        Rule::CronHistoryLimit => format!(
            "Законченных задач ({}): {}, а история хранит {}. Удаляю самые старые",
            value("condition"),
            value("finished"),
            value("limit")
        ),
        Rule::CronSawCompleted => format!("Задача {} закончилась: {}", value("job"), value("condition")),
        Rule::CronUnexpectedJob => {
            format!("Задача {} называет меня владельцем, но создал её не я", value("job"))
        }
        Rule::CronMissingJob => {
            format!("Задача {} исчезла: вычёркиваю её из работающих (status.active)", value("job"))
        }
        Rule::CronBadSchedule => format!("Расписание не годится: {}", value("error")),
        Rule::CronBadTimeZone => format!("Неизвестный часовой пояс «{}»", value("spec.timeZone")),
        Rule::CronTooManyMissed => {
            "Пропущено больше ста запусков: создаю только один, за самый поздний".to_owned()
        }
        Rule::TtlWait => format!(
            "Задача закончена; удалю её через {} с (ttlSecondsAfterFinished: {})",
            value("left"),
            value("spec.ttlSecondsAfterFinished")
        ),
        Rule::TtlDelete => format!(
            "С конца задачи прошло {} с (ttlSecondsAfterFinished): удаляю её вместе с подами",
            value("spec.ttlSecondsAfterFinished")
        ),
        other => other.id().to_owned(),
    }
}
