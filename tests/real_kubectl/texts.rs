//! What may differ between two runs of the same command: identifiers, and ages that the client measures by its own clock.

use super::Printed;

/// A text without what chance or the machine's clock made.
pub fn comparable(command: &str, printed: &Printed) -> Printed {
    let own_clock = command.contains("describe") || command.contains("kubectl events");
    let plain = |text: &str| {
        let text = without_uids(&of_any_version(text));
        if own_clock { without_ages(&text) } else { text }
    };
    Printed { stdout: plain(&printed.stdout), stderr: plain(&printed.stderr), status: printed.status }
}

/// A text without what is known to differ between v1.32, whose client programs are common, and v1.36, as recorded.
fn of_any_version(text: &str) -> String {
    let text = &without_chance(&in_one_folder(text));
    let namespaces = ["default", "lab", "two"].map(|name| format!(" from {name} namespace"));
    let text = namespaces.iter().fold(text.replace("kyaml,", ""), |text, place| text.replace(place, ""));
    let text = text.replace("must be no more than 63 characters", "must be no more than 63 bytes");
    let text = text.replace(",\"creationTimestamp\":null", "").replace("\"creationTimestamp\":null", "");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim().trim_end_matches(',');
        if trimmed == "creationTimestamp: null" || line.starts_with("Time Zone:") {
            continue;
        }
        if trimmed == "\"creationTimestamp\": null" {
            if let Some(last) = lines.last_mut().filter(|last| last.ends_with(',') && !line.ends_with(',')) {
                last.pop();
            }
            continue;
        }
        if trimmed == "}" && lines.last().is_some_and(|last| last.ends_with("\"metadata\": {")) {
            let last = lines.pop().unwrap_or_default();
            lines.push(last + line.trim());
            continue;
        }
        // A map that held only that is empty, and written so.
        if let Some(last) = lines.last_mut().filter(|last| last.trim_end().ends_with("metadata:")) {
            let indent = |line: &str| line.len() - line.trim_start().len();
            if indent(line) <= indent(last) {
                last.push_str(" {}");
            }
        }
        lines.push(without_field_path(&without_log_head(&refusal(line))));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Both sides have their files in the same folder.
fn in_one_folder(text: &str) -> String {
    let mut parts = text.split("/tmp/real-kubectl-");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("/home/student");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'));
    }
    out
}

/// The folders that `diff` compares end in digits of chance, and their files were written at some instant.
fn without_chance(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let line = match line.strip_prefix("---").or_else(|| line.strip_prefix("+++")) {
            Some(_) => line.split_once('\t').map_or(line.to_owned(), |(head, _)| format!("{head}\n")),
            None => line.to_owned(),
        };
        let mut parts = line.split("/tmp/LIVE-").flat_map(|part| part.split("/tmp/MERGED-"));
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            out.push_str("/tmp/DIFF");
            out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
    }
    out
}

/// `Error: `, or a line of the program's own log, as `error: `.
fn refusal(line: &str) -> String {
    let logged = line.split_once("\"command failed\" err=\"").filter(|_| line.starts_with('E'));
    match (logged, line.strip_prefix("Error: ")) {
        (Some((_, text)), _) => format!("error: {}", text.trim_end_matches('"').replace("\\\"", "\"")),
        (_, Some(text)) => format!("error: {text}"),
        _ => line.to_owned(),
    }
}

/// A line of the program's own log without its instant and its process.
fn without_log_head(line: &str) -> String {
    let head = line.split_once("] ").filter(|(head, _)| {
        head.starts_with(['W', 'F']) && head.ends_with(|c: char| c.is_ascii_digit()) && head.contains(".go:")
    });
    head.map_or_else(|| line.to_owned(), |(_, text)| format!("log] {text}"))
}

/// Events of pods are told with the container that they are about.
fn without_field_path(line: &str) -> String {
    let begins = line.find("spec.containers{").or_else(|| line.find("spec.initContainers{"));
    let path = begins.and_then(|at| Some((at, at + line[at..].find("}: ")?)));
    path.map_or_else(|| line.to_owned(), |(begin, end)| format!("{}{}", &line[..begin], &line[end + 3..]))
}

fn without_uids(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let parts: Vec<usize> = word.split('-').map(str::len).collect();
        let is_uid = parts == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        out.push_str(if is_uid { "UID" } else { word });
        word.clear();
    };
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '-' {
            word.push(character);
        } else {
            flush(&mut word, &mut out);
            out.push(character);
        }
    }
    flush(&mut word, &mut out);
    out
}

/// Ages become `AGE`; columns after them stand where they stand.
fn without_ages(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let words: Vec<&str> =
            words.into_iter().map(|word| if is_age(word) { "AGE" } else { word }).collect();
        let indent = line.len() - line.trim_start().len();
        format!("{}{}", " ".repeat(indent), words.join(" "))
    };
    text.lines().map(|it| line(it) + "\n").collect()
}

fn is_age(word: &str) -> bool {
    // What the client says where the server's clock is ahead of its own.
    let digits = word.trim_end_matches(')');
    if digits == "<invalid>" {
        return true;
    }
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(['s', 'm', 'h', 'd'])
        && digits.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c))
}

/// The lines that only one side has: `-` the real one's, `+` ours.
pub fn difference(command: &str, real: &Printed, ours: &Printed) -> String {
    let mut text = format!("$ {command}\n");
    for (name, real, ours) in [("stdout", &real.stdout, &ours.stdout), ("stderr", &real.stderr, &ours.stderr)]
    {
        let (mut only_ours, mut only_real): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), Vec::new());
        for line in real.lines() {
            match only_ours.iter().position(|other| *other == line) {
                Some(at) => drop(only_ours.remove(at)),
                None => only_real.push(line),
            }
        }
        if real != ours {
            text += &format!(
                "  {name}{}\n",
                if only_real.len() + only_ours.len() == 0 { ": another order" } else { "" }
            );
        }
        only_real.iter().for_each(|line| text += &format!("  - {line}\n"));
        only_ours.iter().for_each(|line| text += &format!("  + {line}\n"));
    }
    if real.status != ours.status {
        text += &format!("  exit status: real {}, ours {}\n", real.status, ours.status);
    }
    text
}
