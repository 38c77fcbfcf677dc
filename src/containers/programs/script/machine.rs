//! The stack machine that runs compiled scripts, a few instructions a step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::{Code, Op};
use super::value::{LONG_TEXT_BYTES, Object, Raised, Value, raise};
use crate::base::{Time, sorted};
use crate::containers::compute::ComputeRequest;
use crate::containers::kernel::Sys;

/// Instructions per step of the task.
const BATCH: usize = 50;
/// Bytes of a long text that are handled in the time of one step.
const BYTES_A_STEP: usize = 4 << 10;
const MAX_OBJECTS: usize = 200_000;
const MAX_STACK: usize = 50_000;

#[derive(Clone, Debug)]
pub struct Machine {
    pub code: Arc<Vec<Code>>,
    pub stack: Vec<Value>,
    pub heap: Vec<Object>,
    pub globals: BTreeMap<String, Value>,
    pub(super) frames: Vec<Frame>,
    /// The exception being handled, for a bare `raise`.
    handled: Option<Raised>,
    pub arguments: Vec<String>,
    /// Variables without a value are undefined, not errors.
    pub is_perl: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) code: usize,
    pub(super) at: usize,
    pub(super) locals: BTreeMap<String, Value>,
    /// Where to go on after an exception and how high the stack then is.
    pub(super) handlers: Vec<(usize, usize)>,
}

/// What a batch of instructions ended with.
#[derive(Clone, Debug)]
pub enum Outcome {
    Running,
    Sleep(Time),
    Compute(ComputeRequest),
    Exit(i32),
    /// Nobody caught it; the places with the outermost first.
    Uncaught(Raised, Vec<(u32, String)>),
}

/// What a call of the library asks of the machine.
pub enum Called {
    Value(Value),
    Sleep(Time),
    /// The machine goes on when the result lies on its stack.
    Compute(ComputeRequest),
    Exit(i32),
}

impl Machine {
    pub fn new(code: Vec<Code>, arguments: Vec<String>) -> Machine {
        let main = code.len() - 1;
        let frame = Frame { code: main, at: 0, locals: BTreeMap::new(), handlers: Vec::new() };
        Machine {
            code: Arc::new(code),
            stack: Vec::new(),
            heap: Vec::new(),
            globals: sorted::collect([("__name__".to_string(), Value::text("__main__"))]),
            frames: vec![frame],
            handled: None,
            arguments,
            is_perl: false,
        }
    }

    pub fn run(&mut self, sys: &mut Sys) -> Outcome {
        for _ in 0..BATCH {
            let done = self.instruction(sys);
            if let Some(Value::Str(text)) = self.stack.last()
                && text.len() > LONG_TEXT_BYTES
            {
                sys.kernel.work((text.len() / BYTES_A_STEP) as u64);
            }
            match done {
                Ok(None) => {}
                Ok(Some(outcome)) => return outcome,
                Err(raised) => {
                    if let Some(outcome) = self.catch(raised) {
                        return outcome;
                    }
                }
            }
        }
        Outcome::Running
    }

