//! Lists and objects as `meta.k8s.io/v1` tables: kubectl prints the cells that the server sends.

use serde_json::{Value, json};
use zadachnik::apiserver::Shown;
use zadachnik::base::Time;
use zadachnik::kubectl::objects::{Info, Item};
use zadachnik::kubectl::printers;
use zadachnik::kubectl::resources::Resource;

use super::http::Request;

pub fn is_wanted(request: &Request) -> bool {
    let accepted = request.header("accept");
    accepted.contains("as=Table") && accepted.contains("g=meta.k8s.io")
}

/// A table of these objects; `include` is the request's `includeObject`.
pub fn table(resource: &Resource, infos: &[Info], version: u64, include: &str, now: Time) -> Value {
    let columns = printers::columns(resource.plural).iter();
    let columns: Vec<Value> = columns.map(|(name, wide)| column(name, *wide)).collect();
    let rows: Vec<Value> = infos.iter().map(|info| row(info, include, now)).collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version.to_string()},
        "columnDefinitions": columns, "rows": rows,
    })
}

fn column(name: &str, wide: bool) -> Value {
    let format = if name == "NAME" { "name" } else { "" };
    json!({
        "name": title(name), "type": "string", "format": format, "description": "", "priority": i32::from(wide),
    })
}

/// `LAST SEEN` as the server spells it: `Last Seen`.
fn title(name: &str) -> String {
    if name == "IP" {
        return name.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first.chain(letters.flat_map(char::to_lowercase)).collect::<String>()
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn row(info: &Info, include: &str, now: Time) -> Value {
    let cells = match &info.item {
        Item::Stored(object) | Item::Shown(Shown { object, .. }) => printers::row(object, now),
        Item::Value(value) => printers::value_row(info.resource.plural, value, now),
    };
    let object = match include {
        "Object" => info.item.to_value(),
        "None" => Value::Null,
        _ => {
            let metadata = info.item.to_value()["metadata"].take();
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
        }
    };
    json!({"cells": cells, "object": object})
}
