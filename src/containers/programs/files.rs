//! Programs around files: ls, mkdir, rm, cp, mv, touch, find, mktemp and others.

use super::args::Args;
use crate::containers::files::{FileError, Kind, normalize};
use crate::containers::images::Base;
use crate::containers::kernel::{Step, Sys};

/// Reports an error of a file operation; the exit code is 1.
fn complain(sys: &mut Sys, what: &str, error: FileError) -> i32 {
    let name = sys.task().argv[0].rsplit('/').next().unwrap_or("").to_string();
    sys.err(&format!("{name}: {what}: {error}\n"));
    1
}

fn arguments(sys: &Sys, flags: &str, valued: &str) -> Args {
    Args::parse(&sys.task().argv, flags, valued, &[])
}

pub fn ls(sys: &mut Sys) -> Step {
    let args = arguments(sys, "1aAlhdRrtSFipsnkC", "w");
    let (all, long, one_up) = (args.has(&["a", "A"]), args.has(&["l"]), args.has(&["d"]));
    let mut paths = args.operands.clone();
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let mut code = 0;
    let mut text = String::new();
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for path in &paths {
        match sys.kernel.files.kind(&sys.path(path)) {
            Some(Kind::Directory) if !one_up => directories.push(path.clone()),
            Some(_) => files.push(path.clone()),
            None => {
                let busybox = sys.kernel.image.base == Base::Busybox;
                let what = if busybox { path.clone() } else { format!("cannot access '{path}'") };
                complain(sys, &what, FileError::NotFound);
                code = if busybox { 1 } else { 2 };
            }
        }
    }
    for path in &files {
        text.push_str(&listed(sys, path, path, long));
    }
    for path in &directories {
        let full = sys.path(path);
        if paths.len() > 1 {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{path}:\n"));
        }
        let mut names = sys.kernel.files.list(&full).unwrap_or_default();
        names.retain(|name| all || !name.starts_with('.'));
        if args.has(&["a"]) {
            names.splice(0..0, [".".to_string(), "..".to_string()]);
        }
        if args.has(&["r"]) {
            names.reverse();
        }
        if long {
            text.push_str("total 0\n");
        }
        for name in names {
            let full = format!("{full}/{name}");
            text.push_str(&listed(sys, &full, &name, long));
        }
    }
    sys.out(&text);
    Step::Exit(code)
}

fn listed(sys: &Sys, path: &str, name: &str, long: bool) -> String {
    if !long {
        return format!("{name}\n");
    }
    let path = sys.path(path);
    let size = sys.kernel.files.size(&path).unwrap_or(4096);
    let (mode, links) = match sys.kernel.files.kind(&path) {
        Some(Kind::Directory) => ("drwxr-xr-x", 2),
        _ => ("-rw-r--r--", 1),
    };
    let date = super::date::format(sys.now(), "%b %e %H:%M");
    format!("{mode} {links} root root {size:>8} {date} {name}\n")
}

pub fn mkdir(sys: &mut Sys) -> Step {
    let args = arguments(sys, "pv", "m");
    let mut code = 0;
    for path in &args.operands {
        let full = sys.path(path);
        let files = &mut sys.kernel.files;
        let made = if args.has(&["p"]) { files.make_directories(&full) } else { files.make_directory(&full) };
        if let Err(error) = made {
            code = complain(sys, &format!("cannot create directory '{path}'"), error);
        }
    }
    Step::Exit(code)
}

pub fn rmdir(sys: &mut Sys) -> Step {
    let args = arguments(sys, "pv", "");
    let mut code = 0;
    for path in &args.operands {
        let full = sys.path(path);
        let removed = match sys.kernel.files.kind(&full) {
            Some(Kind::File) => Err(FileError::NotDirectory),
            _ => sys.kernel.files.remove(&full),
        };
        if let Err(error) = removed {
            code = complain(sys, &format!("failed to remove '{path}'"), error);
        }
    }
    Step::Exit(code)
}

