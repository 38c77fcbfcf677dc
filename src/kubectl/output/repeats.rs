//! Parts that many objects share, such as the spec of a Job's pods, are written once and copied from then on.

use crate::api::view::Viewed;

/// For so many parts it is known what was written of them.
const SLOTS: usize = 512;

/// Where the parts of an output stand in it.
#[derive(Default)]
pub struct Repeats(Vec<Repeat>);

/// A part of objects as it is written at some depth.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Where it lies in memory; 0 is nowhere.
    address: usize,
    /// Equal where it is written the same.
    place: usize,
}

#[derive(Clone, Copy, Default)]
struct Repeat {
    part: Part,
    start: usize,
    end: usize,
}

impl Part {
    /// `None` for what only one object has. What follows a key looks the same wherever the key has the same depth.
    pub fn behind_key(value: &dyn Viewed, depth: usize) -> Option<Part> {
        Part::of(value, depth * 2)
    }

    /// The same of an item of a list.
    pub fn in_list(value: &dyn Viewed, depth: usize) -> Option<Part> {
        Part::of(value, depth * 2 + 1)
    }

    fn of(value: &dyn Viewed, place: usize) -> Option<Part> {
        value.shared_at().map(|address| Part { address, place })
    }

    fn slot(self) -> usize {
        (self.address / align_of::<usize>() + self.place) % SLOTS
    }
}

impl Repeats {
    /// Whether the part was written before; then its text is added to the end of `out`.
    pub fn copy(&self, part: Option<Part>, out: &mut String) -> bool {
        let known = part.and_then(|part| self.0.get(part.slot()).filter(|repeat| repeat.part == part));
        if let Some(repeat) = known {
            out.extend_from_within(repeat.start..repeat.end);
        }
        known.is_some()
    }

    /// Notes that the part was written from `start` to `end`.
    pub fn note(&mut self, part: Option<Part>, start: usize, end: usize) {
        let Some(part) = part else { return };
        self.0.resize(SLOTS, Repeat::default());
        self.0[part.slot()] = Repeat { part, start, end };
    }
}
