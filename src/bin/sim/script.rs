//! Scripts: lines `[t=4.2] $ COMMAND`. A transcript is a script too: what stands between such lines is ignored.

use zadachnik::base::{Duration, Time, Timestamp};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Since the beginning of the script.
    pub at: Duration,
    pub command: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// When a transcript says that it was recorded: its t=0.
    pub recorded: Option<Time>,
    pub steps: Vec<Step>,
}

impl Script {
    /// # Errors
    /// When a line has the form of a step but its time is no number.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script::default();
        for (index, line) in text.lines().enumerate() {
            if let Some(time) = line.strip_prefix('#').and_then(|line| line.split("recorded ").nth(1)) {
                let recorded = time.split_whitespace().next().and_then(Timestamp::parse_rfc3339);
                script.recorded = script.recorded.or(recorded.map(Timestamp::to_time));
            }
            let Some((time, command)) = line.strip_prefix("[t=").and_then(|rest| rest.split_once("] $ "))
            else {
                continue;
            };
            let seconds: f64 = time
                .parse()
                .map_err(|_| format!("line {}: \"{time}\" is no number of seconds", index + 1))?;
            if !seconds.is_finite() || seconds < 0.0 {
                return Err(format!("line {}: a step cannot be at {seconds} s", index + 1));
            }
            let at = Duration::from_millis((seconds * 1000.0).round() as i64);
            script.steps.push(Step { at, command: command.to_owned() });
        }
        Ok(script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_a_script() {
        let text = "# a  client v1.36.2  recorded 2026-11-23T15:34:57Z\n\n[t=0.0] $ kubectl get po\nNAME\n\n[t=4.25] $ ls\n";
        let script = Script::parse(text).expect("valid");
        assert_eq!(
            script.recorded.map(|t| t.to_timestamp().to_string()).as_deref(),
            Some("2026-11-23T15:34:57Z")
        );
        let steps: Vec<(i64, &str)> =
            script.steps.iter().map(|s| (s.at.as_millis(), s.command.as_str())).collect();
        assert_eq!(steps, [(0, "kubectl get po"), (4_250, "ls")]);
    }

    #[test]
    fn a_step_needs_a_time() {
        assert!(Script::parse("[t=x] $ ls").is_err());
        assert!(Script::parse("[t=-1] $ ls").is_err());
    }
}
