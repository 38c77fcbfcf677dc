//! What `-o` asks for.

use std::cell::Cell;

use serde_json::{Value, json};

use super::go_template::GoTemplate;
use super::jsonpath::{JsonPath, MissingKeys, relaxed, write_syntax};
use super::tabs::TabWriter;
use super::{json, kyaml, yaml};
use crate::api::go_text::go_text;
use crate::api::view::{Entries, Fields, List, View, Viewed};
use crate::kubectl::Context;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::Info;

/// Formats of commands that print what they changed.
const FORMATS: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";
/// Formats of `kubectl get`.
const GET_FORMATS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

#[derive(Clone, Debug)]
pub enum Format {
    Table {
        wide: bool,
    },
    /// Documents after the first begin with a separator.
    Yaml {
        begun: Cell<bool>,
    },
    Kyaml,
    Json,
    Name,
    JsonPath {
        path: JsonPath,
        as_json: bool,
        missing: MissingKeys,
    },
    GoTemplate(GoTemplate),
    Columns {
        columns: Vec<Column>,
        no_headers: bool,
    },
}

/// A column of `-o custom-columns`. An expression that does not parse is told when the first row is printed.
#[derive(Clone, Debug)]
pub struct Column {
    header: String,
    path: Result<JsonPath, String>,
}

/// Which `-o` a command takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Formats {
    Get,
    Change,
}

/// Reads `-o` and `--template`.
///
/// # Errors
/// For an unknown format, and templates that do not parse.
pub fn format(context: &Context, args: &Args, formats: Formats) -> Result<Format, Failure> {
    let output = args.text("output");
    let (name, value) = output.split_once('=').map_or((output, None), |(name, value)| (name, Some(value)));
    let template = args.text("template");
    // With a template of its own, `-o` is only a name.
    let (name, value) = match (output, template) {
        ("", "") => return Ok(Format::Table { wide: false }),
        ("", template) => ("go-template", Some(template)),
        (_, "") => (name, value),
        (output, template) => (output, Some(template)),
    };
    match output.to_lowercase().as_str() {
        "yaml" => return Ok(Format::Yaml { begun: Cell::new(false) }),
        "kyaml" => return Ok(Format::Kyaml),
        "json" => return Ok(Format::Json),
        "name" => return Ok(Format::Name),
        "wide" if formats == Formats::Get && output == "wide" => return Ok(Format::Table { wide: true }),
        _ => {}
    }
    let strict = args.is_set("allow-missing-template-keys") && !args.is("allow-missing-template-keys");
    let missing = if strict { MissingKeys::Refused } else { MissingKeys::Allowed };
    match name {
        "custom-columns" | "custom-columns-file" if formats == Formats::Get => {
            return custom_columns(context, args, name, value.unwrap_or_default());
        }
        "jsonpath" | "jsonpath-as-json" | "jsonpath-file" => {
            let template = template_text(context, value, name == "jsonpath-file")?;
            let path = JsonPath::parse(&template)
                .map_err(|problem| error(format!("error parsing jsonpath {template}, {problem}")))?;
            return Ok(Format::JsonPath { path, as_json: name == "jsonpath-as-json", missing });
        }
        "go-template" | "template" | "go-template-file" | "templatefile" => {
            let template = template_text(context, value, name.ends_with("file"))?;
            let parsed = GoTemplate::parse(&template, missing)
                .map_err(|problem| error(format!("error parsing template {template}, {problem}")))?;
            return Ok(Format::GoTemplate(parsed));
        }
        _ => {}
    }
    let allowed = if formats == Formats::Get { GET_FORMATS } else { FORMATS };
    let shown = crate::kubectl::select::quoted(output);
    Err(error(format!(
        "unable to match a printer suitable for the output format {shown}, allowed formats are: {allowed}"
    )))
}

fn template_text(context: &Context, value: Option<&str>, is_file: bool) -> Result<String, Failure> {
    let value = value.unwrap_or_default();
    if value.is_empty() {
        return Err(error("template format specified but no template given"));
    }
    if !is_file {
        return Ok(value.to_owned());
    }
    let path = crate::containers::files::normalize(&context.desk.cwd, value);
    let read = context.desk.files.read_text(&path);
    read.map_err(|_| {
        error(format!("error reading --template {value}, open {value}: no such file or directory\n"))
    })
}

