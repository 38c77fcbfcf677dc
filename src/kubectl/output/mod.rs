//! Forms of output: columns, YAML, JSON, templates.

pub mod format;
mod go_functions;
mod go_lexer;
mod go_parse;
mod go_printf;
mod go_template;
mod go_value;
pub mod json;
pub mod jsonpath;
mod kyaml;
mod repeats;
pub mod sort;
pub mod tabs;
pub mod yaml;
mod yaml_resolve;
mod yaml_scalar;
