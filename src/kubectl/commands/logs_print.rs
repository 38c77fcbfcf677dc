//! How lines of logs are chosen and printed.

use crate::api::core::{ContainerStatus, Pod};
use crate::api::{Kind, Object, Status};
use crate::apiserver::ObjectKey;
use crate::base::{Duration, Time, Timestamp};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::{Args, parse_duration};
use crate::kubectl::{Context, Stream};
use crate::node::{LogError, LogLine};

#[derive(Clone, Debug, Default)]
pub struct Options {
    pub container: Option<String>,
    pub follow: bool,
    pub previous: bool,
    pub timestamps: bool,
    pub prefix: bool,
    /// Only so many lines from the end.
    pub tail: Option<i64>,
    /// Only lines from then on.
    pub since: Option<Time>,
    pub limit_bytes: Option<usize>,
}

impl Options {
    /// # Errors
    /// For flags that exclude each other, or values that are none.
    pub fn of(args: &Args, now: Time) -> Result<Options, Failure> {
        let since = match (args.text("since"), args.text("since-time")) {
            ("" | "0" | "0s", "") => None,
            ("" | "0" | "0s", time) => {
                let parsed = Timestamp::parse_rfc3339(time);
                Some(parsed.ok_or_else(|| error(time_error(time)))?.to_time())
            }
            (span, "") => {
                let span = parse_duration(span).unwrap_or_default();
                Some(now + Duration::from_millis(-span.as_millis()))
            }
            _ => return Err(error("at most one of `sinceTime` or `sinceSeconds` may be specified")),
        };
        let tail = Some(args.number("tail")).filter(|_| args.is_set("tail"));
        if tail.is_some_and(|tail| tail < -1) {
            return Err(error("--tail must be greater than or equal to -1"));
        }
        let container = args.text("container");
        if args.is("all-containers") && !container.is_empty() {
            return Err(error(format!(
                "--all-containers=true should not be specified with container name {container}"
            )));
        }
        if args.duration("since") < Duration::ZERO {
            return Err(error("--since must be greater than 0"));
        }
        if args.number("limit-bytes") < 0 {
            return Err(error("--limit-bytes must be greater than 0"));
        }
        Ok(Options {
            container: (!container.is_empty()).then(|| container.to_owned()),
            follow: args.is("follow"),
            previous: args.is("previous"),
            timestamps: args.is("timestamps"),
            prefix: args.is("prefix") || args.is("all-pods"),
            tail: tail.filter(|tail| *tail >= 0),
            since,
            limit_bytes: usize::try_from(args.number("limit-bytes")).ok().filter(|limit| *limit > 0),
        })
    }
}

/// One log and how far it is printed.
#[derive(Clone, Debug)]
pub struct Source {
    pub key: ObjectKey,
    pub container: String,
    printed: usize,
    /// The run that is read, by its container's id.
    run: Option<String>,
    pub ended: bool,
}

impl Source {
    pub fn new(key: ObjectKey, container: &str) -> Source {
        Source { key, container: container.to_owned(), printed: 0, run: None, ended: false }
    }

    fn pod<'a>(&self, context: &'a Context) -> Option<&'a Pod> {
        match context.cluster.api().find(Kind::Pod, &self.key) {
            Some(Object::Pod(pod)) => Some(pod),
            _ => None,
        }
    }

    fn status<'a>(&self, context: &'a Context) -> Option<&'a ContainerStatus> {
        let status = &self.pod(context)?.status;
        let all = status.init_container_statuses.iter().chain(&status.container_statuses);
        all.into_iter().find(|status| status.name == self.container)
    }

    /// Whether the run that is read is over.
    pub fn has_ended(&self, context: &Context) -> bool {
        let Some(status) = self.status(context) else { return true };
        let same = self.run.as_ref().is_none_or(|run| *run == status.container_id);
        !same || status.state.running.is_none()
    }
}

/// Prints what is new of a log.
///
/// # Errors
/// What the server answers where there is no log.
pub fn print_source(context: &mut Context, options: &Options, source: &mut Source) -> Result<(), Status> {
    let status = source.status(context).map(|status| status.container_id.clone());
    source.run = source.run.take().or(status);
    let (namespace, pod) = (&source.key.namespace, &source.key.name);
    let lines = context.cluster.logs(namespace, pod, &source.container, options.previous).map_err(refusal)?;
    let first = source.printed == 0;
    let mut new: Vec<&LogLine> = lines.iter().skip(source.printed).collect();
    let read = lines.len();
    if first {
        if let Some(since) = options.since {
            new.retain(|line| line.at >= since);
        }
        if let Some(tail) = options.tail {
            let skipped = new.len().saturating_sub(usize::try_from(tail).unwrap_or(usize::MAX));
            new.drain(..skipped);
        }
    }
    let mut text = String::new();
    for line in new {
        if options.prefix {
            text += &format!("[pod/{pod}/{}] ", source.container);
        }
        if options.timestamps {
            text += &format!("{} ", nanoseconds(line.at));
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    if let Some(limit) = options.limit_bytes.filter(|limit| *limit < text.len()) {
        let cut = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
    }
    source.printed = read;
    if !text.is_empty() {
        context.out.push((Stream::Stdout, text));
    }
    Ok(())
}

/// Where a text stops to be an RFC 3339 time.
// Models time.Parse with time.RFC3339
fn time_error(text: &str) -> String {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    const PARTS: [(&str, usize); 11] = [
        ("2006", 4),
        ("-", 1),
        ("01", 2),
        ("-", 1),
        ("02", 2),
        ("T", 1),
        ("15", 2),
        (":", 1),
        ("04", 2),
        (":", 1),
        ("05", 2),
    ];
    let mut rest = text;
    for (part, length) in PARTS {
        let head = rest.get(..length).unwrap_or_default();
        let fits = match part.chars().all(|c| c.is_ascii_digit()) {
            true => head.len() == length && head.chars().all(|c| c.is_ascii_digit()),
            false => head == part,
        };
        if !fits {
            return format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {part:?}");
        }
        rest = &rest[length..];
    }
    format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as \"Z07:00\"")
}

/// An instant with nine digits of its second, as the kubelet stamps lines.
fn nanoseconds(at: Time) -> String {
    let text = at.to_timestamp().to_string();
    let millis = at.as_millis().rem_euclid(1000);
    format!("{}.{millis:03}000000Z", text.trim_end_matches('Z'))
}

fn refusal(problem: LogError) -> Status {
    let text = problem.to_string();
    match problem {
        LogError::PodNotFound { pod } => Status::not_found(Kind::Pod, &pod),
        _ => Status::bad_request(text),
    }
}
