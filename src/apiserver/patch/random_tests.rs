//! Laws that hold for any objects: random ones are drawn from a small world, so that fields and keys often meet.

use serde_json::{Map, Value, json};

use super::{DiffOptions, PatchKind, apply_patch, diff_maps, diff_objects};
use crate::apiserver::apply::three_way_patch;
use crate::base::Random;

const HISTORIES: u64 = 1_000;

fn maybe(random: &mut Random) -> bool {
    random.below(2) == 0
}

/// A list of elements with different keys in random order.
fn keyed(random: &mut Random, key: &str, fill: impl Fn(&mut Random, &mut Map<String, Value>)) -> Value {
    let mut names = vec!["a", "b", "c", "d"];
    let mut items = Vec::new();
    while !names.is_empty() && random.below(4) > 0 {
        let name = names.remove(random.below(names.len() as u64) as usize);
        let mut item = Map::new();
        item.insert(key.to_owned(), json!(name));
        fill(random, &mut item);
        items.push(Value::Object(item));
    }
    Value::Array(items)
}

fn put(
    random: &mut Random,
    fields: &mut Map<String, Value>,
    name: &str,
    make: impl Fn(&mut Random) -> Value,
) {
    if maybe(random) {
        fields.insert(name.to_owned(), make(random));
    }
}

fn number(random: &mut Random) -> Value {
    json!(random.below(3))
}

fn container(random: &mut Random, fields: &mut Map<String, Value>) {
    put(random, fields, "image", number);
    put(random, fields, "args", |random| json!([random.below(2), random.below(2)]));
    put(random, fields, "env", |random| {
        keyed(random, "name", |random, fields| put(random, fields, "value", number))
    });
}

fn volume(random: &mut Random, fields: &mut Map<String, Value>) {
    let source = if maybe(random) { "emptyDir" } else { "configMap" };
    fields.insert(source.to_owned(), json!({"n": random.below(2)}));
}

fn object(random: &mut Random) -> Map<String, Value> {
    let mut fields = Map::new();
    for name in ["parallelism", "completions", "ttl"] {
        put(random, &mut fields, name, number);
    }
    put(random, &mut fields, "containers", |random| keyed(random, "name", container));
    put(random, &mut fields, "volumes", |random| keyed(random, "name", volume));
    put(random, &mut fields, "tolerations", |random| json!([{"key": random.below(2)}]));
    put(random, &mut fields, "finalizers", |random| {
        let keyed = keyed(random, "f", |_, _| {});
        keyed.as_array().into_iter().flatten().map(|item| item["f"].clone()).collect()
    });
    put(random, &mut fields, "labels", |random| {
        let mut labels = Map::new();
        for name in ["x", "y"] {
            put(random, &mut labels, name, number);
        }
        Value::Object(labels)
    });
    fields
}

fn patched(original: &Map<String, Value>, patch: Value) -> Value {
    let original = Value::Object(original.clone());
    apply_patch(original, PatchKind::Strategic, &patch).expect("the patch was made for it")
}

/// Empty maps and lists may be left behind where everything inside was removed.
fn without_empty(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(name, value)| (name.clone(), without_empty(value)));
            let empty = [json!({}), json!([]), Value::Null];
            Value::Object(kept.filter(|(_, value)| !empty.contains(value)).collect())
        }
        Value::Array(items) => items.iter().map(without_empty).collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn a_difference_applied_gives_the_modified_object() {
    for seed in 0..HISTORIES {
        let mut random = Random::new(seed);
        let (original, modified) = (object(&mut random), object(&mut random));
        let options = DiffOptions { changes: true, deletions: true };
        let patch = diff_maps(&original, &modified, options);
        let objects = [&original, &modified].map(|it| Value::Object(it.clone()));
        assert_eq!(diff_objects(&objects[0], &objects[1], options), patch, "seed {seed}");
        let result = patched(&original, Value::Object(patch.clone()));
        let expected = without_empty(&Value::Object(modified));
        assert_eq!(without_empty(&result), expected, "seed {seed}: {original:?} with {patch:?}");
    }
}

#[test]
fn applying_a_second_time_does_nothing_and_keeps_what_others_set() {
    for seed in 0..HISTORIES {
        let mut random = Random::new(seed);
        let (before, mut live, after) = (object(&mut random), object(&mut random), object(&mut random));
        live.insert("status".to_owned(), json!({"active": 1}));
        let (before, after) = (Value::Object(before), Value::Object(after));
        let patch =
            three_way_patch(Some(&before), &after, &Value::Object(live.clone())).expect("keys are there");
        let result = patched(&live, patch.clone());
        assert_eq!(result["status"], json!({"active": 1}), "seed {seed}");
        let again = three_way_patch(Some(&after), &after, &result).expect("keys are there");
        // Beside elements of others, upstream repeats the order that it wants; it changes nothing any more.
        let Value::Object(applied) = &result else { panic!("an object") };
        assert_eq!(patched(applied, again), result, "seed {seed}: {live:?} with {patch:?}");
    }
}
