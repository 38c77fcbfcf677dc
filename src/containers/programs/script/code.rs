//! What scripts compile to: instructions of a stack machine with relative jumps, so that pieces can be moved about.

use std::sync::Arc;

use super::value::Value;

#[derive(Clone, Debug)]
pub enum Op {
    Push(Value),
    Pop,
    Dup,
    Load(Arc<str>),
    Store(Arc<str>),
    Unary(&'static str),
    Binary(&'static str),
    /// Relative to this instruction.
    Jump(isize),
    JumpIfFalse(isize),
    /// Leaves the value if it jumps, drops it if not.
    JumpIfFalseKeep(isize),
    JumpIfTrueKeep(isize),
    List(usize),
    Tuple(usize),
    Dict(usize),
    Index,
    StoreIndex,
    Slice,
    Attribute(Arc<str>),
    StoreAttribute,
    /// Spreads a sequence of this length over the stack, the first on top.
    Unpack(usize),
    /// The callee lies below the arguments; names of the last ones that are given by name.
    Call(usize, Vec<Arc<str>>),
    /// A value to its text by a format.
    Format(Arc<str>),
    /// So many texts to one.
    Join(usize),
    Iterate,
    /// The next item, or a jump when there is none.
    Next(isize),
    /// Adds to the list that lies so deep in the stack.
    Append(usize),
    Function(usize),
    Return,
    Raise,
    Handler(isize),
    EndHandler,
    /// Whether the exception on the stack is of the kind on top of it.
    Matches,
    Reraise,
}

#[derive(Clone, Debug, Default)]
pub struct Code {
    pub name: String,
    pub parameters: Vec<(Arc<str>, Option<Value>)>,
    pub ops: Vec<Op>,
    pub lines: Vec<u32>,
    /// Names that mean the module's.
    pub globals: Vec<String>,
}
