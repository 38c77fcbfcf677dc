//! kubectl v1.36: arguments, commands, printers, over the cluster's API server.

pub mod completion;
pub mod explain_ru;
pub mod layout;
