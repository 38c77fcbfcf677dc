//! Tab in the terminal.

use super::{Session, host};
use crate::kubectl::completion::{Completion, Setting, complete};

impl Session {
    /// What Tab could put at `cursor` (a byte offset into `line`).
    pub fn complete(&self, line: &str, cursor: usize) -> Completion {
        let programs: Vec<&str> = host::PROGRAMS.iter().copied().chain(self.shell.command_names()).collect();
        let setting = Setting {
            cluster: &self.cluster,
            files: self.shell.files(),
            directory: super::HOME,
            namespace: self.desk.kubeconfig.namespace(""),
            programs: &programs,
        };
        complete(line, cursor, &setting)
    }
}
