//! The file system of a container: a tree in memory, with volumes mounted into it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::base::{lossy_string, sorted};

/// Why a file operation failed; the text is the one of the C library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileError {
    NotFound,
    NotDirectory,
    IsDirectory,
    ReadOnly,
    Exists,
    NotEmpty,
    TooLarge,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileError::NotFound => "No such file or directory",
            FileError::NotDirectory => "Not a directory",
            FileError::IsDirectory => "Is a directory",
            FileError::ReadOnly => "Read-only file system",
            FileError::Exists => "File exists",
            FileError::NotEmpty => "Directory not empty",
            FileError::TooLarge => "No space left on device",
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Directory,
    File,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    Directory,
    File(Vec<u8>),
}

/// Nodes by their path relative to the root of the tree; the root itself is the empty path and always there.
type Tree = BTreeMap<String, Node>;

/// One file holds at most this many bytes: a runaway loop must not eat the memory of the page.
const MAX_FILE_BYTES: usize = 16 << 20;

/// Storage that several containers can mount at once. Clones are handles of the same storage.
#[derive(Clone, Debug, Default)]
pub struct Volume(Arc<Mutex<Tree>>);

impl Volume {
    pub fn new() -> Volume {
        Volume::default()
    }

    /// A volume with these files: relative path and content.
    pub fn with_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Volume {
        let volume = Volume::new();
        for (path, content) in files {
            volume.write(path, content);
        }
        volume
    }

    /// Puts a file at a relative path, with the directories above it.
    pub fn write(&self, path: &str, content: &[u8]) {
        let path = path.trim_matches('/');
        let mut tree = self.lock();
        add_parents(&mut tree, path);
        tree.insert(path.to_string(), Node::File(content.to_vec()));
    }

    fn lock(&self) -> MutexGuard<'_, Tree> {
        // A panic elsewhere leaves the tree whole: every change is a single insertion or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Debug)]
struct Mount {
    /// Relative to the root, without slashes at the ends.
    at: String,
    volume: Volume,
    read_only: bool,
}

/// The tree that one container sees. A clone is a copy of the container's own files (made when written to);
/// mounted volumes stay shared.
#[derive(Clone, Debug, Default)]
pub struct FileSystem {
    root: Arc<Tree>,
    mounts: Vec<Mount>,
}

impl FileSystem {
    /// A root with the usual directories.
    pub fn new() -> FileSystem {
        let mut files = FileSystem::default();
        files.add_usual_directories();
        files
    }

    fn add_usual_directories(&mut self) {
        for path in
            ["/bin", "/dev", "/etc", "/home", "/proc", "/root", "/tmp", "/usr/bin", "/usr/local", "/var/tmp"]
        {
            self.make_directories(path).expect("the root is writable");
        }
    }

    /// The same with storage that clones share: commands that run beside a container's first process see and change
    /// the same files.
    pub fn shared() -> FileSystem {
        let mut files = FileSystem::default();
        files.mount("/", Volume::new(), false);
        files.add_usual_directories();
        files
    }

    /// Mounts a volume over a directory, made if it is not there.
    pub fn mount(&mut self, at: &str, volume: Volume, read_only: bool) {
        // Failing to make the mount point only hides it from a listing of its parent.
        let _ = self.make_directories(at);
        let at = at.trim_matches('/').to_string();
        self.mounts.retain(|mount| mount.at != at);
        self.mounts.push(Mount { at, volume, read_only });
        sorted::sort_by_key(&mut self.mounts, |mount| std::cmp::Reverse(mount.at.len()));
    }

