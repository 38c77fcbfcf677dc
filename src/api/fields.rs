//! The field table: every field of every kind that the cluster stores, with its Go type. It is the one source for strict
//! decoding, `kubectl explain`, completion and hover.
//!
//! `fields.txt` has a block a type: its name, then a line a field, in the order of the Go struct:
//! `NAME TYPE [!] [#] [=DEFAULT] [(VALUE|VALUE)]`. `*` before a type is a Go pointer, `string:Name` a named string type,
//! `!` marks required fields and `#` immutable ones.

use std::sync::OnceLock;

use super::object::Kind;
use crate::base::sorted;

const TABLE: &str = include_str!("fields.txt");

/// A Go struct of the API.
#[derive(Debug)]
pub struct TypeInfo {
    pub name: &'static str,
    pub fields: Vec<Field>,
}

#[derive(Debug)]
pub struct Field {
    /// As in manifests.
    pub name: &'static str,
    pub shape: Shape,
    /// A Go pointer: absent differs from the zero value.
    pub pointer: bool,
    pub required: bool,
    pub immutable: bool,
    /// What the server writes when the field is absent.
    pub default: Option<&'static str>,
    /// The legal values of an enumeration; empty when any value is legal.
    pub values: Vec<&'static str>,
}

/// What a field holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// With the name of its Go type when it is a named one.
    Text(Option<&'static str>),
    Bool,
    Int32,
    Int64,
    Float64,
    /// base64 on the wire.
    Bytes,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    /// Any JSON value.
    Any,
    Struct(&'static str),
    List(Box<Shape>),
    Map(Box<Shape>),
}

impl TypeInfo {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Shape {
    fn parse(text: &'static str) -> Shape {
        if let Some(item) = text.strip_prefix("[]") {
            return if item == "byte" { Shape::Bytes } else { Shape::List(Box::new(Shape::parse(item))) };
        }
        if let Some(item) = text.strip_prefix("map[string]") {
            return Shape::Map(Box::new(Shape::parse(item)));
        }
        match text {
            "string" => Shape::Text(None),
            "bool" => Shape::Bool,
            "int32" => Shape::Int32,
            "int64" => Shape::Int64,
            "float64" => Shape::Float64,
            "Quantity" => Shape::Quantity,
            "IntOrString" => Shape::IntOrString,
            "Time" => Shape::Time,
            "MicroTime" => Shape::MicroTime,
            "FieldsV1" => Shape::Any,
            _ => match text.strip_prefix("string:") {
                Some(name) => Shape::Text(Some(name)),
                None => Shape::Struct(text),
            },
        }
    }

    /// The type as Go prints it in errors: `int32`, `[]string`, `v1.PodTemplateSpec`.
    pub fn go_type(&self) -> String {
        match self {
            Shape::Text(None) => "string".to_owned(),
            Shape::Text(Some("UID")) => "types.UID".to_owned(),
            Shape::Text(Some(name)) => format!("v1.{name}"),
            Shape::Bool => "bool".to_owned(),
            Shape::Int32 => "int32".to_owned(),
            Shape::Int64 => "int64".to_owned(),
            Shape::Float64 => "float64".to_owned(),
            Shape::Bytes => "[]uint8".to_owned(),
            Shape::Quantity => "resource.Quantity".to_owned(),
            Shape::IntOrString => "intstr.IntOrString".to_owned(),
            Shape::Time => "v1.Time".to_owned(),
            Shape::MicroTime => "v1.MicroTime".to_owned(),
            Shape::Any => "v1.FieldsV1".to_owned(),
            Shape::Struct(name) => format!("v1.{name}"),
            Shape::List(item) => format!("[]{}", item.go_type()),
            Shape::Map(item) if **item == Shape::Quantity => "v1.ResourceList".to_owned(),
            Shape::Map(item) => format!("map[string]{}", item.go_type()),
        }
    }

    /// The struct behind the field, its items or its values.
    pub fn struct_name(&self) -> Option<&'static str> {
        match self {
            Shape::Struct(name) => Some(name),
            Shape::List(item) | Shape::Map(item) => item.struct_name(),
            _ => None,
        }
    }

    /// The type as `kubectl explain` shows it: `integer`, `[]Container`, `map[string]string`.
    pub fn explain_type(&self) -> String {
        match self {
            Shape::Text(_) | Shape::Time | Shape::MicroTime | Shape::Bytes => "string".to_owned(),
            Shape::Bool => "boolean".to_owned(),
            Shape::Int32 | Shape::Int64 => "integer".to_owned(),
            Shape::Float64 => "number".to_owned(),
            Shape::Quantity => "Quantity".to_owned(),
            Shape::IntOrString => "IntOrString".to_owned(),
            Shape::Any => "FieldsV1".to_owned(),
            Shape::Struct(name) => (*name).to_owned(),
            Shape::List(item) => format!("[]{}", item.explain_type()),
            Shape::Map(item) => format!("map[string]{}", item.explain_type()),
        }
    }
}

/// Every type of the table, in its order.
pub fn types() -> &'static [TypeInfo] {
    static TYPES: OnceLock<Vec<TypeInfo>> = OnceLock::new();
    TYPES.get_or_init(|| parse_table(TABLE))
}

