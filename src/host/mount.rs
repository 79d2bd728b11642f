//! The directories of the host that a guest can access.

use std::fmt;
use std::path::PathBuf;

/// A directory of the host, and its path in the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The directory on the host, as written in the option.
    pub host: PathBuf,
    /// The path in the guest: the part of the option after `::`, or the same as `host` without one.
    pub guest: String,
    /// The access that the guest has.
    pub access: Access,
}

/// The access that a guest has to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    ReadWrite,
    /// Read only.
    ReadOnly,
    /// Read and write, in a directory that is removed when the run ends.
    Temporary,
}

impl Access {
    /// The option that mounts a directory with this access.
    pub fn option(self) -> &'static str {
        match self {
            Self::ReadWrite => "--dir",
            Self::ReadOnly => "--ro-dir",
            Self::Temporary => "--tmp",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadWrite => "read and write",
            Self::ReadOnly => "read-only",
            Self::Temporary => "read and write, until the run ends",
        })
    }
}
