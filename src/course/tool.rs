//! `sim lesson ...`: what an author does with lessons on the command line.

use std::fs;
use std::path::Path;

use super::compile::{self, Course};

const USAGE: &str = "sim lesson build DIR             собрать уроки в DIR/course.json и DIR/ID.json\n\
sim lesson check [DIR] [--seeds N]  проверить уроки (по умолчанию lessons, 20 seed)\n\
sim lesson new ID [DIR]          создать заготовку урока\n";

/// Runs the command. Answers the exit code: 0 done, 1 the lessons have mistakes, 2 the arguments have.
pub fn main(args: &[String], out: &mut String) -> i32 {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", target] => build(Path::new("lessons"), Path::new(target), out),
        ["build", target, source] => build(Path::new(source), Path::new(target), out),
        _ => {
            out.push_str(USAGE);
            2
        }
    }
}

fn build(source: &Path, target: &Path, out: &mut String) -> i32 {
    let course = match compile::course(source) {
        Ok(course) => course,
        Err(errors) => {
            errors.iter().for_each(|error| out.push_str(&format!("{error}\n")));
            return 1;
        }
    };
    course.findings.iter().for_each(|finding| out.push_str(&format!("{finding}\n")));
    match write(&course, target) {
        Ok(()) => 0,
        Err(error) => {
            out.push_str(&format!("{}: {error}\n", target.display()));
            1
        }
    }
}

fn write(course: &Course, target: &Path) -> std::io::Result<()> {
    fs::create_dir_all(target)?;
    fs::write(target.join("course.json"), course.index.to_string())?;
    for lesson in &course.lessons {
        fs::write(target.join(format!("{}.json", lesson.id)), lesson.value.to_string())?;
        for image in &lesson.images {
            let folder = target.join(&lesson.id);
            fs::create_dir_all(&folder)?;
            fs::copy(image, folder.join(image.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}