pub fn type_named(name: &str) -> Option<&'static TypeInfo> {
    static BY_NAME: OnceLock<Vec<&'static TypeInfo>> = OnceLock::new();
    let sorted = BY_NAME.get_or_init(|| {
        let mut sorted: Vec<&TypeInfo> = types().iter().collect();
        sorted::sort_by_key(&mut sorted, |info| info.name);
        sorted
    });
    sorted.binary_search_by_key(&name, |info| info.name).ok().map(|at| sorted[at])
}

pub fn type_of(kind: Kind) -> &'static TypeInfo {
    type_named(kind.as_str()).expect("the table has every kind")
}

/// The field at a path below a type: `spec.template.spec.containers[0].image`, indices optional. The last step may be
/// a key of a map: then the map itself is the answer.
pub fn field_at(start: &'static TypeInfo, path: &str) -> Option<&'static Field> {
    let mut info = start;
    let mut found = None;
    for step in path.split('.') {
        let name = step.split('[').next().unwrap_or_default();
        let field = info.field(name)?;
        found = Some(field);
        match field.shape.struct_name().and_then(type_named) {
            Some(next) => info = next,
            None => return found,
        }
    }
    found
}

fn parse_table(table: &'static str) -> Vec<TypeInfo> {
    let mut types: Vec<TypeInfo> = Vec::new();
    for line in table.lines() {
        match (line.strip_prefix(' '), types.last_mut()) {
            (Some(field), Some(info)) => info.fields.push(parse_field(field)),
            _ => types.push(TypeInfo { name: line, fields: Vec::new() }),
        }
    }
    types
}

fn parse_field(line: &'static str) -> Field {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let go_type = words.next().unwrap_or_default();
    let (pointer, go_type) = match go_type.strip_prefix('*') {
        Some(pointed) => (true, pointed),
        None => (false, go_type),
    };
    let shape = Shape::parse(go_type);
    let mut field =
        Field { name, shape, pointer, required: false, immutable: false, default: None, values: Vec::new() };
    for word in words {
        match word.split_at(1) {
            ("!", _) => field.required = true,
            ("#", _) => field.immutable = true,
            ("=", default) => field.default = Some(default),
            ("(", values) => field.values = values.trim_end_matches(')').split('|').collect(),
            _ => {}
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_through_lists_and_maps() {
        let job = type_of(Kind::Job);
        let image = field_at(job, "spec.template.spec.containers[0].image").expect("known");
        assert_eq!(image.shape, Shape::Text(None));
        let limits = field_at(job, "spec.template.spec.containers.resources.limits.cpu").expect("known");
        assert_eq!(limits.shape.go_type(), "v1.ResourceList");
        let limit = field_at(job, "spec.backoffLimit").expect("known");
        assert_eq!(
            (limit.default, limit.pointer, limit.shape.go_type().as_str()),
            (Some("6"), true, "int32")
        );
        assert!(field_at(job, "spec.backofflimit").is_none());
    }

    #[test]
    fn every_struct_of_the_table_is_in_the_table() {
        for info in types() {
            for field in &info.fields {
                if let Some(name) = field.shape.struct_name() {
                    assert!(type_named(name).is_some(), "{}.{}: {name}", info.name, field.name);
                }
            }
        }
    }
}
