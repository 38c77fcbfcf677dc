//! Command-line options in the usual form.

/// Options and operands of a command line.
#[derive(Clone, Debug, Default)]
pub struct Args {
    options: Vec<(String, Option<String>)>,
    pub operands: Vec<String>,
    /// An option that the program does not know.
    pub unknown: Option<String>,
}

impl Args {
    /// `flags` are letters without a value, `valued` those with one. Long options go by their name; `long` lists those with a
    /// value that may stand in the next word.
    pub fn parse(argv: &[String], flags: &str, valued: &str, long: &[&str]) -> Args {
        let mut args = Args::default();
        let mut rest = argv.iter().skip(1);
        let mut only_operands = false;
        while let Some(arg) = rest.next() {
            if only_operands || arg == "-" || !arg.starts_with('-') {
                args.operands.push(arg.clone());
            } else if arg == "--" {
                only_operands = true;
            } else if let Some(name) = arg.strip_prefix("--") {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_string())),
                    None if long.contains(&name) => (name, rest.next().cloned()),
                    None => (name, None),
                };
                args.options.push((name.to_string(), value));
            } else {
                let letters: Vec<char> = arg.chars().skip(1).collect();
                for (at, letter) in letters.iter().enumerate() {
                    if valued.contains(*letter) {
                        let glued: String = letters[at + 1..].iter().collect();
                        let value = if glued.is_empty() { rest.next().cloned() } else { Some(glued) };
                        args.options.push((letter.to_string(), value));
                        break;
                    }
                    if !flags.contains(*letter) {
                        args.unknown.get_or_insert(letter.to_string());
                    }
                    args.options.push((letter.to_string(), None));
                }
            }
        }
        args
    }

    /// Whether any of these options is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The value of the last of these options.
    pub fn value(&self, names: &[&str]) -> Option<&str> {
        let found = self.options.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        found.and_then(|(_, value)| value.as_deref())
    }

    /// The values of all of these options, in order.
    pub fn values(&self, names: &[&str]) -> Vec<&str> {
        let found = self.options.iter().filter(|(name, _)| names.contains(&name.as_str()));
        found.filter_map(|(_, value)| value.as_deref()).collect()
    }

    pub fn options(&self) -> &[(String, Option<String>)] {
        &self.options
    }
}