pub fn rm(sys: &mut Sys) -> Step {
    let args = arguments(sys, "rRfvidI", "");
    let (recursive, force) = (args.has(&["r", "R", "recursive"]), args.has(&["f", "force"]));
    let mut code = 0;
    for path in &args.operands {
        let full = sys.path(path);
        let removed = match sys.kernel.files.kind(&full) {
            None if force => continue,
            Some(Kind::Directory) if !recursive => Err(FileError::IsDirectory),
            Some(_) if recursive => sys.kernel.files.remove_all(&full),
            _ => sys.kernel.files.remove(&full),
        };
        if let Err(error) = removed {
            code = complain(sys, &format!("cannot remove '{path}'"), error);
        }
    }
    Step::Exit(code)
}

pub fn touch(sys: &mut Sys) -> Step {
    let args = arguments(sys, "acmh", "dtr");
    let mut code = 0;
    for path in &args.operands {
        let full = sys.path(path);
        if sys.kernel.files.kind(&full).is_none()
            && !args.has(&["c"])
            && let Err(error) = sys.kernel.files.append(&full, b"")
        {
            code = complain(sys, &format!("cannot touch '{path}'"), error);
        }
    }
    Step::Exit(code)
}

/// `cp` and `mv`.
pub fn copy(sys: &mut Sys) -> Step {
    let args = arguments(sys, "arRfpvnidLPTu", "t");
    let moves = sys.task().argv[0].ends_with("mv");
    let recursive = moves || args.has(&["a", "r", "R", "recursive"]);
    let Some((target, sources)) = args.operands.split_last().filter(|(_, sources)| !sources.is_empty())
    else {
        let name = if moves { "mv" } else { "cp" };
        sys.err(&format!("{name}: missing file operand\nTry '{name} --help' for more information.\n"));
        return Step::Exit(1);
    };
    let target_path = sys.path(target);
    let into = sys.kernel.files.kind(&target_path) == Some(Kind::Directory);
    let mut code = 0;
    for source in sources {
        let from = sys.path(source);
        let name = from.rsplit('/').next().unwrap_or("");
        let to = if into { normalize(&target_path, name) } else { target_path.clone() };
        let inside = format!("{}/", from.trim_end_matches('/'));
        let done = match sys.kernel.files.kind(&from) {
            None => {
                let verb = "cannot stat";
                code = complain(sys, &format!("{verb} '{source}'"), FileError::NotFound);
                continue;
            }
            Some(Kind::Directory) if !recursive => {
                sys.err(&format!("cp: -r not specified; omitting directory '{source}'\n"));
                code = 1;
                continue;
            }
            Some(_) if to == from || to.starts_with(&inside) => Err(FileError::Exists),
            Some(_) => copy_tree(sys, &from, &to),
        };
        let done = done.and_then(|()| if moves { sys.kernel.files.remove_all(&from) } else { Ok(()) });
        if let Err(error) = done {
            code = complain(sys, &format!("cannot create regular file '{to}'"), error);
        }
    }
    Step::Exit(code)
}

/// Copies a file or a directory with all in it.
fn copy_tree(sys: &mut Sys, from: &str, to: &str) -> Result<(), FileError> {
    let mut open = vec![(from.to_string(), to.to_string())];
    while let Some((from, to)) = open.pop() {
        let files = &mut sys.kernel.files;
        if files.kind(&from) == Some(Kind::Directory) {
            files.make_directories(&to)?;
            for name in files.list(&from)? {
                open.push((format!("{from}/{name}"), format!("{to}/{name}")));
            }
        } else {
            let content = files.read(&from)?;
            files.write(&to, &content)?;
        }
    }
    Ok(())
}

pub fn mktemp(sys: &mut Sys) -> Step {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let args = arguments(sys, "dqtu", "p");
    let template = args.operands.first().cloned().unwrap_or_else(|| "/tmp/tmp.XXXXXXXXXX".to_string());
    let stem = template.trim_end_matches('X');
    let tail: String = (stem.len()..template.len())
        .map(|_| LETTERS[sys.kernel.random.below(LETTERS.len() as u64) as usize] as char)
        .collect();
    let name = format!("{stem}{tail}");
    let path = sys.path(&name);
    let files = &mut sys.kernel.files;
    let made = if args.has(&["d"]) { files.make_directories(&path) } else { files.write(&path, b"") };
    match made {
        Ok(()) => {
            sys.out(&format!("{name}\n"));
            Step::Exit(0)
        }
        Err(error) => {
            Step::Exit(complain(sys, &format!("failed to create file via template '{template}'"), error))
        }
    }
}

