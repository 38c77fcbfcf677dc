//! Compiling Perl's expressions.

use super::code::Op;
use super::perl::{Compiler, LISTS, Refusal, UNARY};
use super::perl_lexer::{Token, Value0};
use super::value::Value;

impl Compiler<'_> {
    pub(super) fn low_or(&mut self) -> Result<(), Refusal> {
        self.low_and()?;
        while self.take_word("or") {
            self.emit(Op::Unary("perl?"));
            let end = self.emit(Op::JumpIfTrueKeep(0));
            self.low_and()?;
            self.patch(end);
        }
        Ok(())
    }

    pub(super) fn low_and(&mut self) -> Result<(), Refusal> {
        self.low_not()?;
        while self.take_word("and") {
            self.emit(Op::Unary("perl?"));
            let end = self.emit(Op::JumpIfFalseKeep(0));
            self.low_not()?;
            self.patch(end);
        }
        Ok(())
    }

    pub(super) fn low_not(&mut self) -> Result<(), Refusal> {
        if self.take_word("not") {
            self.low_not()?;
            self.emit(Op::Unary("perl!"));
            return Ok(());
        }
        self.assignment()
    }

    pub(super) fn assignment(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("Too deeply nested expression\n".into());
        }
        let start = self.code.ops.len();
        self.ternary()?;
        let operator = match self.peek() {
            Token::Op(
                op @ ("=" | "+=" | "-=" | "*=" | "/=" | ".=" | "%=" | "**=" | "x=" | "||=" | "//="),
            ) => *op,
            _ => {
                self.depth -= 1;
                return Ok(());
            }
        };
        self.at += 1;
        let target = self.cut(start);
        let Some(Op::Load(name)) = target.0.last().filter(|_| target.0.len() == 1) else {
            return Err(format!(
                "Can't modify non-lvalue in scalar assignment at -e line {}, near the end\n",
                self.line()
            ));
        };
        let name = name.clone();
        if operator == "=" {
            if name.starts_with('@') {
                self.list()?;
            } else {
                self.assignment()?;
            }
        } else {
            self.emit(Op::Load(name.clone()));
            self.assignment()?;
            self.emit(Op::Binary(match operator {
                "+=" => "perl+",
                "-=" => "perl-",
                "*=" => "perl*",
                "/=" => "perl/",
                ".=" => "perl.",
                "%=" => "perl%",
                "**=" => "perl**",
                "x=" => "perlx",
                _ => "perl||",
            }));
        }
        self.emit(Op::Dup);
        self.emit(Op::Store(name));
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn ternary(&mut self) -> Result<(), Refusal> {
        self.binary(0)?;
        if self.take("?") {
            self.emit(Op::Unary("perl?"));
            let no = self.emit(Op::JumpIfFalse(0));
            self.assignment()?;
            let end = self.emit(Op::Jump(0));
            self.patch(no);
            self.expect(":")?;
            self.assignment()?;
            self.patch(end);
        }
        Ok(())
    }

    pub(super) fn binary(&mut self, level: usize) -> Result<(), Refusal> {
        const LEVELS: [&[(&str, &str)]; 8] = [
            &[("..", "perl..")],
            &[("||", "or"), ("//", "perl||")],
            &[("&&", "and")],
            &[
                ("==", "perl=="),
                ("!=", "perl!="),
                ("eq", "perleq"),
                ("ne", "perlne"),
                ("<=>", "perl<=>"),
                ("cmp", "perlcmp"),
            ],
            &[
                ("<=", "perl<="),
                (">=", "perl>="),
                ("<", "perl<"),
                (">", "perl>"),
                ("lt", "perllt"),
                ("gt", "perlgt"),
            ],
            &[("+", "perl+"), ("-", "perl-"), (".", "perl.")],
            &[("*", "perl*"), ("/", "perl/"), ("%", "perl%"), ("x", "perlx")],
            &[("=~", "=~"), ("!~", "=~")],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        self.binary(level + 1)?;
        loop {
            let own = match self.peek() {
                Token::Op(op) => op.to_string(),
                Token::Word(word) => word.clone(),
                _ => return Ok(()),
            };
            let Some((_, operator)) = operators.iter().find(|(text, _)| *text == own) else { return Ok(()) };
            self.at += 1;
            match *operator {
                "=~" => return self.lacks("a regular expression"),
                "or" | "and" => {
                    self.emit(Op::Unary("perl?"));
                    let or = *operator == "or";
                    let end = self.emit(if or { Op::JumpIfTrueKeep(0) } else { Op::JumpIfFalseKeep(0) });
                    self.binary(level + 1)?;
                    self.patch(end);
                }
                operator => {
                    self.binary(level + 1)?;
                    self.emit(Op::Binary(operator));
                }
            }
        }
    }

    pub(super) fn unary(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > 60 {
            return Err("Too deeply nested expression\n".into());
        }
        for (text, operator) in [("!", "perl!"), ("-", "perl-"), ("+", "")] {
            if self.take(text) {
                self.unary()?;
                if !operator.is_empty() {
                    self.emit(Op::Unary(operator));
                }
                self.depth -= 1;
                return Ok(());
            }
        }
        for (text, step) in [("++", 1), ("--", -1)] {
            if self.take(text) {
                let Token::Variable(name) = self.advance() else { return self.syntax() };
                self.emit(Op::Load(name.as_str().into()));
                self.emit(Op::Push(Value::Int(step)));
                self.emit(Op::Binary("perl+"));
                self.emit(Op::Dup);
                self.emit(Op::Store(name.as_str().into()));
            }
        }
        self.primary()?;
        if self.take("**") {
            self.unary()?;
            self.emit(Op::Binary("perl**"));
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn primary(&mut self) -> Result<(), Refusal> {
        match self.advance() {
            Token::Number(Value0::Int(value)) => drop(self.emit(Op::Push(Value::Int(value)))),
            Token::Number(Value0::Float(value)) => drop(self.emit(Op::Push(Value::Float(value)))),
            Token::Str(text, true) => self.interpolated(&text)?,
            Token::Str(text, false) => {
                let text = text.replace("\\'", "'").replace("\\\\", "\\");
                self.emit(Op::Push(Value::text(text)));
            }
            Token::Variable(name) => self.variable(&name)?,
            Token::Op("(") => {
                let count = self.items(")")?;
                self.expect(")")?;
                if count != 1 {
                    self.emit(Op::List(count));
                    self.emit(Op::Unary("perl@"));
                }
            }
            Token::Word(word) => self.word(&word)?,
            _ => {
                self.at -= 1;
                return self.syntax();
            }
        }
        Ok(())
    }

    pub(super) fn variable(&mut self, name: &str) -> Result<(), Refusal> {
        if name == "$ENV" && self.take("{") {
            self.callee("env");
            match self.advance() {
                Token::Word(key) | Token::Str(key, _) => drop(self.emit(Op::Push(Value::text(key)))),
                Token::Variable(name) => drop(self.emit(Op::Load(name.as_str().into()))),
                _ => return self.syntax(),
            }
            self.expect("}")?;
            self.call(1);
            return Ok(());
        }
        if matches!(self.peek(), Token::Op("{")) && name.starts_with('$') {
            return self.lacks("a hash other than %ENV");
        }
        if name.starts_with('$') && self.take("[") {
            self.emit(Op::Load(format!("@{}", &name[1..]).as_str().into()));
            self.assignment()?;
            self.expect("]")?;
            self.emit(Op::Binary("perl[]"));
            return Ok(());
        }
        self.emit(Op::Load(name.into()));
        for (text, step) in [("++", 1), ("--", -1)] {
            if self.take(text) {
                self.emit(Op::Load(name.into()));
                self.emit(Op::Push(Value::Int(step)));
                self.emit(Op::Binary("perl+"));
                self.emit(Op::Store(name.into()));
            }
        }
        Ok(())
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), Refusal> {
        match word {
            "my" | "our" => {
                let Token::Variable(name) = self.advance() else { return self.lacks("a list of variables") };
                self.emit(Op::Load(name.as_str().into()));
                return Ok(());
            }
            "STDERR" | "STDOUT" => return self.lacks("a file handle here"),
            "system" | "exec" | "open" | "eval" | "map" | "grep" | "sort" | "split" | "do" | "local" => {
                return self.lacks(&format!("'{word}'"));
            }
            _ => {}
        }
        let known = (UNARY.contains(&word) && (word != "bpi" || self.has_bpi)) || LISTS.contains(&word);
        let parentheses = matches!(self.peek(), Token::Op("("));
        if !known && !parentheses {
            if matches!(self.peek(), Token::Str(..) | Token::Number(_) | Token::Variable(_) | Token::Word(_))
            {
                return self.syntax();
            }
            self.emit(Op::Push(Value::text(word)));
            return Ok(());
        }
        let mut name = if known { word.to_string() } else { format!("undefined {word}") };
        if matches!(word, "print" | "printf" | "say") && (self.take_word("STDERR")) {
            name = format!("{word} STDERR");
        } else if matches!(word, "print" | "printf" | "say") {
            self.take_word("STDOUT");
        }
        self.callee(&name);
        let count = if self.take("(") {
            let count = self.items(")")?;
            self.expect(")")?;
            count
        } else if UNARY.contains(&word) {
            let starts = !matches!(
                self.peek(),
                Token::End
                    | Token::Op(";" | ")" | "}" | "," | "?" | ":" | "=>" | "==" | "<" | ">" | "*" | ".")
            ) && !matches!(self.peek(), Token::Word(word) if matches!(word.as_str(), "if" | "unless" | "for" | "foreach" | "while" | "or" | "and" | "x"));
            if starts {
                self.binary(5)?;
            }
            usize::from(starts)
        } else {
            self.items(";")?
        };
        self.call(count);
        Ok(())
    }

    /// The text of a double-quoted string.
    pub(super) fn interpolated(&mut self, raw: &str) -> Result<(), Refusal> {
        let chars: Vec<char> = raw.chars().collect();
        let (mut at, mut count) = (0, 0);
        let mut plain = String::new();
        while at < chars.len() {
            let c = chars[at];
            let next = chars.get(at + 1).copied().unwrap_or(' ');
            if c == '\\' {
                plain.push(c);
                plain.push(next);
                at += 2;
                continue;
            }
            let is_name = next.is_alphabetic() || next == '_' || (c == '$' && (next == '{' || next == '$'));
            if !(matches!(c, '$' | '@') && is_name) {
                plain.push(c);
                at += 1;
                continue;
            }
            let (name, end) = embedded(&chars, at);
            self.emit(Op::Push(Value::text(unescape(&std::mem::take(&mut plain)))));
            at = end;
            if name == "$ENV" && chars.get(at) == Some(&'{') {
                let close =
                    chars[at..].iter().position(|c| *c == '}').map_or(chars.len(), |length| at + length);
                let key: String = chars[at + 1..close].iter().filter(|c| !matches!(c, '\'' | '"')).collect();
                at = (close + 1).min(chars.len());
                self.callee("env");
                self.emit(Op::Push(Value::text(key)));
                self.call(1);
            } else {
                self.emit(Op::Load(name.as_str().into()));
            }
            self.emit(Op::Unary("perl\""));
            count += 2;
        }
        self.emit(Op::Push(Value::text(unescape(&plain))));
        self.emit(Op::Join(count + 1));
        Ok(())
    }
}

/// A variable inside a string: its name and where it ends.
fn embedded(chars: &[char], at: usize) -> (String, usize) {
    let braces = chars.get(at + 1) == Some(&'{');
    let start = at + 1 + usize::from(braces);
    let mut end = start;
    while chars.get(end).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        end += 1;
    }
    if end == start {
        end += 1;
    }
    let name: String = chars[start.min(chars.len())..end.min(chars.len())].iter().collect();
    (format!("{}{name}", chars[at]), (end + usize::from(braces)).min(chars.len()))
}

fn unescape(text: &str) -> String {
    let text = text.replace("\\$", "$").replace("\\@", "@");
    crate::containers::shell::escapes::ansi(&text)
}
