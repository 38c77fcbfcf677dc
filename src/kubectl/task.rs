//! Commands that go on: what they wait for.

use super::commands::delete::WaitGone;
use super::commands::drain::Drain;
use super::commands::edit::Editing;
use super::commands::exec::Exec;
use super::commands::logs::Follow;
use super::commands::run::Attach;
use super::commands::wait::WaitFor;
use super::failure::Failure;
use super::objects::Info;
use super::output::format::Format;
use super::output::json::to_compact;
use super::resources::{self, Resource};
use super::select::{Query, Wanted};
use super::table::TablePrinter;
use super::{Context, Stream};
use crate::api::meta::ResourceVersion;
use crate::base::Time;

#[derive(Debug)]
pub enum Task {
    Watch(Box<Watch>),
    WaitGone(WaitGone),
    WaitFor(Box<WaitFor>),
    Follow(Box<Follow>),
    Edit(Box<Editing>),
    Drain(Box<Drain>),
    Exec(Box<Exec>),
    Attach(Box<Attach>),
    Replace(Box<super::commands::replace::ForceReplace>),
    /// Something that fails only after a while.
    FailAt(Time, Failure),
}

#[derive(Debug)]
pub enum Progress {
    Waiting { until: Option<Time> },
    Done(i32),
    Then(Task),
}

impl Task {
    /// Goes on as far as it can at this instant.
    ///
    /// # Errors
    /// When the command fails.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        match self {
            Task::Watch(task) => task.poll(context),
            Task::WaitGone(task) => task.poll(context),
            Task::WaitFor(task) => task.poll(context),
            Task::Follow(task) => task.poll(context),
            Task::Edit(task) => task.poll(context),
            Task::Drain(task) => task.poll(context),
            Task::Exec(task) => task.poll(context),
            Task::Attach(task) => task.poll(context),
            Task::Replace(task) => task.poll(context),
            Task::FailAt(at, failure) => match context.now() >= *at {
                true => Err(failure.clone()),
                false => Ok(Progress::Waiting { until: Some(*at) }),
            },
        }
    }
}

/// `kubectl get -w`: a row for every change.
#[derive(Debug)]
pub struct Watch {
    pub resource: &'static Resource,
    pub query: Query,
    pub format: Format,
    pub printer: TablePrinter,
    pub version: ResourceVersion,
    pub with_event: bool,
    /// Objects printed so far.
    pub printed: usize,
    pub until: Option<Time>,
}

impl Watch {
    fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let mut rows: Vec<(&'static str, Info)> = Vec::new();
        // A watch that lags too far behind begins anew from what is there.
        let Ok(changes) = context.cluster.api().changes_since(self.version) else {
            self.version = context.cluster.api().version();
            return Ok(Progress::Waiting { until: None });
        };
        for change in changes {
            if Some(change.object.kind()) != self.resource.stored || !self.concerns(change.object.metadata())
            {
                continue;
            }
            let Some(event) = self.query.selectors.watched(change) else { continue };
            // Events end by themselves: that is not told.
            if event == "DELETED" && self.printer.options().as_events {
                continue;
            }
            rows.push((event, Info::stored(resources::of_kind(change.object.kind()), change.object.clone())));
        }
        self.version = context.cluster.api().version();
        let rows: Vec<(&str, &Info)> = rows.iter().map(|(event, info)| (*event, info)).collect();
        self.print(context, &rows)?;
        match self.until {
            Some(until) if context.now() >= until => Ok(Progress::Done(0)),
            until => Ok(Progress::Waiting { until }),
        }
    }

    fn concerns(&self, meta: &crate::api::meta::ObjectMeta) -> bool {
        let here =
            self.query.all_namespaces || !self.resource.namespaced || meta.namespace == self.query.namespace;
        let named = match &self.query.wanted {
            Wanted::Names(names) => names.iter().any(|(_, name)| *name == meta.name),
            Wanted::Types(_) => true,
        };
        here && named
    }

    /// Prints rows, or objects one after the other.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn print(&mut self, context: &mut Context, rows: &[(&str, &Info)]) -> Result<(), Failure> {
        if self.format.is_table() {
            let now = context.now();
            // What is there at first is laid out together, every later change for itself.
            let apart = self.printed > 0 || self.printer.options().as_events;
            let together = if apart { 1 } else { rows.len().max(1) };
            for rows in rows.chunks(together) {
                let text = self.printer.print_events(rows, now);
                self.printed += rows.len();
                context.out.push((Stream::Stdout, text));
            }
            return Ok(());
        }
        for (event, info) in rows {
            let text = match self.with_event {
                true => {
                    let value = serde_json::json!({"type": event, "object": info.item.to_value()});
                    match self.format {
                        Format::Json => {
                            let object = to_compact(&value["object"]);
                            format!("{{\"type\":\"{event}\",\"object\":{object}}}\n")
                        }
                        _ => self.format.print_value(&value)?,
                    }
                }
                false => self.format.print(info)?,
            };
            self.printed += 1;
            context.out.push((Stream::Stdout, text));
        }
        Ok(())
    }
}
