//! `sim lesson ...`: what an author does with lessons on the command line.

use std::fs;
use std::path::Path;

use super::compile::{self, Course};
use super::{skeleton, verify};

/// Seeds on which a lesson must work.
const SEEDS: u64 = 20;

const USAGE: &str = "sim lesson build DIR             собрать уроки в DIR/course.json и DIR/ID.json\n\
sim lesson check [DIR] [--seeds N]  проверить уроки (по умолчанию lessons, 20 seed)\n\
sim lesson golden [DIR]          записать истории решений, с которыми сверяется check\n\
sim lesson new ID [DIR]          создать заготовку урока\n";

/// Runs the command. Answers the exit code: 0 done, 1 the lessons have mistakes, 2 the arguments have.
pub fn main(args: &[String], out: &mut String) -> i32 {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", target] => build(Path::new("lessons"), Path::new(target), out),
        ["build", target, source] => build(Path::new(source), Path::new(target), out),
        ["check", rest @ ..] => check(rest, out),
        ["golden"] => golden(Path::new("lessons"), out),
        ["golden", root] => golden(Path::new(root), out),
        ["new", id] => new(id, Path::new("lessons"), out),
        ["new", id, root] => new(id, Path::new(root), out),
        _ => {
            out.push_str(USAGE);
            2
        }
    }
}

/// Creates a folder with the next free number.
fn new(id: &str, root: &Path, out: &mut String) -> i32 {
    if id == "course" || !compile::references::is_id(id) {
        out.push_str("ИД урока состоит из строчных латинских букв, цифр и дефисов\n");
        return 2;
    }
    let folders = compile::folder::entries(root).into_iter().filter_map(compile::folder::Folder::at);
    let number = folders.map(|folder| folder.number).max().unwrap_or(0) + 1;
    let folder = root.join(format!("{number:02}-{id}"));
    for (name, text) in skeleton::FILES {
        let path = folder.join(name);
        let text = text.replace("id: ID", &format!("id: {id}"));
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        if let Err(error) = written {
            out.push_str(&format!("{}: {error}\n", path.display()));
            return 1;
        }
    }
    out.push_str(&format!("Заготовка урока — {}\n", folder.display()));
    golden(root, out)
}

/// Writes the history of every lesson's solution into its folder.
fn golden(root: &Path, out: &mut String) -> i32 {
    let course = match compile::course(root) {
        Ok(course) => course,
        Err(errors) => {
            errors.iter().for_each(|error| out.push_str(&format!("{error}\n")));
            return 1;
        }
    };
    let mut code = 0;
    for compiled in &course.lessons {
        match verify::golden(compiled) {
            Ok(history) if history == compiled.golden => {}
            Ok(history) => {
                let path = compiled.folder.path.join(compile::folder::GOLDEN);
                match fs::write(&path, format!("{history}\n")) {
                    Ok(()) => out.push_str(&format!("{}: {history}\n", path.display())),
                    Err(error) => {
                        out.push_str(&format!("{}: {error}\n", path.display()));
                        code = 1;
                    }
                }
            }
            Err(error) => {
                out.push_str(&format!("{error}\n"));
                code = 1;
            }
        }
    }
    code
}

/// `[DIR] [--seeds N]`.
fn check(words: &[&str], out: &mut String) -> i32 {
    let (root, seeds) = match words {
        [] => ("lessons", Some(SEEDS)),
        [root] => (*root, Some(SEEDS)),
        ["--seeds", seeds] => ("lessons", seeds.parse().ok()),
        [root, "--seeds", seeds] => (*root, seeds.parse().ok()),
        _ => ("", None),
    };
    let Some(seeds) = seeds.filter(|seeds| (1..=1_000).contains(seeds)) else {
        out.push_str(USAGE);
        return 2;
    };
    let errors = match compile::course(Path::new(root)) {
        Ok(course) => verify::course(&course, seeds),
        Err(errors) => errors,
    };
    errors.iter().for_each(|error| out.push_str(&format!("{error}\n")));
    if errors.is_empty() {
        out.push_str(&format!("Уроки в порядке (проверено на {seeds} seed)\n"));
    }
    i32::from(!errors.is_empty())
}

/// What keeps a whole build in the students' browsers: see scripts/offline.mjs.
const OFFLINE_WORKER: &str = "offline-worker.js";
const OFFLINE_ADVICE: &str = "Браузеры учеников хранят сборку целиком. Чтобы они узнали о новых уроках: node scripts/offline.mjs dist\n";

fn build(source: &Path, target: &Path, out: &mut String) -> i32 {
    let compiled =
        compile::course(source).and_then(|mut course| verify::measure(&mut course).map(|()| course));
    let course = match compiled {
        Ok(course) => course,
        Err(errors) => {
            errors.iter().for_each(|error| out.push_str(&format!("{error}\n")));
            return 1;
        }
    };
    course.findings.iter().for_each(|finding| out.push_str(&format!("{finding}\n")));
    match write(&course, target) {
        Ok(()) => {
            if target.with_file_name(OFFLINE_WORKER).exists() {
                out.push_str(OFFLINE_ADVICE);
            }
            0
        }
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
