//! Three documents: an object, a patch of every kind, a JSONPath template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zadachnik::apiserver::apply::{last_applied, three_way_patch, with_last_applied};
use zadachnik::apiserver::patch::{PatchKind, apply_patch};
use zadachnik::kubectl::output::jsonpath::{JsonPath, MissingKeys};
use zadachnik::manifest::decode_stream;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (template, documents) = text.split_once('\n').unwrap_or((&text, ""));
    let values: Vec<_> = decode_stream(documents).into_iter().flatten().collect();
    let object = values.first().cloned().unwrap_or_default();
    let change = values.get(1).cloned().unwrap_or_default();
    if let Ok(path) = JsonPath::parse(template) {
        let _ = path.print(&object, MissingKeys::Allowed);
    }
    for kind in [PatchKind::JsonMerge, PatchKind::Strategic, PatchKind::Json] {
        let _ = apply_patch(object.clone(), kind, &change);
    }
    let sent = with_last_applied(&change);
    let _ = three_way_patch(last_applied(&object).as_ref(), &sent, &object);
    let _ = three_way_patch(Some(&object), &change, &object);
});
