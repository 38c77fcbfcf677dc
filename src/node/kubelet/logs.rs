//! What containers wrote, run by run.

use crate::base::Time;

/// How many lines of one run are kept; older ones go first, as with rotated log files.
const LINES_KEPT: usize = 20_000;
/// How many bytes of one run are kept, be they a single line without an end.
const BYTES_KEPT: usize = 2 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// One line without its newline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    pub at: Time,
    pub stream: Stream,
    pub text: String,
}

/// The output of a container's present or last run, and of the run before it.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    pub current: Vec<LogLine>,
    pub previous: Option<Vec<LogLine>>,
    /// Whether the last line of each stream still waits for its newline.
    open: [bool; 2],
    /// What the lines of the present run come to.
    bytes: usize,
}

/// Why there are no logs to show. The texts are those of the server's answer.
// Models pkg/kubelet/kubelet_pods.go validateContainerLogStatus
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    #[error("pods \"{pod}\" not found")]
    PodNotFound { pod: String },
    #[error("container {container} is not valid for pod {pod}")]
    ContainerNotFound { pod: String, container: String },
    #[error("container \"{container}\" in pod \"{pod}\" is waiting to start: {reason}")]
    WaitingToStart { pod: String, container: String, reason: String },
    #[error("container \"{container}\" in pod \"{pod}\" is terminated")]
    NeverRan { pod: String, container: String },
    #[error("previous terminated container \"{container}\" in pod \"{pod}\" not found")]
    NoPrevious { pod: String, container: String },
}

impl Logs {
    /// A new run begins: the present one becomes the previous.
    pub fn rotate(&mut self) {
        self.previous = Some(std::mem::take(&mut self.current));
        (self.open, self.bytes) = ([false; 2], 0);
    }

    /// Appends output; text without a final newline is continued by the next of its stream.
    pub fn write(&mut self, at: Time, stream: Stream, text: &str) {
        let slot = usize::from(stream == Stream::Stderr);
        let mut rest = text;
        while !rest.is_empty() {
            let (line, after, ended) = match rest.split_once('\n') {
                Some((line, after)) => (line, after, true),
                None => (rest, "", false),
            };
            let open = self.open[slot].then(|| self.current.iter_mut().rev().find(|l| l.stream == stream));
            match open.flatten() {
                Some(last) => last.text.push_str(line),
                None => self.current.push(LogLine { at, stream, text: line.to_owned() }),
            }
            self.bytes += line.len();
            self.open[slot] = !ended;
            rest = after;
        }
        self.drop_oldest();
    }

    fn drop_oldest(&mut self) {
        let mut surplus = 0;
        while surplus + 1 < self.current.len()
            && (self.current.len() - surplus > LINES_KEPT || self.bytes > BYTES_KEPT)
        {
            self.bytes -= self.current[surplus].text.len();
            surplus += 1;
        }
        self.current.drain(..surplus);
        if self.bytes > BYTES_KEPT
            && let Some(line) = self.current.first_mut()
        {
            // Half of it, so that not every piece that follows moves the rest.
            line.text.drain(..line.text.ceil_char_boundary(line.text.len() - BYTES_KEPT / 2));
            self.bytes = line.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_newlines_and_streams_do_not_mix() {
        let mut logs = Logs::default();
        let at = Time::from_millis(1);
        for (stream, text) in
            [(Stream::Stdout, "a\nb"), (Stream::Stderr, "oops\n"), (Stream::Stdout, "c\n\n")]
        {
            logs.write(at, stream, text);
        }
        let texts: Vec<&str> = logs.current.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a", "bc", "oops", ""]);
        logs.rotate();
        assert_eq!(logs.previous.map(|lines| lines.len()), Some(4));
    }

    #[test]
    fn long_logs_and_lines_without_end_keep_their_newest_part() {
        let mut logs = Logs::default();
        for round in 0..50 {
            logs.write(Time::default(), Stream::Stdout, &"я".repeat(100_000));
            assert!(logs.bytes <= BYTES_KEPT && logs.bytes == logs.current[0].text.len(), "{round}");
        }
        logs.write(Time::default(), Stream::Stdout, "\n");
        for _ in 0..50 {
            logs.write(Time::default(), Stream::Stderr, &("x".repeat(200_000) + "\n"));
        }
        assert_eq!((logs.current.len(), logs.bytes), (10, 2_000_000));
    }
}
