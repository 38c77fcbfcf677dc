//! Rules about the source that the compiler does not hold: arrows between folders, sizes, banned names.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Which folders of src/ a folder may name. The order is the way that data flows, seen from its end.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("manifest", &["base"]),
    ("api", &["base", "manifest"]),
    ("apiserver", &["base", "manifest", "api"]),
    ("containers", &["base"]),
    ("controllers", &["base", "api", "apiserver"]),
    ("node", &["base", "api", "apiserver", "containers"]),
    ("cluster", &["base", "api", "apiserver", "controllers", "node", "containers"]),
    ("kubectl", &["base", "manifest", "api", "apiserver", "controllers", "node", "containers", "cluster"]),
    (
        "session",
        &["base", "manifest", "api", "apiserver", "controllers", "node", "containers", "cluster", "kubectl"],
    ),
    (
        "course",
        &[
            "base",
            "manifest",
            "api",
            "apiserver",
            "controllers",
            "containers",
            "cluster",
            "kubectl",
            "session",
        ],
    ),
    ("protocol", &["base"]),
    (
        "desk",
        &[
            "base",
            "manifest",
            "api",
            "apiserver",
            "controllers",
            "containers",
            "cluster",
            "kubectl",
            "session",
            "course",
            "protocol",
        ],
    ),
    // The page names the seam and nothing behind it: what it named would be linked into it.
    ("web", &["base", "protocol"]),
    ("ui", &["base", "protocol", "web", "course"]),
];

/// The parts of course/ that the page reads: plain data, which names no others.
const PAGE_PARTS_OF_COURSE: &[&str] = &["exam", "index", "matcher", "mistake", "progress", "sheet"];

/// Words that only the named folders may contain, each with the reason.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("leptos", &["ui", "web", "main.rs"], "the core builds without the page"),
    ("web_sys", &["ui", "web", "main.rs", "bin/container.rs"], "the browser stays at the edge"),
    ("js_sys", &["ui", "web", "main.rs", "bin/container.rs"], "the browser stays at the edge"),
    (
        "wasm_bindgen",
        &["ui", "web", "main.rs", "bin/container.rs", "bin/cluster.rs"],
        "the browser stays at the edge",
    ),
    ("gloo", &["ui", "web", "main.rs"], "the browser stays at the edge"),
    ("unsafe_libyaml", &["manifest"], "the YAML library can be replaced in one place"),
    ("serde_yaml", &[], "manifest/ reads YAML as kubectl does"),
    ("std::time", &["bin"], "virtual time is the only time"),
    ("SystemTime", &["bin"], "virtual time is the only time"),
    ("HashMap", &[], "hash order differs between machines"),
    ("HashSet", &[], "hash order differs between machines"),
    (".unwrap()", &[], "say why it cannot fail with expect, or handle the error"),
    ("todo!(", &[], "what is not there answers with a clear error"),
    ("unimplemented!(", &[], "what is not there answers with a clear error"),
];

struct SourceFile {
    path: PathBuf,
    /// Relative to its root, with forward slashes.
    name: String,
    text: String,
}

fn rust_files(root: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable folder") {
            let path = entry.expect("readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("readable file");
                let name = path.strip_prefix(&root).expect("below root").to_string_lossy().replace('\\', "/");
                files.push(SourceFile { path, name, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "no source found below {}", root.display());
    files
}

/// The part before the unit tests, without comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let product = numbered.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    product.map(|(at, line)| (at, line.split("//").next().unwrap_or_default()))
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("tests.rs") || name.contains("/tests/")
}

#[test]
fn folders_depend_in_one_direction() {
    let mut faults = Vec::new();
    for file in rust_files("src").iter().filter(|file| !is_test_file(&file.name)) {
        let folder = file.name.split('/').next().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else { continue };
        for (at, line) in product_lines(&file.text) {
            for (used_at, _) in line.match_indices("crate::") {
                let rest = &line[used_at + "crate::".len()..];
                let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ARROWS.iter().any(|(name, _)| *name == used);
                if known && used != folder && !allowed.contains(&used.as_str()) {
                    faults.push(format!("src/{}:{at}: {folder} must not use {used}", file.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "forbidden arrows:\n{}", faults.join("\n"));
}

#[test]
fn the_page_reads_plain_data_of_the_course() {
    let mut faults = Vec::new();
    for file in rust_files("src").iter().filter(|file| !is_test_file(&file.name)) {
        let part = file.name.strip_prefix("course/").and_then(|name| name.strip_suffix(".rs"));
        let is_part = part.is_some_and(|part| PAGE_PARTS_OF_COURSE.contains(&part));
        let prefixes: &[&str] = match () {
            _ if is_part => &["super::", "crate::"],
            _ if file.name.starts_with("ui/") => &["crate::course::"],
            _ => continue,
        };
        for (at, line) in product_lines(&file.text) {
            for prefix in prefixes {
                let Some((_, rest)) = line.split_once(prefix) else { continue };
                let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !PAGE_PARTS_OF_COURSE.contains(&used.as_str()) {
                    faults.push(format!("src/{}:{at}: {}", file.name, line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "this would link more than plain data into the page:\n{}", faults.join("\n"));
}

#[test]
fn banned_names_stay_in_their_folders() {
    let mut faults = Vec::new();
    for file in rust_files("src").iter().filter(|file| !is_test_file(&file.name)) {
        for (word, folders, reason) in BANNED {
            let allowed =
                |folder: &&str| file.name == **folder || file.name.starts_with(&format!("{folder}/"));
            if folders.iter().any(allowed) {
                continue;
            }
            for (at, _) in product_lines(&file.text).filter(|(_, line)| line.contains(word)) {
                faults.push(format!("src/{}:{at}: {word}: {reason}", file.name));
            }
        }
    }
    assert!(faults.is_empty(), "banned names:\n{}", faults.join("\n"));
}

#[test]
fn files_and_functions_stay_small() {
    let mut faults = Vec::new();
    for root in ["src", "tests"] {
        for file in rust_files(root) {
            let lines = file.text.lines().count();
            if lines > FILE_LINES_MAX {
                faults.push(format!("{root}/{}: {lines} lines, at most {FILE_LINES_MAX}", file.name));
            }
            for (at, length) in long_functions(&file.text) {
                faults.push(format!("{root}/{}:{at}: function of {length} lines", file.name));
            }
        }
    }
    assert!(faults.is_empty(), "too long:\n{}", faults.join("\n"));
}

/// Functions above the limit: (first line, length). Relies on rustfmt: a function ends at its own indentation.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let mut words = code.split_whitespace().take(5);
        let starts = !code.starts_with("//") && words.any(|word| word == "fn");
        if starts && !code.ends_with(';') && !code.ends_with('}') {
            open.push((at, indent));
        } else if code == "}" && open.last().is_some_and(|(_, opened)| *opened == indent) {
            let (start, _) = open.pop().expect("just seen");
            let length = at - start + 1;
            if length > FUNCTION_LINES_MAX {
                found.push((start + 1, length));
            }
        }
    }
    found
}

#[test]
fn the_measure_of_functions_sees_a_long_one() {
    let body = "    let x = 1;\n".repeat(FUNCTION_LINES_MAX);
    let text = format!("impl X {{\n    pub fn long() {{\n{body}    }}\n    fn short() {{\n    }}\n}}\n");
    assert_eq!(long_functions(&text), [(2, FUNCTION_LINES_MAX + 2)]);
}
