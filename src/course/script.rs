//! Scripts: the lines of solution/commands.txt, of predictions and of test cases.

use crate::base::Duration;
use crate::cluster::Fault;
use crate::manifest;

use super::checks::parse_span;
use super::condition::Condition;
use super::mistake::{Part, Place};

/// What an author reads who named no fault.
pub const FAULTS: &str = "поломки пишутся так: node-lost УЗЕЛ, node-back УЗЕЛ, node-slow УЗЕЛ ПРОЦЕНТ, registry-down, \
registry-back, kill ПРОСТРАНСТВО ПОД КОНТЕЙНЕР, api-conflicts ЧИСЛО, controller-restart";

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
    /// Something breaks.
    Fault(Fault),
    /// Virtual time passes.
    Pass(Duration),
    /// Until the goal is green.
    Goal(String),
    /// Until every Job is Complete or Failed, and there is one.
    End,
    Until(Condition),
}

/// Reads a script: its steps with the numbers of their lines (from 0).
///
/// # Errors
/// The number of the bad line (from 0) with a Russian message.
pub fn parse(lines: &[String]) -> Result<Vec<(usize, Step)>, (usize, String)> {
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let step = match line.strip_prefix('#').map(str::trim) {
            None => Step::Line(line.to_owned()),
            Some(remark) => directive(remark).map_err(|message| (index, message))?,
        };
        steps.push((index, step));
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
    if let Some(fault) = remark.strip_prefix("fault:") {
        return fault.trim().parse().map(Step::Fault).map_err(|_| FAULTS.to_owned());
    }
    let Some(what) = remark.strip_prefix("wait:").map(str::trim) else {
        return Err(format!(
            "непонятная строка «# {remark}»; бывает «# wait: …», «# write: ФАЙЛ», «# edit: ФАЙЛ было => стало» и «# fault: …»"
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
            "kubectl get po\n\n# write: job.yaml\n# wait: 90s\n# wait: goal five\n# wait: end\n# fault: node-lost node-2\n# edit: job.yaml a: 1 => a: 1\\n  b: 2",
        );
        let edit = Step::Edit {
            file: "job.yaml".to_owned(),
            from: "a: 1".to_owned(),
            to: "a: 1\n  b: 2".to_owned(),
        };
        let expected = [
            (0, Step::Line("kubectl get po".to_owned())),
            (2, Step::Write("job.yaml".to_owned())),
            (3, Step::Pass(Duration::from_secs(90))),
            (4, Step::Goal("five".to_owned())),
            (5, Step::End),
            (6, Step::Fault(Fault::NodeLost { node: "node-2".to_owned() })),
            (7, edit),
        ];
        assert_eq!(parse(&script).expect("valid"), expected);
        let until = parse(&lines("# wait: {job: {status.succeeded: {gte: 2}}}")).expect("valid");
        assert!(matches!(until.as_slice(), [(0, Step::Until(Condition::Job(_)))]), "{until:?}");
        for bad in ["# wait: soon", "# wait: {job: 5}", "# hello", "# edit: job.yaml a", "# fault: rain"] {
            assert_eq!(parse(&lines(bad)).expect_err(bad).0, 0);
        }
    }
}
