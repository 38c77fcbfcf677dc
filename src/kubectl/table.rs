//! Tables of objects.
// Models staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go

use std::borrow::Cow;

use super::commands::events;
use super::objects::{Info, Item};
use super::output::tabs::TabWriter;
use super::printers;
use super::resources::Resource;
use crate::api::Object;
use crate::apiserver::Shown;
use crate::base::Time;

#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    pub wide: bool,
    pub no_headers: bool,
    pub show_labels: bool,
    /// Labels that get columns of their own.
    pub label_columns: Vec<String>,
    /// Names are shown with their types.
    pub show_kind: bool,
    pub with_namespace: bool,
    /// A first column with the kind of change, in watches.
    pub with_event: bool,
    /// Every kind has only the columns that all kinds have: names and ages.
    pub generic: bool,
    /// Events as `kubectl events` writes them, each row laid out for itself.
    pub as_events: bool,
}

/// Prints tables, one for each run of objects of one type; later rows keep the widths of earlier ones.
#[derive(Clone, Debug)]
pub struct TablePrinter {
    options: TableOptions,
    writer: TabWriter,
    last: Option<&'static Resource>,
}

impl TablePrinter {
    pub fn new(options: TableOptions) -> TablePrinter {
        TablePrinter { options, writer: TabWriter::table(), last: None }
    }

    pub fn options(&self) -> &TableOptions {
        &self.options
    }

    /// The text of these objects, with a header where a table begins.
    pub fn print(&mut self, infos: &[Info], now: Time) -> String {
        let rows: Vec<(&str, &Info)> = infos.iter().map(|info| ("", info)).collect();
        self.print_events(&rows, now)
    }

    /// The same with a kind of change for each object.
    pub fn print_events(&mut self, rows: &[(&str, &Info)], now: Time) -> String {
        let mut out = String::new();
        let mut rest = rows;
        while let Some((_, first)) = rest.first() {
            let resource = first.resource;
            let length = rest.iter().take_while(|(_, info)| info.resource == resource).count();
            let mut text = String::new();
            if self.last != Some(resource) {
                if self.last.is_some() && !self.options.no_headers {
                    out.push('\n');
                }
                self.writer = TabWriter::table();
                self.last = Some(resource);
                if !self.options.no_headers {
                    push_row(&mut text, &self.header(resource));
                }
            }
            for (event, info) in &rest[..length] {
                push_row(&mut text, &self.row(event, info, now));
            }
            out.push_str(&self.writer.lay_out(&text));
            rest = &rest[length..];
        }
        out
    }

    fn columns(&self, resource: &Resource) -> &'static [printers::Column] {
        printers::columns(if self.options.generic { "" } else { resource.plural })
    }

    fn header(&self, resource: &Resource) -> Vec<String> {
        let mut cells = Vec::new();
        if self.options.with_event {
            cells.push("EVENT".to_owned());
        }
        if self.options.with_namespace && resource.namespaced {
            cells.push("NAMESPACE".to_owned());
        }
        let columns = self.columns(resource).iter();
        cells.extend(
            columns.filter(|(_, wide)| self.options.wide || !wide).map(|(name, _)| (*name).to_owned()),
        );
        let label = |label: &String| label.rsplit('/').next().unwrap_or_default().to_uppercase();
        cells.extend(self.options.label_columns.iter().map(label));
        if self.options.show_labels {
            cells.push("LABELS".to_owned());
        }
        cells
    }

    fn row(&self, event: &str, info: &Info, now: Time) -> Vec<String> {
        let columns = self.columns(info.resource);
        let generic = self.options.generic;
        let mut own = match &info.item {
            Item::Stored(object) | Item::Shown(Shown { object, .. }) if generic => {
                printers::generic_row(object.metadata(), now)
            }
            Item::Stored(object) | Item::Shown(Shown { object, .. }) => printers::row(object, now),
            Item::Value(value) if generic => printers::value_row("", value, now),
            Item::Value(value) => printers::value_row(info.resource.plural, value, now),
        };
        if let Some(Object::Event(event)) = info.item.object()
            && self.options.as_events
        {
            let [seen, _, _, object, message] = events::cells(event, now);
            (own[0], own[3], own[6]) = (seen, object, message);
        }
        if self.options.show_kind
            && let Some(at) = columns.iter().position(|(name, _)| *name == "NAME")
        {
            own[at] = format!("{}/{}", info.resource.qualified(), own[at]);
        }
        let mut cells = Vec::new();
        if self.options.with_event {
            // Models staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go formattedEventType
            cells.push(format!("{event:<8}"));
        }
        if self.options.with_namespace && info.resource.namespaced {
            cells.push(info.namespace().to_owned());
        }
        let shown = columns.iter().zip(own).filter(|((_, wide), _)| self.options.wide || !wide);
        cells.extend(shown.map(|(_, cell)| cell));
        self.push_labels(&mut cells, info);
        cells
    }

    fn push_labels(&self, cells: &mut Vec<String>, info: &Info) {
        let labels = info.labels();
        cells.extend(
            self.options.label_columns.iter().map(|label| labels.get(label).cloned().unwrap_or_default()),
        );
        if self.options.show_labels {
            let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            cells.push(printers::or_none(&pairs.join(",")));
        }
    }
}

/// A text in one cell of one line: tabs and line breaks become spaces. Most texts have none.
pub fn one_cell(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| matches!(byte, b'\n' | b'\t')) {
        true => Cow::Owned(text.replace(['\n', '\t'], " ")),
        false => Cow::Borrowed(text),
    }
}

/// Cells end at their first line break, as a row is one line.
fn push_row(text: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push('\t');
        }
        match cell.bytes().position(|byte| matches!(byte, b'\n' | b'\r' | b'\x0c')) {
            Some(cut) => {
                text.push_str(&one_cell(&cell[..cut]));
                text.push_str("...");
            }
            None => text.push_str(&one_cell(cell)),
        }
    }
    text.push('\n');
}
