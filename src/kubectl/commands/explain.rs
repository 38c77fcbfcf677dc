//! `kubectl explain`.
// Models staging/src/k8s.io/kubectl/pkg/explain/v2

use super::done;
use crate::api::field_texts::text_of;
use crate::api::fields::{Field, Shape, TypeInfo, type_named, type_of};
use crate::base::sorted;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::output::jsonpath::JsonPath;
use crate::kubectl::resources::{self, Resource};
use crate::kubectl::{Context, Outcome};

/// Types nest no deeper than this in `--recursive`.
const DEPTH_MAX: usize = 16;
const WIDTH: usize = 80;

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let path = match args.words.as_slice() {
        [] => {
            return Err(error(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list \
                 of supported resources.\n",
            ));
        }
        [path] => path,
        _ => return Err(error("We accept only this format: explain RESOURCE")),
    };
    let output = args.text("output");
    if !matches!(output, "plaintext" | "plaintext-openapiv2") {
        return Err(error(format!("unrecognized format: {output}")));
    }
    let path = path.strip_suffix('.').unwrap_or(path);
    if path.is_empty() {
        return Err(error("a resource must be present, got: /, Resource="));
    }
    if path.starts_with('.') || path.contains("..") || path.contains('[') {
        return Err(error("invalid jsonpath syntax, first node must be field node"));
    }
    JsonPath::parse(&format!("{{.{path}}}")).map_err(error)?;
    // Groups and versions have dots themselves: the longest beginning that is a resource is it.
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let split = |at: usize| Some((resources::find(&path[..at])?, &path[at..]));
    let Some((resource, rest)) = ends.filter_map(split).next_back() else {
        let name = path.split('.').next().unwrap_or_default();
        return Err(Failure::Bare(format!("the server doesn't have a resource type {name:?}")));
    };
    let parts = rest.split('.').filter(|part| !part.is_empty());
    check_version(args.text("api-version"), resource)?;
    let Some(kind) = resource.stored else {
        return Err(error(format!("fields of {} are not described here", resource.kind)));
    };
    let mut info = type_of(kind);
    let mut field: Option<Field> = None;
    for part in parts {
        let found = fields_of(info).into_iter().find(|field| field.name == part);
        let Some(found) = found else { return Err(error(format!("field {part:?} does not exist"))) };
        info = found.shape.struct_name().and_then(type_named).unwrap_or(&NO_FIELDS);
        field = Some(found);
    }
    let recursive = args.is("recursive");
    let text = explain(resource, info, field.as_ref(), recursive);
    context.print(text);
    done()
}

/// `--api-version`: versions that the server knows hold the resource or do not, others are not there.
fn check_version(given: &str, resource: &Resource) -> Result<(), Failure> {
    if given.is_empty() || given == resource.api_version {
        return Ok(());
    }
    if given.matches('/').count() > 1 {
        return Err(error(format!("unexpected GroupVersion string: {given}")));
    }
    let (group, version) = given.split_once('/').unwrap_or(("", given));
    let plural = resource.plural;
    Err(error(match resources::RESOURCES.iter().any(|known| known.api_version == given) {
        true => format!("GVR ({group}/{version}, Resource={plural}) not found in OpenAPI schema"),
        false => format!("couldn't find resource for \"{group}/{version}, Resource={plural}\""),
    }))
}

static NO_FIELDS: TypeInfo = TypeInfo { name: "", fields: Vec::new() };

/// The fields in the order of their names; objects also have their type's.
fn fields_of(info: &TypeInfo) -> Vec<Field> {
    let copy = |field: &Field| Field {
        name: field.name,
        shape: field.shape.clone(),
        pointer: field.pointer,
        required: field.required,
        immutable: field.immutable,
        default: field.default,
        values: field.values.clone(),
    };
    let mut fields: Vec<Field> = info.fields.iter().map(copy).collect();
    if fields.iter().any(|field| field.name == "metadata" && field.shape == Shape::Struct("ObjectMeta"))
        && resources::RESOURCES.iter().any(|resource| resource.kind == info.name)
    {
        for name in ["apiVersion", "kind"] {
            let (shape, values) = (Shape::Text(None), Vec::new());
            fields.push(Field {
                name,
                shape,
                pointer: false,
                required: false,
                immutable: false,
                default: None,
                values,
            });
        }
    }
    sorted::sort_by_key(&mut fields, |field| field.name);
    fields
}

fn explain(resource: &Resource, info: &TypeInfo, field: Option<&Field>, recursive: bool) -> String {
    let mut out = String::new();
    if !resource.group().is_empty() {
        out += &format!("GROUP:      {}\n", resource.group());
    }
    out += &format!("KIND:       {}\nVERSION:    {}\n\n", resource.kind, resource.version());
    if let Some(field) = field {
        out += &format!("FIELD: {} <{}>{}\n\n", field.name, field.shape.explain_type(), marks(field));
    }
    let about = match field {
        Some(field) => text_of(field.name),
        None => text_of(resource.kind),
    };
    out.push_str("DESCRIPTION:\n");
    wrap(&mut out, about, 4);
    if let Some(field) = field {
        extras(&mut out, field, 4);
    }
    let fields = fields_of(info);
    if !fields.is_empty() {
        out.push_str("\nFIELDS:\n");
        for field in &fields {
            describe_field(&mut out, field, 2, recursive, 0);
        }
    }
    out.push('\n');
    out
}

fn marks(field: &Field) -> &'static str {
    if field.required { " -required-" } else { "" }
}

fn describe_field(out: &mut String, field: &Field, indent: usize, recursive: bool, depth: usize) {
    let padding = " ".repeat(indent);
    *out += &format!("{padding}{}\t<{}>{}\n", field.name, field.shape.explain_type(), marks(field));
    if !recursive {
        extras(out, field, indent + 2);
        wrap(out, text_of(field.name), indent + 2);
        out.push('\n');
        return;
    }
    if !field.values.is_empty() {
        *out += &format!("{padding}enum: {}\n", field.values.join(", "));
    }
    let inner = field.shape.struct_name().and_then(type_named).filter(|_| depth < DEPTH_MAX);
    for field in inner.map(fields_of).unwrap_or_default() {
        describe_field(out, &field, indent + 2, recursive, depth + 1);
    }
}

/// Legal values, the default and whether the field can be changed.
fn extras(out: &mut String, field: &Field, indent: usize) {
    let padding = " ".repeat(indent);
    if !field.values.is_empty() {
        *out += &format!("{padding}enum: {}\n", field.values.join(", "));
    }
    if let Some(default) = field.default {
        *out += &format!("{padding}По умолчанию: {default}\n");
    }
    if field.immutable {
        *out += &format!("{padding}После создания не меняется.\n");
    }
}

fn wrap(out: &mut String, text: &str, indent: usize) {
    let padding = " ".repeat(indent);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            *out += &format!("{padding}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    *out += &format!("{padding}{line}\n");
}
