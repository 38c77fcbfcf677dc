//! Sets of an object's fields: `FieldsV1`, in which managed fields tell who owns what.
// Models sigs.k8s.io/structured-merge-diff fieldpath/set.go

use serde_json::Value;

use super::codec::{Codec, DecodeError, Map};
use super::shared::{Shared, SharedText};
use super::view::{Entries, Fields, View, Viewed};

/// A field, and which of those inside it, belong to the set. Equal parts of sets can be the same memory: the pods of a
/// Job differ in little.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FieldSet {
    /// Whether the field itself belongs to it.
    own: bool,
    inside: Inside,
}

/// The fields inside by their steps as `FieldsV1` writes them, in order: `f:NAME` is a field, `k:{...}` an element of a
/// list by its keys, `v:VALUE` an element of a set. None of them is empty.
pub type Inside = Shared<Vec<(Step, FieldSet)>>;
pub type Step = SharedText;

/// How `FieldsV1` writes that a field with others inside belongs to the set itself.
const ITSELF: &str = ".";

impl FieldSet {
    pub fn new(own: bool, inside: Inside) -> FieldSet {
        FieldSet { own, inside }
    }

    /// Only the field at the end of these steps.
    pub fn of_path(steps: &[&str]) -> FieldSet {
        match steps {
            [] => FieldSet::new(true, Inside::default()),
            [step, rest @ ..] => {
                FieldSet::new(false, vec![(Step::from(*step), FieldSet::of_path(rest))].into())
            }
        }
    }

    /// With the field itself.
    pub fn with_itself(self) -> FieldSet {
        FieldSet { own: true, ..self }
    }

    pub fn is_empty(&self) -> bool {
        !self.own && self.inside.is_empty()
    }

    pub fn is_own(&self) -> bool {
        self.own
    }

    pub fn inside(&self) -> &[(Step, FieldSet)] {
        &self.inside
    }

    pub fn at(&self, step: &str) -> Option<&FieldSet> {
        let at = self.inside.binary_search_by(|(known, _)| (**known).cmp(step)).ok()?;
        Some(&self.inside[at].1)
    }

    /// What tells this set from others that are kept in memory.
    pub fn identity(&self) -> usize {
        self.inside.address() | usize::from(self.own)
    }

    pub fn union(&self, other: &FieldSet) -> FieldSet {
        self.combined(other, |here, there| here | there)
    }

    pub fn minus(&self, other: &FieldSet) -> FieldSet {
        self.combined(other, |here, there| here & !there)
    }

    pub fn common(&self, other: &FieldSet) -> FieldSet {
        self.combined(other, |here, there| here & there)
    }

    /// The set of the fields that `belongs` says yes to, by whether they are in one and in the other.
    fn combined(&self, other: &FieldSet, belongs: fn(bool, bool) -> bool) -> FieldSet {
        let own = belongs(self.own, other.own);
        let kept = |inside: &Inside, belongs| if belongs { inside.clone() } else { Inside::default() };
        // What is the same in both, or only in one, is not walked through.
        if self.inside.is_same(&other.inside) {
            return FieldSet::new(own, kept(&self.inside, belongs(true, true)));
        }
        if other.inside.is_empty() {
            return FieldSet::new(own, kept(&self.inside, belongs(true, false)));
        }
        if self.inside.is_empty() {
            return FieldSet::new(own, kept(&other.inside, belongs(false, true)));
        }
        let mut inside = Vec::new();
        let (mut left, mut right) = (self.inside(), other.inside());
        while let Some(step) = [left, right].iter().filter_map(|rest| Some(&rest.first()?.0)).min() {
            let set = taken(&mut left, step).combined(taken(&mut right, step), belongs);
            if !set.is_empty() {
                inside.push((step.clone(), set));
            }
        }
        FieldSet::new(own, inside.into())
    }

    /// Every field as a conflict names it: `.spec.containers[name="main"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.add_paths(&mut String::new(), &mut found);
        found
    }

    fn add_paths(&self, path: &mut String, found: &mut Vec<String>) {
        if self.own {
            found.push(path.clone());
        }
        for (step, set) in self.inside() {
            let length = path.len();
            path.push_str(&shown(step));
            set.add_paths(path, found);
            path.truncate(length);
        }
    }
}

