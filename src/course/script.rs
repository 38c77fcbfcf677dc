//! Scripts: the lines of solution/commands.txt, of predictions and of test cases.

use crate::base::Duration;
use crate::manifest;

use super::checks::parse_span;
use super::condition::Condition;
use super::mistake::{Part, Place};

#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// A line of the terminal.
    Line(String),
    /// The learner's file gets the text of the file of the same name in solution/.
    Write(String),
    /// The learner replaces a piece of text in a file.
    Edit {
        file: String,
        from: String,
        to: String,
    },
    /// Virtual time passes.
    Pass(Duration),
    /// Until the goal is green.
    Goal(String),
    /// Until every Job is Complete or Failed, and there is one.
    End,
    Until(Condition),
}

/// Reads a script.
///
/// # Errors
/// The number of the bad line (from 0) with a Russian message.
pub fn parse(lines: &[String]) -> Result<Vec<Step>, (usize, String)> {
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        steps.push(match line.strip_prefix('#').map(str::trim) {
            None => Step::Line(line.to_owned()),
            Some(remark) => directive(remark).map_err(|message| (index, message))?,
        });
    }
    Ok(steps)
}

fn directive(remark: &str) -> Result<Step, String> {
    if let Some(file) = remark.strip_prefix("write:") {
        return Ok(Step::Write(file.trim().to_owned()));
    }
    if let Some(edit) = remark.strip_prefix("edit:") {
        return edit_step(edit)
            .ok_or_else(|| format!("непонятная правка «{remark}»; пишется «# edit: ФАЙЛ было => стало»"));
    }
    let Some(what) = remark.strip_prefix("wait:").map(str::trim) else {
        return Err(format!(
            "непонятная строка «# {remark}»; бывает «# wait: …», «# write: ФАЙЛ» и «# edit: ФАЙЛ было => стало»"
        ));
    };
    if what == "end" {
        return Ok(Step::End);
    }
    if let Some(goal) = what.strip_prefix("goal ") {
        return Ok(Step::Goal(goal.trim().to_owned()));
    }
    if let Some(span) = parse_span(what) {
        return Ok(Step::Pass(span));
    }
    let unclear =
        || format!("непонятное ожидание «{what}»; бывает 30s, end, goal ИД или условие в {{скобках}}");
    if !what.starts_with('{') {
        return Err(unclear());
    }
    let document = manifest::parse(what).pop().and_then(Result::ok).ok_or_else(unclear)?;
    let condition = Condition::parse(Part::new(&document.value, &Place::Root));
    condition.map(Step::Until).map_err(|mistake| mistake.message)
}

/// `FILE old => new`; `\\n` stands for a line break.
fn edit_step(text: &str) -> Option<Step> {
    let (file, change) = text.trim_start().split_once(' ')?;
    let (from, to) = change.split_once("=>")?;
    let unescaped = |text: &str| text.trim().replace("\\n", "\n");
    let from = unescaped(from);
    (!from.is_empty()).then(|| Step::Edit { file: file.to_owned(), from, to: unescaped(to) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_waits_and_writes_are_told_apart() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let script = lines(
            "kubectl get po\n\n# write: job.yaml\n# wait: 90s\n# wait: goal five\n# wait: end\n# edit: job.yaml a: 1 => a: 1\\n  b: 2",
        );
        let edit = Step::Edit {
            file: "job.yaml".to_owned(),
            from: "a: 1".to_owned(),
            to: "a: 1\n  b: 2".to_owned(),
        };
        let expected = [
            Step::Line("kubectl get po".to_owned()),
            Step::Write("job.yaml".to_owned()),
            Step::Pass(Duration::from_secs(90)),
            Step::Goal("five".to_owned()),
            Step::End,
            edit,
        ];
        assert_eq!(parse(&script).expect("valid"), expected);
        let until = parse(&lines("# wait: {job: {status.succeeded: {gte: 2}}}")).expect("valid");
        assert!(matches!(until.as_slice(), [Step::Until(Condition::Job(_))]), "{until:?}");
        for bad in ["# wait: soon", "# wait: {job: 5}", "# hello", "# edit: job.yaml a"] {
            assert_eq!(parse(&lines(bad)).expect_err(bad).0, 0);
        }
    }
}