fn custom_columns(context: &Context, args: &Args, name: &str, value: &str) -> Result<Format, Failure> {
    if value.is_empty() {
        return Err(error("custom-columns format specified but no custom columns given"));
    }
    let spec = match name {
        "custom-columns" => value.to_owned(),
        _ => {
            let path = crate::containers::files::normalize(&context.desk.cwd, value);
            let text = context.desk.files.read_text(&path).map_err(|_| {
                error(format!("error reading template {value}, open {value}: no such file or directory\n"))
            })?;
            let mut lines = text.lines();
            let mut words = |what: &str| -> Result<Vec<&str>, Failure> {
                let line = lines.next().ok_or_else(|| {
                    error(format!(
                        "invalid template, missing {what} line. Expected format is one line of space separated \
                         headers, one line of space separated column specs."
                    ))
                })?;
                Ok(line.split_whitespace().collect())
            };
            let (headers, paths) = (words("header")?, words("spec")?);
            if headers.len() != paths.len() {
                return Err(error(format!(
                    "number of headers ({}) and field specifications ({}) don't match",
                    headers.len(),
                    paths.len()
                )));
            }
            headers.iter().zip(&paths).map(|(h, p)| format!("{h}:{p}")).collect::<Vec<_>>().join(",")
        }
    };
    let mut columns = Vec::new();
    for part in spec.split(',') {
        let Some((header, path)) = part.split_once(':') else {
            return Err(error(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )));
        };
        let path = JsonPath::parse(&relaxed(path).map_err(error)?);
        columns.push(Column { header: header.to_owned(), path });
    }
    // Headers of a file are always printed.
    let no_headers = args.is("no-headers") && name == "custom-columns";
    Ok(Format::Columns { columns, no_headers })
}

impl Format {
    pub fn is_table(&self) -> bool {
        matches!(self, Format::Table { .. })
    }

    /// One object, as commands print what they changed. Tables are not printed here.
    ///
    /// # Errors
    /// When a template does not fit the object.
    pub fn print(&self, info: &Info) -> Result<String, Failure> {
        match self {
            Format::Name | Format::Table { .. } => Ok(format!("{}\n", info.reference())),
            _ => self.print_value(info),
        }
    }

    /// An object that the command itself made from its flags.
    ///
    /// # Errors
    /// When a template does not fit the object.
    pub fn print_typed(&self, info: &Info) -> Result<String, Failure> {
        match self {
            Format::Json => Ok(json::to_typed_json(info)),
            _ => self.print(info),
        }
    }

    /// Several objects as one list.
    ///
    /// # Errors
    /// When a template does not fit the list.
    pub fn print_list(&self, infos: &[Info]) -> Result<String, Failure> {
        match self {
            Format::Name | Format::Table { .. } => infos.iter().map(|info| self.print(info)).collect(),
            Format::Columns { columns, no_headers } => {
                let (text, printed) = print_columns_of(columns, *no_headers, infos);
                printed.map(|()| text)
            }
            _ => self.print_value(&Listing::of(infos)),
        }
    }

    /// # Errors
    /// When a template does not fit the value.
    pub fn print_value(&self, value: &dyn Viewed) -> Result<String, Failure> {
        match self {
            Format::Yaml { .. } => Ok(yaml::to_yaml_behind(self.separator(), value)),
            Format::Kyaml => Ok(kyaml::to_kyaml(value)),
            Format::Json => Ok(json::to_json(value)),
            Format::JsonPath { path, as_json, missing } => {
                let printed =
                    if *as_json { path.print_as_json(value, *missing) } else { path.print(value, *missing) };
                printed.map_err(|problem| jsonpath_error(path, value, &problem))
            }
            Format::GoTemplate(template) => {
                let mut text = String::new();
                match template.print(value, &mut text) {
                    Ok(()) => Ok(text),
                    Err(problem) => Err(go_template_error(template.raw(), value, text, &problem)),
                }
            }
            Format::Columns { columns, no_headers } => {
                let (text, printed) = print_columns(columns, *no_headers, std::iter::once(value));
                printed.map(|()| text)
            }
            Format::Name | Format::Table { .. } => Ok(String::new()),
        }
    }

