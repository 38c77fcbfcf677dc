//! Gives every build of the page and of its worker one id, so that a page never talks to a worker of another build.

use std::fs;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let mut hash = 0xcbf2_9ce4_8422_2325;
    hash_tree(Path::new("src"), &mut hash);
    hash_tree(Path::new("Cargo.lock"), &mut hash);
    println!("cargo:rustc-env=ZADACHNIK_BUILD={hash:016x}");
}

/// FNV-1a over names and contents, in the order of names.
fn hash_tree(path: &Path, hash: &mut u64) {
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            *hash = (*hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(path.to_string_lossy().replace('\\', "/").as_bytes());
    if path.is_dir() {
        let mut entries: Vec<_> =
            fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for entry in entries {
            hash_tree(&entry, hash);
        }
    } else {
        add(&fs::read(path).unwrap_or_default());
    }
}
