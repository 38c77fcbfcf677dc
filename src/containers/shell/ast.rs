//! The syntax tree of shell scripts. Shared by reference: frames and forked shells hold parts of it.

use std::sync::Arc;

pub type Block = Arc<Vec<Item>>;

/// One and-or list and whether the shell waits for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    pub node: Arc<Node>,
    pub background: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    Simple(Simple),
    Pipeline {
        parts: Vec<Arc<Node>>,
    },
    Not(Arc<Node>),
    /// `time`: how long the pipeline took goes to the standard error.
    Timed(Arc<Node>),
    /// The first command, then for each further one whether it follows `&&`.
    AndOr {
        first: Arc<Node>,
        rest: Vec<(bool, Arc<Node>)>,
    },
    Redirected {
        inner: Arc<Node>,
        redirects: Vec<Redirect>,
        line: u32,
    },
    Function {
        name: String,
        body: Arc<Node>,
    },
    Group(Block),
    Subshell(Block),
    If {
        arms: Vec<(Block, Block)>,
        otherwise: Option<Block>,
    },
    While {
        until: bool,
        condition: Block,
        body: Block,
    },
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Block,
        /// `select`: each turn's word is asked for.
        asks: bool,
        line: u32,
    },
    ForArithmetic {
        parts: [Word; 3],
        body: Block,
        line: u32,
    },
    Case {
        word: Word,
        arms: Vec<CaseArm>,
        line: u32,
    },
    Arithmetic {
        word: Word,
        line: u32,
    },
    Condition {
        test: Condition,
        line: u32,
    },
}

/// What comes after an arm that ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArmEnd {
    /// `;;`
    Done,
    /// `;&`: the next arm runs too.
    Next,
    /// `;;&`: later patterns are tried.
    Again,
}

#[derive(Clone, PartialEq, Debug)]
pub struct CaseArm {
    pub patterns: Vec<Word>,
    pub body: Block,
    pub end: ArmEnd,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Simple {
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub line: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    pub name: String,
    pub index: Option<Word>,
    pub append: bool,
    pub value: Value,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Word(Word),
    /// The elements, each with its key where it is written: `[x]=1`.
    Array(Vec<(Option<Word>, Word)>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedirectKind {
    Read,
    Write,
    Append,
    ReadWrite,
    Duplicate,
    Here,
    HereString,
    /// `&>` and `&>>`.
    Both {
        append: bool,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Redirect {
    pub fd: u32,
    pub kind: RedirectKind,
    pub target: Word,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Word {
    pub parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Unquoted text: patterns count.
    Text(String),
    /// Quoted text.
    Quoted(String),
    Double(Vec<Part>),
    Parameter(Box<Parameter>),
    Command(Block),
    /// `<(...)` and `>(...)`: the name of a file that holds the output, or whose text the commands read.
    Process {
        block: Block,
        takes: bool,
    },
    Arithmetic(Word),
    /// `~` or `~user` at the start of a word.
    Tilde(String),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Parameter {
    pub name: String,
    pub index: Option<Index>,
    pub operation: Operation,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Index {
    At,
    Star,
    Word(Word),
}

#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    Plain,
    Length,
    /// `${!name}` or the indices of an array.
    Indirect,
    /// `${!name*}`: the names that begin so.
    Names,
    /// `${x@Q}`, `@U`, `@u`, `@L`, `@E`, `@A`, `@a`, `@K`, `@k`.
    Transform(char),
    /// `-`, `=`, `?`, `+`; `colon`: an empty value counts as none.
    Default {
        mark: char,
        colon: bool,
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`.
    Trim {
        suffix: bool,
        longest: bool,
        word: Word,
    },
    /// `${x/a/b}` and `${x//a/b}`; `anchor` is `#`, `%` or none.
    Replace {
        all: bool,
        anchor: Option<char>,
        from: Word,
        to: Word,
    },
    Slice {
        offset: Word,
        length: Option<Word>,
    },
    /// `^`, `^^`, `,`, `,,`.
    Case {
        upper: bool,
        all: bool,
    },
}

/// What stands inside `[[ ]]`.
#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Unary(String, Word),
    Binary(Word, String, Word),
    Plain(Word),
}

impl Word {
    pub fn text(text: &str) -> Word {
        Word { parts: vec![Part::Quoted(text.to_string())] }
    }

    /// The text of a word without any quotes or expansions.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}
