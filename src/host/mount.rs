//! The directories that the caller gives to the guest.

use std::fmt;
use std::path::PathBuf;

/// A directory of the host and the name that the guest knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The directory, as it was typed.
    pub host: PathBuf,
    /// The guest's name for it: what was typed behind `::`, else the same as `host`.
    pub guest: String,
    /// What the guest may do there.
    pub access: Access,
}

/// What a guest may do in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    ReadWrite,
    /// Read only.
    ReadOnly,
}

impl Access {
    /// The option that mounts a directory so.
    pub fn option(self) -> &'static str {
        match self {
            Self::ReadWrite => "--dir",
            Self::ReadOnly => "--ro-dir",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadWrite => "read and write",
            Self::ReadOnly => "read-only",
        })
    }
}