    /// What stands between this document and the one before.
    fn separator(&self) -> &'static str {
        match self {
            Format::Yaml { begun } if begun.replace(true) => "---\n",
            _ => "",
        }
    }
}

/// Objects as one `v1.List`.
struct Listing<'a> {
    items: Items<'a>,
    metadata: Value,
}

struct Items<'a>(&'a [Info]);

impl Listing<'_> {
    fn of(infos: &[Info]) -> Listing<'_> {
        Listing { items: Items(infos), metadata: json!({"resourceVersion": ""}) }
    }
}

impl Viewed for Listing<'_> {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Fields for Listing<'_> {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        match name {
            "apiVersion" => Some(&"v1"),
            "items" => Some(&self.items),
            "kind" => Some(&"List"),
            "metadata" => Some(&self.metadata),
            _ => None,
        }
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        let names = ["apiVersion", "items", "kind", "metadata"];
        entries.extend(names.into_iter().filter_map(|name| Some((name, self.get(name)?))));
    }
}

impl Viewed for Items<'_> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl List for Items<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn item(&self, at: usize) -> Option<&dyn Viewed> {
        self.0.get(at).map(|info| info as &dyn Viewed)
    }
}

fn jsonpath_error(path: &JsonPath, value: &dyn Viewed, problem: &str) -> Failure {
    let raw = path.raw();
    let mut text = format!(
        "error executing jsonpath {}: Error executing template: {problem}. Printing more information for debugging \
         the template:\n\ttemplate was:\n\t\t{raw}\n\tobject given to jsonpath engine was:\n\t\t",
        crate::kubectl::select::quoted(raw),
    );
    write_syntax(&mut text, value);
    error(text + "\n\n\n")
}

/// What was printed so far stands before the error, and what helps to find it.
// Models staging/src/k8s.io/cli-runtime/pkg/printers/template.go PrintObj
fn go_template_error(raw: &str, value: &dyn Viewed, printed: String, problem: &str) -> Failure {
    let data = json::to_compact(value);
    let told = format!(
        "{printed}Error executing template: {problem}. Printing more information for debugging the template:\n\ttemplate \
         was:\n\t\t{raw}\n\traw data was:\n\t\t{data}\n\tobject given to template engine was:\n\t\t{}\n\n",
        go_text(value)
    );
    let raw = crate::kubectl::select::quoted(raw);
    Failure::Printed(told, format!("error executing template {raw}: {problem}"))
}

/// Objects in columns, up to one that an expression does not fit.
pub fn print_columns_of(
    columns: &[Column],
    no_headers: bool,
    infos: &[Info],
) -> (String, Result<(), Failure>) {
    print_columns(columns, no_headers, infos.iter().map(|info| info as &dyn Viewed))
}

// Models staging/src/k8s.io/kubectl/pkg/cmd/get/customcolumn.go
fn print_columns<'a>(
    columns: &'a [Column],
    no_headers: bool,
    values: impl Iterator<Item = &'a dyn Viewed>,
) -> (String, Result<(), Failure>) {
    let mut text = String::new();
    if !no_headers {
        let headers: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
        text.push_str(&headers.join("\t"));
        text.push('\n');
    }
    let paths: Result<Vec<&JsonPath>, &String> = columns.iter().map(|column| column.path.as_ref()).collect();
    let printed = paths.map_err(|problem| error(problem.as_str())).and_then(|paths| {
        for value in values {
            let cells: Result<Vec<String>, Failure> = paths.iter().map(|path| cell(path, value)).collect();
            text.push_str(&cells?.join("\t"));
            text.push('\n');
        }
        Ok(())
    });
    (TabWriter::table().lay_out(&text), printed)
}

fn cell(path: &JsonPath, value: &dyn Viewed) -> Result<String, Failure> {
    let found = path.values(value, MissingKeys::Allowed).map_err(error)?;
    Ok(match found.as_slice() {
        [] => "<none>".to_owned(),
        found => found.iter().map(|value| go_text(*value)).collect::<Vec<_>>().join(","),
    })
}
