//! The course, checked by machine.

use std::path::Path;

use zadachnik::course::compile;
use zadachnik::course::lesson::{CourseIndex, Lesson};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons")
}

fn compiled() -> compile::Course {
    compile::course(&root()).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>())
    })
}

#[test]
fn lessons_compile_and_their_prose_is_clean() {
    let course = compiled();
    let findings: String = course.findings.iter().map(|finding| format!("{finding}\n")).collect();
    assert!(findings.is_empty(), "{findings}");
    let index = CourseIndex::read(&course.index).expect("a readable index");
    assert_eq!(index.lessons().count(), course.lessons.len());
    for lesson in &course.lessons {
        let read = Lesson::read(&lesson.value).expect(&lesson.id);
        assert_eq!(
            read.checks.goals.len(),
            index.lessons().find(|card| card.id == read.id).expect("card").goals.len()
        );
    }
}
