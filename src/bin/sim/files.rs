//! The current folder's text files become the learner's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Larger files are left out: a manifest is never that long.
const FILE_MAX_BYTES: u64 = 4 << 20;
const FOLDER_DEPTH_MAX: usize = 3;

/// Text files below a folder by their relative path. Hidden, large and binary files are left out.
pub fn read_folder(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    read_into(folder, "", FOLDER_DEPTH_MAX, &mut files);
    files
}

fn read_into(folder: &Path, prefix: &str, depth: usize, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let skipped = name.starts_with('.') || name == "target" || name == "node_modules";
        let Ok(metadata) = entry.metadata() else { continue };
        if skipped {
            continue;
        }
        if metadata.is_dir() {
            if depth > 0 {
                read_into(&entry.path(), &format!("{prefix}{name}/"), depth - 1, files);
            }
        } else if metadata.len() <= FILE_MAX_BYTES
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            files.insert(format!("{prefix}{name}"), text);
        }
    }
}