    /// The content of a file at an absolute path.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.with_tree(path, |tree, path| match tree.get(path) {
            Some(Node::File(content)) => Ok(content.clone()),
            Some(Node::Directory) => Err(FileError::IsDirectory),
            None if path.is_empty() => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        })
    }

    /// The content from a byte offset on; at most `limit` bytes.
    pub fn read_from(&self, path: &str, offset: usize, limit: usize) -> Result<Vec<u8>, FileError> {
        self.with_tree(path, |tree, path| match tree.get(path) {
            Some(Node::File(content)) => {
                let from = offset.min(content.len());
                Ok(content[from..content.len().min(from.saturating_add(limit))].to_vec())
            }
            Some(Node::Directory) => Err(FileError::IsDirectory),
            None if path.is_empty() => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        })
    }

    /// The content as text, invalid bytes replaced.
    pub fn read_text(&self, path: &str) -> Result<String, FileError> {
        Ok(lossy_string(&self.read(path)?))
    }

    pub fn kind(&self, path: &str) -> Option<Kind> {
        self.with_tree(path, |tree, path| match tree.get(path) {
            Some(Node::File(_)) => Some(Kind::File),
            Some(Node::Directory) => Some(Kind::Directory),
            None => path.is_empty().then_some(Kind::Directory),
        })
    }

    /// The size of a file in bytes.
    pub fn size(&self, path: &str) -> Option<usize> {
        self.with_tree(path, |tree, path| match tree.get(path) {
            Some(Node::File(content)) => Some(content.len()),
            _ => None,
        })
    }

    /// Names in a directory, sorted.
    pub fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        match self.kind(path) {
            None => return Err(FileError::NotFound),
            Some(Kind::File) => return Err(FileError::NotDirectory),
            Some(Kind::Directory) => {}
        }
        Ok(self.with_tree(path, |tree, path| {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
            tree.range(prefix.clone()..)
                .map_while(|(name, _)| name.strip_prefix(prefix.as_str()))
                .filter(|name| !name.is_empty() && !name.contains('/'))
                .map(String::from)
                .collect()
        }))
    }

    /// Replaces or makes a file. The directory must be there.
    pub fn write(&mut self, path: &str, content: &[u8]) -> Result<(), FileError> {
        self.put(path, content, 0, true).map(|_| ())
    }

    /// Makes the file if needed and appends to it.
    pub fn append(&mut self, path: &str, content: &[u8]) -> Result<(), FileError> {
        self.put(path, content, usize::MAX, false).map(|_| ())
    }

    /// Writes at a byte offset (clamped to the end); truncates first if asked. Returns the offset behind the write.
    pub fn put(
        &mut self,
        path: &str,
        content: &[u8],
        offset: usize,
        truncate: bool,
    ) -> Result<usize, FileError> {
        self.check_parent(path)?;
        self.change(path, |tree, path| {
            if path.is_empty() {
                return Err(FileError::IsDirectory);
            }
            let node = tree.entry(path.to_string()).or_insert_with(|| Node::File(Vec::new()));
            let Node::File(bytes) = node else { return Err(FileError::IsDirectory) };
            if truncate {
                bytes.clear();
            }
            let from = offset.min(bytes.len());
            if from + content.len() > MAX_FILE_BYTES {
                return Err(FileError::TooLarge);
            }
            let overlap = (bytes.len() - from).min(content.len());
            bytes[from..from + overlap].copy_from_slice(&content[..overlap]);
            bytes.extend_from_slice(&content[overlap..]);
            Ok(from + content.len())
        })?
    }

    pub fn make_directory(&mut self, path: &str) -> Result<(), FileError> {
        self.check_parent(path)?;
        if self.kind(path).is_some() {
            return Err(FileError::Exists);
        }
        self.change(path, |tree, path| {
            tree.insert(path.to_string(), Node::Directory);
        })
    }

    /// Makes a directory and all above it; one that is there is fine.
    pub fn make_directories(&mut self, path: &str) -> Result<(), FileError> {
        let path = normalize("/", path);
        let mut upto = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            upto.push('/');
            upto.push_str(part);
            match self.kind(&upto) {
                Some(Kind::Directory) => {}
                Some(Kind::File) => return Err(FileError::Exists),
                None => self.make_directory(&upto)?,
            }
        }
        Ok(())
    }

    /// Removes a file or an empty directory.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        match self.kind(path) {
            None => return Err(FileError::NotFound),
            Some(Kind::Directory) if !self.list(path)?.is_empty() => return Err(FileError::NotEmpty),
            Some(_) => {}
        }
        self.change(path, |tree, path| {
            tree.remove(path);
        })
    }

    /// Removes a file or a directory with all that is in it.
    pub fn remove_all(&mut self, path: &str) -> Result<(), FileError> {
        if self.kind(path) == Some(Kind::Directory) {
            let inside = format!("{}/", path.trim_matches('/'));
            let under_mount = self.mounts.iter().any(|mount| mount.at.starts_with(&inside));
            if under_mount {
                return Err(FileError::NotEmpty);
            }
            self.change(path, |tree, path| {
                let prefix = format!("{path}/");
                tree.retain(|name, _| !name.starts_with(&prefix) && !path.is_empty());
            })?;
        }
        self.remove(path)
    }

    /// The mount that holds a path and the path inside it.
    fn locate<'a>(&'a self, path: &'a str) -> (Option<&'a Mount>, &'a str) {
        let path = path.trim_matches('/');
        for mount in &self.mounts {
            if let Some(rest) = path.strip_prefix(mount.at.as_str())
                && (rest.is_empty() || rest.starts_with('/') || mount.at.is_empty())
            {
                return (Some(mount), rest.trim_matches('/'));
            }
        }
        (None, path)
    }

    fn with_tree<T>(&self, path: &str, look: impl FnOnce(&Tree, &str) -> T) -> T {
        match self.locate(path) {
            (Some(mount), inside) => look(&mount.volume.lock(), inside),
            (None, path) => look(&self.root, path),
        }
    }

    fn change<T>(&mut self, path: &str, make: impl FnOnce(&mut Tree, &str) -> T) -> Result<T, FileError> {
        match self.locate(path) {
            (Some(mount), _) if mount.read_only => Err(FileError::ReadOnly),
            (Some(mount), inside) => Ok(make(&mut mount.volume.lock(), inside)),
            (None, path) => {
                let path = path.to_string();
                Ok(make(Arc::make_mut(&mut self.root), &path))
            }
        }
    }

    fn check_parent(&self, path: &str) -> Result<(), FileError> {
        let parent = path.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
        match self.kind(parent) {
            Some(Kind::Directory) => Ok(()),
            Some(Kind::File) => Err(FileError::NotDirectory),
            None => Err(FileError::NotFound),
        }
    }
}

