//! Calls: of functions of the script, of the library, of methods.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::machine::{Called, Frame, Machine, Outcome};
use super::value::{Raised, Value, raise};
use crate::containers::kernel::Sys;

const MAX_CALLS: usize = 500;

impl Machine {
    pub(super) fn call(
        &mut self,
        count: usize,
        names: &[Arc<str>],
        sys: &mut Sys,
    ) -> Result<Option<Outcome>, Raised> {
        let mut arguments = self.pop_many(count);
        let values = arguments.split_off(arguments.len().saturating_sub(names.len()));
        let named: Vec<(Arc<str>, Value)> = names.iter().cloned().zip(values).collect();
        let called = match self.pop() {
            Value::Function(index) => {
                self.enter(index, arguments, named)?;
                return Ok(None);
            }
            Value::Library(path) => match path.strip_prefix("perl:") {
                Some(name) => super::perl_library::call(self, name, arguments, sys)?,
                None => super::library::call(self, &path, arguments, &named, sys)?,
            },
            Value::Method(base, name) => {
                Called::Value(super::methods::call(self, *base, &name, arguments, &named, sys)?)
            }
            other => {
                return raise("TypeError", format!("'{}' object is not callable", other.type_name()));
            }
        };
        Ok(match called {
            Called::Value(value) => {
                self.stack.push(value);
                None
            }
            Called::Sleep(until) => {
                self.stack.push(Value::None);
                Some(Outcome::Sleep(until))
            }
            Called::Compute(request) => Some(Outcome::Compute(request)),
            Called::Exit(code) => Some(Outcome::Exit(code)),
        })
    }

    fn enter(
        &mut self,
        index: usize,
        arguments: Vec<Value>,
        named: Vec<(Arc<str>, Value)>,
    ) -> Result<(), Raised> {
        if self.frames.len() >= MAX_CALLS {
            return raise("RecursionError", "maximum recursion depth exceeded");
        }
        let code = self.code.clone();
        let Some(function) = code.get(index) else { return Ok(()) };
        let given = arguments.len();
        if given > function.parameters.len() {
            let (name, takes) = (&function.name, function.parameters.len());
            let plural = if takes == 1 { "" } else { "s" };
            let text = format!("{name}() takes {takes} positional argument{plural} but {given} were given");
            return raise("TypeError", text);
        }
        let mut locals = BTreeMap::new();
        for ((name, _), value) in function.parameters.iter().zip(arguments) {
            locals.insert(name.to_string(), value);
        }
        locals.extend(named.into_iter().map(|(name, value)| (name.to_string(), value)));
        for (name, default) in &function.parameters {
            if !locals.contains_key(name.as_ref()) {
                let Some(default) = default else {
                    let text =
                        format!("{}() missing 1 required positional argument: '{name}'", function.name);
                    return raise("TypeError", text);
                };
                locals.insert(name.to_string(), default.clone());
            }
        }
        self.frames.push(Frame { code: index, at: 0, locals, handlers: Vec::new() });
        Ok(())
    }
}
