//! The grammars of option values, one a file. Each parses text into plain data.

pub mod duration;
pub mod env_file;
pub mod env_var;
pub mod import_rule;
mod init;
pub mod mount;
pub mod output_path;
pub mod preload;
pub mod profile_path;
pub mod size;
pub mod timestamp;
