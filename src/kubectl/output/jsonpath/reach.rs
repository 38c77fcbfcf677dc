//! Which part of an object a template reads, before it runs.

use super::parse::Node;
use crate::api::codec::Part;

/// Where the template stands: the fields on its way, or `None` where there is nothing that is not read already.
type Place<'a> = Option<Vec<&'a str>>;

/// Steps into lists leave no trace here: what is read of one item is read of all.
pub fn part(blocks: &[Vec<Node>]) -> Part {
    let mut part = Part::default();
    let mut ranges: Vec<Place> = vec![Some(Vec::new())];
    for block in blocks {
        let here = ranges.last().cloned().flatten();
        match block.first() {
            Some(Node::Identifier(name)) if name == "end" => drop(ranges.pop()),
            Some(Node::Identifier(name)) if name == "range" => {
                let items = walk(&mut part, here, &block[1..]);
                ranges.push(items);
            }
            _ => {
                if let Some(place) = walk(&mut part, here, block) {
                    part.add(&place, Part::Whole);
                }
            }
        }
    }
    // A range without its end runs twice, on different objects.
    if ranges.len() == 1 { part } else { Part::Whole }
}

fn walk<'a>(part: &mut Part, mut place: Place<'a>, nodes: &'a [Node]) -> Place<'a> {
    for node in nodes {
        let fields = place.as_mut()?;
        match node {
            Node::Field(name) => fields.push(name),
            Node::Array(_) => {}
            Node::Filter { left, right, .. } => {
                for side in [left, right] {
                    if let Some(compared) = walk(part, Some(fields.clone()), side) {
                        part.add(&compared, Part::Whole);
                    }
                }
            }
            // A text stands for itself, whatever is there.
            Node::Text(_) => return None,
            // As many as there are values.
            Node::Int(_) | Node::Float(_) | Node::Bool(_) => {
                part.add(fields, Part::default());
                return None;
            }
            Node::Wildcard | Node::Recursive | Node::Union(_) | Node::Identifier(_) => {
                part.add(fields, Part::Whole);
                return None;
            }
        }
        part.add(fields, Part::default());
    }
    place
}

#[cfg(test)]
mod tests {
    use super::super::{JsonPath, MissingKeys};
    use super::*;
    use crate::api::{Kind, Object};
    use serde_json::json;

    fn read(template: &str) -> Part {
        JsonPath::parse(template).map_or(Part::Whole, |path| path.part())
    }

    fn fields(places: &[&[&str]]) -> Part {
        let mut part = Part::default();
        for place in places {
            part.add(place, Part::Whole);
        }
        part
    }

    #[test]
    fn what_is_named_is_read() {
        assert_eq!(read("{.metadata.name}"), fields(&[&["metadata", "name"]]));
        assert_eq!(
            read("{range .items[*]}{.metadata.name}{'\\t'}{.status.phase}{end}{.kind}"),
            fields(&[&["items", "metadata", "name"], &["items", "status", "phase"], &["kind"]])
        );
        assert_eq!(
            read("{.items[?(@.status.phase=='Failed')].metadata['name','uid']}"),
            fields(&[&["items", "status", "phase"], &["items", "metadata"]])
        );
        assert_eq!(read("{.spec}{.spec.nodeName}"), fields(&[&["spec"]]));
    }

    #[test]
    fn what_may_be_anywhere_is_the_whole() {
        for template in ["{..name}", "{.*}", "{}", "{@}", "{range .items[*]}{.metadata.name}", "{end}"] {
            assert_eq!(read(template), Part::Whole, "{template}");
        }
        assert_eq!(read("{.items[*]..name}"), fields(&[&["items"]]));
    }

    #[test]
    fn the_part_prints_as_the_whole_does() -> Result<(), Box<dyn std::error::Error>> {
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
            "{.status.containerStatuses[0]}",
            "{range .spec.containers[*]}x{end}",
            "{.metadata 5}{.metadata.labels}{.status.phase}",
            "{.spec.containers[*]['name','image']}{.metadata.*}",
        ] {
            let path = JsonPath::parse(template)?;
            let printed = path.print(&pod.to_partial_value(&path.part()), MissingKeys::Allowed)?;
            assert_eq!(printed, path.print(&pod.to_value(), MissingKeys::Allowed)?, "{template}");
        }
        Ok(())
    }
}