    /// Goes to the nearest handler; without one the script ends.
    fn catch(&mut self, raised: Raised) -> Option<Outcome> {
        let places = self
            .frames
            .iter()
            .map(|frame| {
                let code = &self.code[frame.code];
                (code.lines.get(frame.at.saturating_sub(1)).copied().unwrap_or(1), code.name.clone())
            })
            .collect();
        while let Some(frame) = self.frames.last_mut() {
            if let Some((target, height)) = frame.handlers.pop() {
                frame.at = target;
                self.stack.truncate(height);
                self.stack
                    .push(Value::Exception(raised.kind.as_str().into(), raised.message.as_str().into()));
                self.handled = Some(raised);
                return None;
            }
            self.frames.pop();
        }
        Some(Outcome::Uncaught(raised, places))
    }

    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::None)
    }

    fn below(&self, depth: usize) -> Option<&Value> {
        self.stack.len().checked_sub(depth + 1).and_then(|at| self.stack.get(at))
    }

    pub(super) fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(count))
    }

    pub fn allocate(&mut self, object: Object) -> Result<usize, Raised> {
        if self.heap.len() >= MAX_OBJECTS {
            return raise("MemoryError", "");
        }
        self.heap.push(object);
        Ok(self.heap.len() - 1)
    }

    pub fn list(&mut self, items: Vec<Value>) -> Result<Value, Raised> {
        Ok(Value::List(self.allocate(Object::List(items))?))
    }

    fn jump(&mut self, distance: isize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.at = (frame.at as isize - 1 + distance).max(0) as usize;
        }
    }

    fn instruction(&mut self, sys: &mut Sys) -> Result<Option<Outcome>, Raised> {
        let code = self.code.clone();
        let Some(frame) = self.frames.last_mut() else { return Ok(Some(Outcome::Exit(0))) };
        let Some(op) = code[frame.code].ops.get(frame.at) else { return Ok(Some(Outcome::Exit(0))) };
        frame.at += 1;
        if self.stack.len() > MAX_STACK {
            return raise("MemoryError", "");
        }
        match op {
            Op::Push(value) => self.stack.push(value.clone()),
            Op::Pop => drop(self.pop()),
            Op::Dup => self.stack.extend(self.stack.last().cloned()),
            Op::Load(name) => {
                let value = self.load(name)?;
                self.stack.push(value);
            }
            Op::Store(name) => {
                let value = self.pop();
                self.store(name, value);
            }
            Op::Unary(_) | Op::Binary(_) => self.operate(op, sys)?,
            Op::Jump(to) => self.jump(*to),
            Op::JumpIfFalse(to) => {
                let value = self.pop();
                if !self.truth(&value) {
                    self.jump(*to);
                }
            }
            Op::JumpIfFalseKeep(to) => self.jump_keeping(*to, false),
            Op::JumpIfTrueKeep(to) => self.jump_keeping(*to, true),
            Op::Handler(to) => {
                let height = self.stack.len();
                if let Some(frame) = self.frames.last_mut() {
                    let target = (frame.at as isize - 1 + to) as usize;
                    frame.handlers.push((target, height));
                }
            }
            Op::EndHandler => drop(self.frames.last_mut().and_then(|frame| frame.handlers.pop())),
            Op::Raise => return self.raise_value(),
            Op::Reraise => {
                return Err(self.handled.take().unwrap_or_else(|| Raised {
                    kind: "RuntimeError".into(),
                    message: "No active exception to reraise".into(),
                }));
            }
            Op::Return => {
                let value = self.pop();
                self.frames.pop();
                if self.frames.is_empty() {
                    return Ok(Some(Outcome::Exit(0)));
                }
                self.stack.push(value);
            }
            Op::Call(count, names) => return self.call(*count, names, sys),
            op => {
                if !self.library_instruction(op, sys)? {
                    self.data_instruction(op)?;
                }
            }
        }
        Ok(None)
    }

    fn operate(&mut self, op: &Op, sys: &mut Sys) -> Result<(), Raised> {
        match op {
            Op::Unary(operator) => {
                let value = self.pop();
                let result = match self.is_perl {
                    true => super::perl_library::unary(self, operator, &value)?,
                    false => self.unary(operator, value)?,
                };
                self.stack.push(result);
            }
            Op::Binary(operator) => {
                let (right, left) = (self.pop(), self.pop());
                let result = match self.is_perl {
                    true => super::perl_library::binary(self, operator, (&left, &right), sys)?,
                    false => self.binary(operator, left, right, sys)?,
                };
                self.stack.push(result);
            }
            _ => {}
        }
        Ok(())
    }

    /// Attributes and items of modules need the kernel; false: this is none of them.
    fn library_instruction(&mut self, op: &Op, sys: &mut Sys) -> Result<bool, Raised> {
        match op {
            Op::Attribute(name) if matches!(self.stack.last(), Some(Value::Library(_))) => {
                if let Value::Library(path) = self.pop() {
                    let value = super::library::attribute(self, &path, name, sys)?;
                    self.stack.push(value);
                }
            }
            Op::Index if matches!(self.below(1), Some(Value::Library(_))) => {
                let (key, base) = (self.pop(), self.pop());
                let value = super::library::index(self, &base, &key, sys)?;
                self.stack.push(value);
            }
            Op::StoreIndex if matches!(self.below(1), Some(Value::Library(_))) => {
                let (key, _, value) = (self.pop(), self.pop(), self.pop());
                let (key, value) = (self.str(&key), self.str(&value));
                sys.task_mut().env.insert(key, value);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn jump_keeping(&mut self, to: isize, when: bool) {
        let value = self.pop();
        if self.truth(&value) == when {
            self.stack.push(value);
            self.jump(to);
        }
    }

    fn raise_value(&mut self) -> Result<Option<Outcome>, Raised> {
        match self.pop() {
            Value::Exception(kind, message) => raise(&kind, message.as_ref()),
            Value::Library(kind) => raise(&kind, ""),
            _ => raise("TypeError", "exceptions must derive from BaseException"),
        }
    }

    /// Instructions that make and take apart lists, dictionaries and texts.
    fn data_instruction(&mut self, op: &Op) -> Result<(), Raised> {
        match op {
            Op::List(count) => {
                let items = self.pop_many(*count);
                let list = self.list(items)?;
                self.stack.push(list);
            }
            Op::Tuple(count) => {
                let items = self.pop_many(*count);
                let at = self.allocate(Object::List(items))?;
                self.stack.push(Value::Tuple(at));
            }
            Op::Dict(count) => {
                let mut map = BTreeMap::new();
                for pair in self.pop_many(2 * count).chunks(2) {
                    map.insert(self.repr(&pair[0]), (pair[0].clone(), pair[1].clone()));
                }
                let at = self.allocate(Object::Dict(map))?;
                self.stack.push(Value::Dict(at));
            }
            Op::Index => {
                let (key, base) = (self.pop(), self.pop());
                let value = self.index(&base, &key)?;
                self.stack.push(value);
            }
            Op::StoreIndex => {
                let (key, base, value) = (self.pop(), self.pop(), self.pop());
                self.store_index(&base, &key, value)?;
            }
            Op::Slice => {
                let (step, end, start, base) = (self.pop(), self.pop(), self.pop(), self.pop());
                let value = self.slice(&base, &start, &end, &step)?;
                self.stack.push(value);
            }
            Op::Attribute(name) => {
                let base = self.pop();
                self.stack.push(Value::Method(Box::new(base), name.clone()));
            }
            Op::StoreAttribute => {
                return raise("AttributeError", "attributes cannot be set in this subset");
            }
            op => self.walk_instruction(op)?,
        }
        Ok(())
    }

    /// Instructions that walk through sequences and put texts together.
    fn walk_instruction(&mut self, op: &Op) -> Result<(), Raised> {
        match op {
            Op::Unpack(count) => {
                let value = self.pop();
                let items = self.items(&value)?;
                if items.len() != *count {
                    let many = if items.len() > *count { "too many values" } else { "not enough values" };
                    return raise("ValueError", format!("{many} to unpack (expected {count})"));
                }
                self.stack.extend(items.into_iter().rev());
            }
            Op::Format(spec) => {
                let value = self.pop();
                let text = self.format(&value, spec)?;
                self.stack.push(Value::text(text));
            }
            Op::Join(count) => {
                let texts: Vec<String> = self.pop_many(*count).iter().map(|value| self.str(value)).collect();
                self.stack.push(Value::text(texts.concat()));
            }
            Op::Iterate => {
                let value = self.pop();
                let iterator = match value {
                    Value::Range { .. } => value,
                    value => {
                        let items = self.items(&value)?;
                        Value::Iterator(self.allocate(Object::List(items))?, 0)
                    }
                };
                self.stack.push(iterator);
            }
            Op::Next(to) => self.next(*to),
            Op::Append(depth) => {
                let value = self.pop();
                let at = self.stack.len().saturating_sub(1 + depth);
                if let Some(Value::List(list)) = self.stack.get(at)
                    && let Some(Object::List(items)) = self.heap.get_mut(*list)
                {
                    items.push(value);
                }
            }
            Op::Function(index) => self.stack.push(Value::Function(*index)),
            Op::Matches => {
                let kind = self.pop();
                let hit = self.matches(&kind);
                self.stack.push(Value::Bool(hit));
            }
            _ => {}
        }
        Ok(())
    }

    fn next(&mut self, to: isize) {
        let item = match self.stack.last_mut() {
            Some(Value::Range { next, end, step }) => {
                let more = if *step > 0 { *next < *end } else { *next > *end };
                more.then(|| {
                    let value = *next;
                    *next += *step;
                    Value::Int(value)
                })
            }
            Some(Value::Iterator(list, at)) => match self.heap.get(*list) {
                Some(Object::List(items)) => items.get(*at).cloned().inspect(|_| *at += 1),
                _ => None,
            },
            _ => None,
        };
        match item {
            Some(item) => self.stack.push(item),
            None => {
                self.pop();
                self.jump(to);
            }
        }
    }

    fn matches(&self, kind: &Value) -> bool {
        let Some(Value::Exception(raised, _)) = self.stack.last() else { return false };
        let fits = |kind: &Value| match kind {
            Value::Library(name) => {
                let is_exit = matches!(raised.as_ref(), "SystemExit" | "KeyboardInterrupt");
                name == raised
                    || (name.as_ref() == "BaseException")
                    || (name.as_ref() == "Exception" && !is_exit)
                    || (name.as_ref() == "ArithmeticError" && raised.as_ref() == "ZeroDivisionError")
                    || (name.as_ref() == "LookupError"
                        && matches!(raised.as_ref(), "KeyError" | "IndexError"))
                    || (name.as_ref() == "OSError" && raised.as_ref() == "FileNotFoundError")
            }
            _ => false,
        };
        match kind {
            Value::Tuple(at) => match self.heap.get(*at) {
                Some(Object::List(items)) => items.iter().any(fits),
                _ => false,
            },
            kind => fits(kind),
        }
    }

    fn load(&self, name: &str) -> Result<Value, Raised> {
        let local = self.frames.last().and_then(|frame| frame.locals.get(name));
        if let Some(value) = local.or_else(|| self.globals.get(name)) {
            return Ok(value.clone());
        }
        if self.is_perl {
            return Ok(Value::None);
        }
        if super::library::is_builtin(name) {
            return Ok(Value::Library(name.into()));
        }
        raise("NameError", format!("name '{name}' is not defined"))
    }

    fn store(&mut self, name: &str, value: Value) {
        let module = self.frames.len() == 1;
        let Some(frame) = self.frames.last_mut() else { return };
        if module || self.code[frame.code].globals.iter().any(|global| global == name) {
            self.globals.insert(name.to_string(), value);
        } else {
            frame.locals.insert(name.to_string(), value);
        }
    }
}
