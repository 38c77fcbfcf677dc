use serde_json::{Value, json};

use super::*;

#[track_caller]
fn check(kind: PatchKind, original: Value, patch: Value, expected: Result<Value, &str>) {
    let found = apply_patch(original, kind, &patch).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned), "{patch}");
}

#[test]
fn json_merge_replaces_lists_and_removes_with_null() {
    check(
        PatchKind::JsonMerge,
        json!({"a": {"b": 1, "c": [1, 2]}, "d": 1}),
        json!({"a": {"b": null, "c": [3]}, "e": {"f": null, "g": 1}}),
        Ok(json!({"a": {"c": [3]}, "d": 1, "e": {"g": 1}})),
    );
    let message = "json: cannot unmarshal array into Go value of type map[string]interface {}";
    check(PatchKind::JsonMerge, json!({}), json!([]), Err(message));
}

#[test]
fn json_patch_carries_out_every_operation() {
    let document = json!({"spec": {"list": [1, 2], "a/b": 1}});
    let cases = [
        (json!({"op": "add", "path": "/spec/list/1", "value": 9}), json!({"list": [1, 9, 2], "a/b": 1})),
        (json!({"op": "add", "path": "/spec/list/-", "value": 9}), json!({"list": [1, 2, 9], "a/b": 1})),
        (json!({"op": "add", "path": "/spec/new", "value": 9}), json!({"list": [1, 2], "a/b": 1, "new": 9})),
        (json!({"op": "remove", "path": "/spec/a~1b"}), json!({"list": [1, 2]})),
        (json!({"op": "replace", "path": "/spec/list/0", "value": 5}), json!({"list": [5, 2], "a/b": 1})),
        (
            json!({"op": "replace", "path": "/spec/new", "value": 5}),
            json!({"list": [1, 2], "a/b": 1, "new": 5}),
        ),
        (
            json!({"op": "copy", "from": "/spec/nope", "path": "/spec/new"}),
            json!({"list": [1, 2], "a/b": 1, "new": null}),
        ),
        (json!({"op": "move", "from": "/spec/a~1b", "path": "/spec/c"}), json!({"list": [1, 2], "c": 1})),
        (
            json!({"op": "copy", "from": "/spec/list/1", "path": "/spec/list/0"}),
            json!({"list": [2, 1, 2], "a/b": 1}),
        ),
        (json!({"op": "test", "path": "/spec/list", "value": [1, 2]}), json!({"list": [1, 2], "a/b": 1})),
    ];
    for (operation, spec) in cases {
        check(PatchKind::Json, document.clone(), json!([operation]), Ok(json!({"spec": spec})));
    }
}

#[test]
fn json_patch_refuses_what_does_not_fit_without_saying_why() {
    let rejected = "the server rejected our request due to an error in our request";
    for operation in [
        json!({"op": "replace", "path": "/spec/nope/deep", "value": 3}),
        json!({"op": "replace", "path": "/spec/list/1", "value": 3}),
        json!({"op": "copy", "from": "/spec/nope/deep", "path": "/spec/x"}),
        json!({"op": "remove", "path": "/spec/nope"}),
        json!({"op": "add", "path": "/spec/list/7", "value": 3}),
        json!({"op": "test", "path": "/spec/list/0", "value": 3}),
        json!({"op": "twist", "path": "/spec"}),
        json!({"path": "/spec"}),
    ] {
        check(PatchKind::Json, json!({"spec": {"list": [1]}}), json!([operation]), Err(rejected));
    }
    let message = "json: cannot unmarshal object into Go value of type jsonpatch.Patch";
    check(PatchKind::Json, json!({}), json!({}), Err(message));
}

#[test]
fn strategic_merge_knows_the_keys_of_lists() {
    let original = json!({"containers": [{"name": "a", "image": "x", "env": [{"name": "E", "value": "1"}]}, {"name": "b"}]});
    let cases = [
        (
            json!({"containers": [{"name": "a", "image": "y"}]}),
            json!({"containers": [{"name": "a", "image": "y", "env": [{"name": "E", "value": "1"}]}, {"name": "b"}]}),
        ),
        (
            json!({"containers": [{"name": "a", "env": [{"name": "F", "value": "2"}]}]}),
            json!({"containers": [{"name": "a", "image": "x",
                "env": [{"name": "F", "value": "2"}, {"name": "E", "value": "1"}]}, {"name": "b"}]}),
        ),
        (json!({"containers": [{"name": "a", "$patch": "delete"}]}), json!({"containers": [{"name": "b"}]})),
        (
            json!({"containers": [{"$patch": "replace"}, {"name": "c"}]}),
            json!({"containers": [{"name": "c"}]}),
        ),
        (
            json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}),
            json!({"containers": [{"name": "b"}, {"name": "a", "image": "x", "env": [{"name": "E", "value": "1"}]}]}),
        ),
        (json!({"containers": null}), json!({})),
    ];
    for (patch, expected) in cases {
        check(PatchKind::Strategic, original.clone(), patch, Ok(expected));
    }
}

#[test]
fn strategic_merge_of_sets_and_maps() {
    let original = json!({"finalizers": ["a", "b"], "tolerations": [{"key": "k"}], "labels": {"x": "1"}});
    let cases = [
        (json!({"finalizers": ["c"]}), json!(["c", "a", "b"]), "finalizers"),
        (json!({"$deleteFromPrimitiveList/finalizers": ["a"]}), json!(["b"]), "finalizers"),
        (json!({"tolerations": [{"key": "l"}]}), json!([{"key": "l"}]), "tolerations"),
        (json!({"labels": {"$patch": "replace", "y": "2"}}), json!({"y": "2"}), "labels"),
        (json!({"labels": {"$patch": "delete"}}), json!({}), "labels"),
        (json!({"labels": {"$retainKeys": ["y"], "y": "2"}}), json!({"y": "2"}), "labels"),
        (json!({"new": {"kept": 1, "gone": null, "$retainKeys": []}}), json!({"kept": 1}), "new"),
    ];
    for (patch, expected, field) in cases {
        let merged = apply_patch(original.clone(), PatchKind::Strategic, &patch).expect("fits");
        assert_eq!(merged[field], expected, "{patch}");
    }
}

#[test]
fn strategic_merge_names_what_is_wrong() {
    check(
        PatchKind::Strategic,
        json!({"containers": [{"name": "a"}]}),
        json!({"containers": [{"image": "x"}]}),
        Err("map: map[image:x] does not contain declared merge key: name"),
    );
    check(
        PatchKind::Strategic,
        json!({}),
        json!({"$patch": "twist", "a": 1}),
        Err("unknown patch type: twist in map: map[a:1]"),
    );
}
