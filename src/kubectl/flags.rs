//! Command lines: flags and words.
// Models github.com/spf13/pflag FlagSet.Parse

use std::collections::BTreeMap;

use super::failure::{Failure, error};
use crate::base::Duration;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Nothing, or `=true` and `=false`.
    Bool,
    Text,
    /// A text that may be left out; then it is this one.
    OptionalText(&'static str),
    /// Several texts: given more than once or separated by commas.
    List,
    /// Several texts, each as it is.
    Texts,
    Number,
    Duration,
}

#[derive(Debug)]
pub struct FlagSpec {
    pub name: &'static str,
    pub short: Option<char>,
    pub takes: Takes,
    pub default: &'static str,
}

pub const fn flag(name: &'static str, short: char, takes: Takes, default: &'static str) -> FlagSpec {
    FlagSpec { name, short: if short == ' ' { None } else { Some(short) }, takes, default }
}

impl FlagSpec {
    /// Whether the next word is the value where none stands after an equals sign.
    pub fn needs_value(&self) -> bool {
        !matches!(self.takes, Takes::Bool | Takes::OptionalText(_))
    }
}

/// Flags that every command has.
pub static GLOBAL: &[FlagSpec] = &[
    flag("help", 'h', Takes::Bool, "false"),
    flag("namespace", 'n', Takes::Text, ""),
    flag("context", ' ', Takes::Text, ""),
    flag("cluster", ' ', Takes::Text, ""),
    flag("user", ' ', Takes::Text, ""),
    flag("kubeconfig", ' ', Takes::Text, ""),
    flag("server", 's', Takes::Text, ""),
    flag("token", ' ', Takes::Text, ""),
    flag("as", ' ', Takes::Text, ""),
    flag("as-group", ' ', Takes::Texts, ""),
    flag("as-uid", ' ', Takes::Text, ""),
    flag("request-timeout", ' ', Takes::Text, "0"),
    flag("v", 'v', Takes::Number, "0"),
    flag("cache-dir", ' ', Takes::Text, ""),
    flag("certificate-authority", ' ', Takes::Text, ""),
    flag("client-certificate", ' ', Takes::Text, ""),
    flag("client-key", ' ', Takes::Text, ""),
    flag("insecure-skip-tls-verify", ' ', Takes::Bool, "false"),
    flag("match-server-version", ' ', Takes::Bool, "false"),
    flag("warnings-as-errors", ' ', Takes::Bool, "false"),
    flag("disable-compression", ' ', Takes::Bool, "false"),
    flag("tls-server-name", ' ', Takes::Text, ""),
    flag("username", ' ', Takes::Text, ""),
    flag("password", ' ', Takes::Text, ""),
    flag("profile", ' ', Takes::Text, "none"),
];

/// A parsed command line.
#[derive(Clone, Debug, Default)]
pub struct Args {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Defaults of the flags that were not given.
    defaults: BTreeMap<&'static str, &'static str>,
    /// The command's name, as it stands in the table of commands.
    pub command: &'static str,
    pub words: Vec<String>,
    /// Every flag as `--name=value`, with a space before it, in the order of the line.
    given: String,
    /// How many words stood before `--`.
    pub dash_at: Option<usize>,
}

impl Args {
    /// Whether the flag was given.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether the command has the flag at all.
    pub fn has(&self, name: &str) -> bool {
        self.defaults.contains_key(name)
    }

    /// The flag's value; its default when it was not given.
    pub fn text(&self, name: &str) -> &str {
        let given = self.values.get(name).and_then(|values| values.last());
        given.map_or_else(|| self.defaults.get(name).copied().unwrap_or_default(), String::as_str)
    }

    pub fn is(&self, name: &str) -> bool {
        parse_bool(self.text(name)) == Some(true)
    }

    /// Every value of a flag that may be given more than once.
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> i64 {
        parse_number(self.text(name)).unwrap_or(0)
    }

    pub fn duration(&self, name: &str) -> Duration {
        parse_duration(self.text(name)).unwrap_or_default()
    }

    /// The line as `--record` writes it down; `None` without that flag.
    // Models staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go parseCommandArguments
    pub fn recorded(&self) -> Option<String> {
        let words: String = self.words.iter().map(|word| format!(" {word}")).collect();
        self.is("record").then(|| format!("kubectl {}{words}{}", self.command, self.given))
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, vec![value.to_owned()]);
    }
}

/// Parses the words after the command's own name.
///
/// # Errors
/// The text of pflag, with the pointer to `--help` that kubectl adds.
pub fn parse(command: &'static str, specs: &[&[FlagSpec]], words: &[String]) -> Result<Args, Failure> {
    match parse_raw(specs, words) {
        Ok(args) => Ok(Args { command, ..args }),
        Err(text) => {
            let text = format!("{text}\nSee 'kubectl {command} --help' for usage.");
            Err(error(text.replace("kubectl  ", "kubectl ")))
        }
    }
}