pub fn basename(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let Some(path) = argv.get(1) else {
        sys.err("basename: missing operand\nTry 'basename --help' for more information.\n");
        return Step::Exit(1);
    };
    let trimmed = path.trim_end_matches('/');
    let mut name = trimmed.rsplit('/').next().unwrap_or("");
    if trimmed.is_empty() && path.starts_with('/') {
        name = "/";
    }
    if let Some(suffix) = argv.get(2)
        && name != suffix
    {
        name = name.strip_suffix(suffix.as_str()).unwrap_or(name);
    }
    sys.out(&format!("{name}\n"));
    Step::Exit(0)
}

pub fn dirname(sys: &mut Sys) -> Step {
    let Some(path) = sys.task().argv.get(1).cloned() else {
        sys.err("dirname: missing operand\nTry 'dirname --help' for more information.\n");
        return Step::Exit(1);
    };
    let trimmed = path.trim_end_matches('/');
    let parent = match trimmed.rsplit_once('/') {
        Some((parent, _)) if !parent.trim_end_matches('/').is_empty() => parent.trim_end_matches('/'),
        Some(_) => "/",
        None if trimmed.is_empty() && path.starts_with('/') => "/",
        None => ".",
    };
    sys.out(&format!("{parent}\n"));
    Step::Exit(0)
}

/// `readlink` and `realpath`: there are no links.
pub fn realpath(sys: &mut Sys) -> Step {
    let args = arguments(sys, "fems", "");
    for path in &args.operands {
        let full = sys.path(path);
        sys.out(&format!("{full}\n"));
    }
    Step::Exit(0)
}

/// `dd` with `if`, `of`, `bs` and `count`: the block is what it holds in memory.
pub fn dd(sys: &mut Sys) -> Step {
    let (mut input, mut output, mut block, mut count) = ("-".to_string(), None, 512_u64, u64::MAX);
    for argument in sys.task().argv.clone().into_iter().skip(1) {
        let number = |text: &str| super::text::count(text).map_or(0, |number| number.max(0) as u64);
        match argument.split_once('=') {
            Some(("if", path)) => input = path.to_string(),
            Some(("of", path)) => output = Some(path.to_string()),
            Some(("bs", size)) => block = number(size).max(1),
            Some(("count", blocks)) => count = number(blocks),
            _ => {}
        }
    }
    sys.task_mut().memory_bytes += block;
    let wanted = block.saturating_mul(count);
    let source = sys.path(&input);
    let length = match source.as_str() {
        "/dev/zero" | "/dev/urandom" | "/dev/random" => wanted,
        path => match sys.kernel.files.size(path) {
            Some(size) => wanted.min(size as u64),
            None => {
                sys.err(&format!("dd: failed to open '{input}': No such file or directory\n"));
                return Step::Exit(1);
            }
        },
    };
    let to_null = output.as_deref().is_some_and(|path| path == "/dev/null");
    const MOST: u64 = 16 << 20;
    if !to_null {
        let kept = length.min(MOST) as usize;
        let bytes = if source == "/dev/zero" {
            vec![0; kept]
        } else {
            sys.kernel.files.read_from(&source, 0, kept).unwrap_or_default()
        };
        match &output {
            Some(path) => {
                let full = sys.path(path);
                if let Err(error) = sys.kernel.files.write(&full, &bytes) {
                    return Step::Exit(complain(sys, &format!("failed to open '{path}'"), error));
                }
            }
            None => drop(sys.write(1, &bytes)),
        }
        if length > MOST {
            let name = output.unwrap_or_default();
            sys.err(&format!("dd: error writing '{name}': No space left on device\n"));
            return Step::Exit(1);
        }
    }
    let blocks = length / block;
    sys.err(&format!("{blocks}+0 records in\n{blocks}+0 records out\n{length} bytes copied\n"));
    Step::Exit(0)
}
