//! The directory of `--tmp`: created for one run, and removed when the run ends, however it ends.

mod removal;

use crate::entropy;
use crate::error::Error;
use crate::host::{Access, Mount};
use crate::stop::cleanup;
use rustix::fs::{CWD, Mode, mkdirat};
use rustix::io::Errno as HostErrno;
use std::io;
use std::path::{Path, PathBuf};

/// The path of the directory in the guest.
pub const GUEST_PATH: &str = "/tmp";

/// How many names are tried. A name is in use already only if another process has guessed its random bytes.
const MAX_ATTEMPTS: usize = 16;

/// A directory for one run.
#[derive(Debug)]
pub struct TemporaryDir {
    path: PathBuf,
}

impl TemporaryDir {
    /// Creates an empty directory in `parent`, which only this user can access, and starts the process that removes it
    /// if the run does not end normally. No other thread may have been started.
    ///
    /// # Errors
    ///
    /// `CommandLine` if the directory cannot be created, `Runner` if the process cannot be started.
    pub fn create(parent: &Path) -> Result<Self, Error> {
        let path = create_unique(parent).map_err(|error| {
            let parent = parent.display();
            Error::command_line(format!("cannot create the directory of --tmp in {parent}"))
                .caused_by(error)
                .hint("TMPDIR sets where it is created")
        })?;
        let clean_up = || removal::remove(&path).is_ok();
        if let Err(error) = cleanup::start(clean_up) {
            let _ = removal::remove(&path);
            let message = "cannot start the process that removes the directory of --tmp";
            return Err(Error::runner(message).caused_by(error));
        }
        Ok(Self { path })
    }

    /// The mount of the directory.
    pub fn mount(&self) -> Mount {
        Mount {
            host: self.path.clone(),
            guest: GUEST_PATH.to_owned(),
            access: Access::Temporary,
        }
    }

    /// Removes the directory and everything in it.
    ///
    /// # Errors
    ///
    /// `Runner` if a part of it cannot be removed.
    pub fn remove(&self) -> Result<(), Error> {
        removal::remove(&self.path).map_err(|error| {
            let path = self.path.display();
            Error::runner(format!("cannot remove {path}, the directory of --tmp")).caused_by(error)
        })
    }
}

/// Creates a directory with a random name.
fn create_unique(parent: &Path) -> io::Result<PathBuf> {
    let parent = std::path::absolute(parent)?;
    for _ in 0..MAX_ATTEMPTS {
        let mut random = [0; 8];
        entropy::fill(&mut random)?;
        let path = parent.join(format!("tinyrun-{:016x}", u64::from_ne_bytes(random)));
        match mkdirat(CWD, &path, Mode::RWXU) {
            Err(HostErrno::EXIST) => {}
            created => return created.map(|()| path).map_err(io::Error::from),
        }
    }
    Err(HostErrno::EXIST.into())
}
