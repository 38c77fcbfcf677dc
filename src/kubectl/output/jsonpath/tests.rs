use super::*;
use crate::api::{Kind, Object};
use serde_json::json;

fn check(template: &str, expected: Result<&str, &str>) {
    let object = json!({"kind": "List", "items": [
        {"metadata": {"name": "a", "labels": {"x.y/z": "q"}}, "n": 1, "env": [{"name": "E", "value": "1"}]},
        {"metadata": {"name": "b"}, "n": 2},
        {"metadata": {"name": "c"}, "n": 3}
    ]});
    let got = JsonPath::parse(template).and_then(|path| path.print(&object, MissingKeys::Allowed));
    assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{template}");
}

#[test]
fn paths_find_values() {
    check("{.kind}", Ok("List"));
    check("{.items[*].metadata.name}", Ok("a b c"));
    check("{.items[0].metadata.name} {.items[-1].metadata.name}{'\\n'}", Ok("a c\n"));
    check("{.items[0:2].n}", Ok("1 2"));
    check("{.items[::2].n}", Ok("1 3"));
    check("{.items[5:5].n}", Ok(""));
    check("{..name}", Ok("E a b c"));
    check("{.items[0].env[0]['name','value']}", Ok("E 1"));
    check("{.items[0].metadata.labels.x\\.y/z}", Ok("q"));
    check("{.items[0].metadata}", Ok("{\"labels\":{\"x.y/z\":\"q\"},\"name\":\"a\"}"));
    check("{.nope}", Ok(""));
    check("plain {\"quoted\"}", Ok("plain quoted"));
    check("{$.kind}{@.kind}", Ok("ListList"));
}

#[test]
fn ranges_and_filters() {
    check("{range .items[*]}{.metadata.name}={.n};{end}!", Ok("a=1;b=2;c=3;!"));
    check("{range .none[*]}{.x}{end}!", Ok("!"));
    check("{.items[?(@.n>1)].metadata.name}", Ok("b c"));
    check("{.items[?(@.metadata.name==\"b\")].n}", Ok("2"));
    check("{.items[?(@.env)].metadata.name}", Ok("a"));
    check("{range .items[*]}{range .env[*]}{.name}{end},{end}", Ok("E,,,"));
}

#[test]
fn errors_have_upstreams_words() {
    check("{.metadata.name", Err("unclosed action"));
    check("{.items[9].n}", Err("array index out of bounds: index 9, length 3"));
    check("{.items[x]}", Err("invalid array index x"));
    check("{.kind[0]}", Err("string is not array or slice"));
    check("{end}", Err("not in range, nothing to end"));
    check("{.items[?(@.n==\"1\")]}", Err("incompatible types for comparison"));
    check("{nope}", Err("unrecognized identifier nope"));
    check("{.a....b}", Err("invalid multiple recursive descent"));
}

#[test]
fn an_object_prints_as_its_value_does() -> Result<(), Box<dyn std::error::Error>> {
    let pod = Object::decode(
        Kind::Pod,
        json!({
            "metadata": {"name": "p", "labels": {"a.b/c": "1"}, "selfLink": "/p"},
            "spec": {"containers": [{"name": "c", "image": "i", "tty": true}], "hostIPC": true},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [{"name": "c"}]},
        }),
    )?;
    for template in [
        "{.metadata.name} {.kind} {.metadata.selfLink} {.metadata.labels.a\\.b/c}",
        "{.spec.containers[0].image} {.spec.containers[*].tty} {.spec.hostIPC}",
        "{range .status.conditions[*]}{.type}={.status},{.lastProbeTime};{end}",
        "{.status.containerStatuses[?(@.ready==false)].name}",
        "{range .spec.containers[*]}x{end}{.status}{@}{..name}{.*}",
        "{.metadata 5}{.metadata.labels}{.status.phase}",
        "{.spec.containers[*]['name','image']}{.metadata.*}",
    ] {
        let path = JsonPath::parse(template)?;
        let printed = path.print(&pod, MissingKeys::Allowed)?;
        assert_eq!(printed, path.print(&pod.to_value(), MissingKeys::Allowed)?, "{template}");
    }
    Ok(())
}