fn add_parents(tree: &mut Tree, path: &str) {
    for (at, _) in path.match_indices('/') {
        tree.entry(path[..at].to_string()).or_insert(Node::Directory);
    }
}

/// An absolute path without `.`, `..` and doubled slashes.
pub fn normalize(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { directory };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_file_systems_share_a_volume_but_not_their_roots() {
        let volume = Volume::new();
        let mut one = FileSystem::new();
        one.mount("/data", volume.clone(), false);
        let mut other = one.clone();
        one.write("/data/x", b"1").expect("writable");
        one.write("/tmp/x", b"1").expect("writable");
        assert_eq!(other.read("/data/x"), Ok(b"1".to_vec()));
        assert_eq!(other.read("/tmp/x"), Err(FileError::NotFound));
        assert_eq!(other.list("/data"), Ok(vec!["x".to_string()]));
        assert!(other.list("/").expect("the root").contains(&"data".to_string()));
        other.remove_all("/data/x").expect("there");
        assert_eq!(one.kind("/data/x"), None);
    }

    #[test]
    fn a_read_only_mount_refuses_writes() {
        let mut files = FileSystem::new();
        files.mount("/etc/config", Volume::with_files([("a/b", b"v".as_slice())]), true);
        assert_eq!(files.read_text("/etc/config/a/b").as_deref(), Ok("v"));
        assert_eq!(files.write("/etc/config/c", b""), Err(FileError::ReadOnly));
        assert_eq!(files.list("/etc/config"), Ok(vec!["a".to_string()]));
    }

    #[test]
    fn errors_are_those_of_a_unix_file_system() {
        let mut files = FileSystem::new();
        assert_eq!(files.write("/nowhere/x", b""), Err(FileError::NotFound));
        assert_eq!(files.write("/tmp", b""), Err(FileError::IsDirectory));
        files.write("/tmp/f", b"abc").expect("writable");
        assert_eq!(files.write("/tmp/f/g", b""), Err(FileError::NotDirectory));
        assert_eq!(files.remove("/usr"), Err(FileError::NotEmpty));
        files.append("/tmp/f", b"de").expect("writable");
        assert_eq!(files.read_from("/tmp/f", 1, 3), Ok(b"bcd".to_vec()));
    }

    #[test]
    fn paths_are_made_absolute() {
        assert_eq!(normalize("/a/b", "../c/./d//e"), "/a/c/d/e");
        assert_eq!(normalize("/a", "/../x/"), "/x");
        assert_eq!(normalize("/", "."), "/");
    }
}