/// The fields of an element of a list by which it is found, with their values.
pub fn keys_in(step: &str) -> Option<Map> {
    serde_json::from_str(step.strip_prefix("k:")?).ok()
}

/// A step as errors name it: `.image`, `[name="main"]`.
pub fn shown(step: &str) -> String {
    match (keys_in(step), step.split_once(':')) {
        (Some(keys), _) => {
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
        (None, Some(("v", value))) => format!("[={value}]"),
        (None, named) => format!(".{}", named.map_or(step, |(_, name)| name)),
    }
}

impl Codec for FieldSet {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let fields = Map::decode(value)?;
        let own = fields.is_empty() || fields.contains_key(ITSELF);
        let mut inside = Vec::new();
        for (step, value) in fields {
            if step != ITSELF {
                let set = FieldSet::decode(value).map_err(|error| error.inside(&step))?;
                inside.push((step.into(), set));
            }
        }
        Ok(FieldSet::new(own, inside.into()))
    }
}

impl Viewed for FieldSet {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
    fn shared_at(&self) -> Option<usize> {
        self.inside.is_shared().then(|| self.identity())
    }
}

/// Takes the first of the sets if it is at this step.
fn taken<'a>(sets: &mut &'a [(Step, FieldSet)], step: &str) -> &'a FieldSet {
    match *sets {
        [(known, set), rest @ ..] if **known == *step => {
            *sets = rest;
            set
        }
        _ => &NOTHING,
    }
}

static NOTHING: FieldSet = FieldSet { own: false, inside: Inside::empty() };
static LEAF: FieldSet = FieldSet { own: true, inside: Inside::empty() };

impl Fields for FieldSet {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        match name {
            ITSELF if self.own && !self.inside.is_empty() => Some(&LEAF),
            step => self.at(step).map(|set| set as &dyn Viewed),
        }
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        if self.own && !self.inside.is_empty() {
            entries.push((ITSELF, &LEAF));
        }
        entries.extend(self.inside().iter().map(|(step, set)| (&**step, set as &dyn Viewed)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::view::to_value;
    use serde_json::json;

    fn set(value: Value) -> FieldSet {
        FieldSet::decode(value).expect("a set")
    }

    #[test]
    fn the_wire_form_is_read_and_written() {
        let wire = json!({"f:spec": {"f:a": {}, "f:list": {".": {}, "k:{\"name\":\"x\"}": {".": {}, "f:name": {}}}}});
        let read = set(wire.clone());
        assert_eq!(to_value(&read), wire);
        let paths = [".spec.a", ".spec.list", ".spec.list[name=\"x\"]", ".spec.list[name=\"x\"].name"];
        assert_eq!(read.paths(), paths);
        assert!(FieldSet::decode(json!({"f:a": 1})).is_err());
    }

    #[test]
    fn sets_are_combined_field_by_field() {
        let one = set(json!({"f:a": {".": {}, "f:x": {}}, "f:b": {}}));
        let other = set(json!({"f:a": {"f:x": {}, "f:y": {}}, "f:c": {}}));
        let union = json!({"f:a": {".": {}, "f:x": {}, "f:y": {}}, "f:b": {}, "f:c": {}});
        assert_eq!(to_value(&one.union(&other)), union);
        assert_eq!(to_value(&one.minus(&other)), json!({"f:a": {}, "f:b": {}}));
        assert_eq!(to_value(&one.common(&other)), json!({"f:a": {"f:x": {}}}));
        assert!(one.minus(&one).is_empty());
        let none = FieldSet::default();
        assert_eq!((one.union(&none), none.union(&one)), (one.clone(), one.clone()));
        assert_eq!((one.minus(&none), none.minus(&one)), (one.clone(), none.clone()));
        assert_eq!((one.common(&none), none.common(&one)), (none.clone(), none));
        assert_eq!(FieldSet::of_path(&["f:a", "f:x"]), one.common(&other));
    }
}
