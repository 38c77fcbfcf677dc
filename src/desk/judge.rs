//! A lesson's judge over the run: goals, variants and remarks, told when they change.

use crate::course::checker::Checker;
use crate::course::checks::Checks;
use crate::course::feed::Feed;
use crate::course::lesson::Lesson;
use crate::protocol::views::{GoalRow, RemarkRow};
use crate::protocol::{Change, LessonOpening};
use crate::session::Session;

pub struct Judge {
    checker: Checker,
    feed: Feed,
    /// The same history judged by the goals of variants.
    variants: Vec<Variant>,
    /// What was judged last: the version of the objects, the revision of the terminal.
    seen: Option<(u64, u64)>,
    goals: Vec<GoalRow>,
    variant_rows: Vec<GoalRow>,
    remarks: Vec<RemarkRow>,
    /// Why there is nothing to judge by.
    damage: Option<RemarkRow>,
}

struct Variant {
    id: String,
    text: String,
    checker: Checker,
    feed: Feed,
}

/// # Errors
/// With the reason, in Russian, when the text is no compiled lesson.
pub fn read(text: &str) -> Result<Lesson, String> {
    let value = serde_json::from_str(text).map_err(|_| "это не JSON".to_owned())?;
    Lesson::read(&value).map_err(|mistake| mistake.message)
}

impl Judge {
    /// A lesson whose checks cannot be read has no goals, and says so.
    pub fn of(opening: &LessonOpening, read: &Result<Lesson, String>) -> Judge {
        let nothing = Lesson::default();
        let (lesson, damage) = match read {
            Ok(lesson) => (lesson, None),
            Err(reason) => (&nothing, Some(format!("Файл урока повреждён: {reason}"))),
        };
        let LessonOpening { met, seed, .. } = opening;
        let drawn = lesson.drawn_variants(*seed).into_iter().filter_map(|variant| {
            let goal = variant.drawn(*seed).ok()?.goal;
            let (id, text) = (variant.id.clone(), goal.text.clone());
            // The goal's own id plays no part: it is met when the variant is.
            let met: Vec<String> = if met.contains(&id) { vec![goal.id.clone()] } else { Vec::new() };
            let checker = Checker::new(Checks { goals: vec![goal], ..Checks::default() }, &met);
            Some(Variant { id, text, checker, feed: Feed::default() })
        });
        Judge {
            variants: drawn.collect(),
            checker: Checker::new(lesson.checks.clone(), met),
            feed: Feed::default(),
            seen: None,
            goals: Vec::new(),
            variant_rows: Vec::new(),
            remarks: Vec::new(),
            damage: damage.map(|say| RemarkRow { id: "damage".to_owned(), say, dead_end: false }),
        }
    }

    /// Judges what happened since the last look.
    pub fn tell(&mut self, session: &Session, changes: &mut Vec<Change>) {
        let present = (session.cluster().api().version().0, session.terminal().revision);
        if self.seen.replace(present) == Some(present) {
            return;
        }
        for variant in &mut self.variants {
            variant.feed.pass_on(session, &mut variant.checker);
        }
        self.feed.pass_on(session, &mut self.checker);
        tell_new(&mut self.goals, goal_rows(&self.checker), changes, Change::Goals);
        let variants = self.variants.iter().map(|variant| GoalRow {
            id: variant.id.clone(),
            text: variant.text.clone(),
            met: variant.checker.is_done(),
            missing: None,
        });
        tell_new(&mut self.variant_rows, variants.collect(), changes, Change::Variants);
        let mut remarks = remark_rows(&self.checker);
        remarks.extend(self.damage.clone());
        tell_new(&mut self.remarks, remarks, changes, Change::Remarks);
    }
}

fn goal_rows(checker: &Checker) -> Vec<GoalRow> {
    let rows = checker.goals().into_iter().map(|goal| GoalRow {
        id: goal.id.to_owned(),
        text: goal.text.to_owned(),
        met: goal.met,
        missing: goal.missing,
    });
    rows.collect()
}

fn remark_rows(checker: &Checker) -> Vec<RemarkRow> {
    let anti = checker.anti().into_iter().map(|remark| (remark, false));
    let remarks = anti.chain(checker.dead_ends().into_iter().map(|remark| (remark, true)));
    remarks
        .map(|(remark, dead_end)| RemarkRow { id: remark.id.to_owned(), say: remark.say, dead_end })
        .collect()
}

fn tell_new<T: PartialEq + Clone>(
    known: &mut Vec<T>,
    rows: Vec<T>,
    changes: &mut Vec<Change>,
    change: impl FnOnce(Vec<T>) -> Change,
) {
    if *known != rows {
        known.clone_from(&rows);
        changes.push(change(rows));
    }
}