fn parse_raw(specs: &[&[FlagSpec]], words: &[String]) -> Result<Args, String> {
    let mut args = Args::default();
    for spec in specs.iter().flat_map(|specs| specs.iter()) {
        args.defaults.entry(spec.name).or_insert(spec.default);
    }
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            args.dash_at = Some(args.words.len());
            args.words.extend(rest.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            parse_long(&mut args, specs, long, &mut rest)?;
        } else if word.len() > 1 && word.starts_with('-') {
            parse_short(&mut args, specs, &word[1..], &mut rest)?;
        } else {
            args.words.push(word.clone());
        }
    }
    Ok(args)
}

type Rest<'a> = std::slice::Iter<'a, String>;

fn parse_long(args: &mut Args, specs: &[&[FlagSpec]], long: &str, rest: &mut Rest) -> Result<(), String> {
    if long.starts_with(['-', '=']) {
        return Err(format!("bad flag syntax: --{long}"));
    }
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (long, None),
    };
    let found = specs.iter().flat_map(|specs| specs.iter()).find(|spec| spec.name == name);
    let Some(spec) = found else { return Err(format!("unknown flag: --{name}")) };
    let value = match (value, spec.takes) {
        (Some(value), _) => value,
        (None, Takes::Bool) => "true".to_owned(),
        (None, Takes::OptionalText(default)) => default.to_owned(),
        (None, _) => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
    };
    store(args, spec, value)
}

fn parse_short(args: &mut Args, specs: &[&[FlagSpec]], cluster: &str, rest: &mut Rest) -> Result<(), String> {
    for (at, letter) in cluster.char_indices() {
        let found = specs.iter().flat_map(|specs| specs.iter()).find(|spec| spec.short == Some(letter));
        let Some(spec) = found else {
            return Err(format!("unknown shorthand flag: '{letter}' in -{}", &cluster[at..]));
        };
        let after = &cluster[at + letter.len_utf8()..];
        // An equals sign with nothing after it is a value itself.
        if let Some(value) = after.strip_prefix('=').filter(|value| !value.is_empty()) {
            return store(args, spec, value.to_owned());
        }
        match spec.takes {
            Takes::Bool => store(args, spec, "true".to_owned())?,
            Takes::OptionalText(default) => store(args, spec, default.to_owned())?,
            _ if !after.is_empty() => return store(args, spec, after.to_owned()),
            _ => {
                let missing = || format!("flag needs an argument: '{letter}' in -{}", &cluster[at..]);
                return store(args, spec, rest.next().cloned().ok_or_else(missing)?);
            }
        }
    }
    Ok(())
}

fn store(args: &mut Args, spec: &FlagSpec, value: String) -> Result<(), String> {
    let wrong = match spec.takes {
        Takes::Bool if parse_bool(&value).is_none() => {
            Some(format!("strconv.ParseBool: parsing \"{value}\": invalid syntax"))
        }
        Takes::Number if parse_number(&value).is_none() => {
            Some(format!("strconv.ParseInt: parsing \"{value}\": invalid syntax"))
        }
        Takes::Duration => parse_duration(&value).err(),
        _ => None,
    };
    if let Some(reason) = wrong {
        let name = match spec.short {
            Some(letter) => format!("-{letter}, --{}", spec.name),
            None => format!("--{}", spec.name),
        };
        return Err(format!("invalid argument \"{value}\" for \"{name}\" flag: {reason}"));
    }
    args.given += &format!(" --{}={value}", spec.name);
    // An empty list names nothing.
    if spec.takes == Takes::List && value.is_empty() {
        return Ok(());
    }
    let values = args.values.entry(spec.name).or_default();
    match spec.takes {
        Takes::List => values.extend(value.split(',').map(str::to_owned)),
        _ => values.push(value),
    }
    Ok(())
}

pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn parse_number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A Go duration: `1h30m`, `2s`, `500ms`, `-1s`, `0`.
///
/// # Errors
/// Go's own text.
// Models time.ParseDuration
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || Err(format!("time: invalid duration \"{text}\""));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return invalid();
    }
    let mut millis = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let Ok(number) = rest[..digits].parse::<f64>() else { return invalid() };
        let after = &rest[digits..];
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let unit = &after[..unit_end];
        millis += number
            * match unit {
                "" => return Err(format!("time: missing unit in duration \"{text}\"")),
                "ns" => 1e-6,
                "us" | "µs" => 1e-3,
                "ms" => 1.0,
                "s" => 1e3,
                "m" => 6e4,
                "h" => 3.6e6,
                _ => return Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\"")),
            };
        rest = &after[unit_end..];
    }
    let millis = millis as i64;
    Ok(Duration::from_millis(if negative { -millis } else { millis }))
}
