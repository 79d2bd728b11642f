//! The cookies of directory entries. The host's offsets in a directory have up to 63 bits, as on ext4, but C libraries
//! for wasm32 store a cookie in a `long` of 32 bits, so the guest gets small numbers instead. While the directory is
//! open, a cookie always refers to the same offset, even if entries are created or deleted. An offset may have several
//! cookies.

use super::FIRST_COOKIE;
use crate::host::wasi::Errno;
use std::cell::Cell;
use std::rc::Rc;

/// The maximum number of offsets, of 8 bytes each, that are kept for all open directories of a mount.
const MAX_OFFSETS: usize = 1 << 20;

/// Marks a cookie that contains the host's offset itself, because no more offsets could be kept.
const HOST_OFFSET: u64 = 1 << 63;

/// The offsets in one open directory for which the guest has cookies.
pub(super) struct CookieTable {
    /// The host's offsets by index, from 1; index 0 is the start of the directory.
    offsets: Vec<u64>,
    /// The number of offsets that can still be kept for all directories of the mount.
    space_left: Rc<Cell<usize>>,
    /// Whether the guest has cookies that contain the host's offset.
    has_host_offsets: bool,
}

/// An offset in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DirectoryOffset {
    /// Its index in the table; `None` if it could not be kept.
    index: Option<usize>,
    /// The host's offset.
    pub(super) host: u64,
}

impl DirectoryOffset {
    pub(super) fn cookie(self) -> u64 {
        match self.index {
            Some(index) => FIRST_COOKIE + index as u64,
            None => HOST_OFFSET | self.host,
        }
    }
}

/// The space for the offsets of one mount.
pub(super) fn offset_space() -> Rc<Cell<usize>> {
    Rc::new(Cell::new(MAX_OFFSETS))
}

impl CookieTable {
    pub(super) fn new(space_left: Rc<Cell<usize>>) -> Self {
        Self {
            offsets: Vec::new(),
            space_left,
            has_host_offsets: false,
        }
    }

    /// A table for another directory of the same mount.
    pub(super) fn sibling(&self) -> Self {
        Self::new(Rc::clone(&self.space_left))
    }

    /// The offset of a cookie; `None` if the cookie is larger than all cookies so far.
    ///
    /// # Errors
    ///
    /// `INVAL` if no cookie can be that large.
    pub(super) fn find(&self, cookie: u64) -> Result<Option<DirectoryOffset>, Errno> {
        if cookie & HOST_OFFSET != 0 && self.has_host_offsets {
            let host = cookie & !HOST_OFFSET;
            return Ok(Some(DirectoryOffset { index: None, host }));
        }
        let index = cookie.saturating_sub(FIRST_COOKIE);
        let index = usize::try_from(index).map_err(|_| Errno::INVAL)?;
        match index {
            index if index <= self.offsets.len() => Ok(Some(self.at(index))),
            ..=MAX_OFFSETS => Ok(None),
            _ => Err(Errno::INVAL),
        }
    }

    /// The offset with the largest cookie.
    pub(super) fn last(&self) -> DirectoryOffset {
        self.at(self.offsets.len())
    }

    /// The offset after an entry that was read at `offset`. `host` is the host's offset there.
    pub(super) fn after(&mut self, offset: DirectoryOffset, host: u64) -> DirectoryOffset {
        let Some(index) = offset.index else {
            return DirectoryOffset { index: None, host };
        };
        if self.offsets.get(index) == Some(&host) {
            return self.at(index + 1);
        }
        let Some(space_left) = self.space_left.get().checked_sub(1) else {
            self.has_host_offsets = true;
            return DirectoryOffset { index: None, host };
        };
        self.space_left.set(space_left);
        self.offsets.push(host);
        self.last()
    }

    fn at(&self, index: usize) -> DirectoryOffset {
        let host = index.checked_sub(1).and_then(|at| self.offsets.get(at));
        DirectoryOffset {
            index: Some(index),
            host: host.copied().unwrap_or(0),
        }
    }
}

impl Drop for CookieTable {
    fn drop(&mut self) {
        self.space_left
            .set(self.space_left.get() + self.offsets.len());
    }
}

#[cfg(test)]
mod tests {
    use super::{CookieTable, Errno, FIRST_COOKIE, HOST_OFFSET, MAX_OFFSETS, offset_space};
    use std::cell::Cell;
    use std::rc::Rc;

    /// The cookies after entries at these offsets of the host's, starting from a cookie.
    fn list(table: &mut CookieTable, from: u64, offsets: &[u64]) -> Result<Vec<u64>, Errno> {
        let mut offset = table.find(from)?.ok_or(Errno::INVAL)?;
        let cookies = offsets.iter().map(|host| {
            offset = table.after(offset, *host);
            offset.cookie()
        });
        Ok(cookies.collect())
    }

    #[test]
    fn cookies_are_small_and_keep_their_offsets() {
        let mut table = CookieTable::new(offset_space());
        let (a, b, c, d) = (1 << 40, 1 << 50, 1 << 62, (1 << 63) - 1);
        assert_eq!(
            list(&mut table, FIRST_COOKIE, &[a, b, c]),
            Ok(vec![3, 4, 5])
        );
        // The same listing has the same cookies.
        assert_eq!(list(&mut table, 3, &[b, c, d]), Ok(vec![4, 5, 6]));
        // The entry before b was deleted, and a new one was created.
        assert_eq!(
            list(&mut table, FIRST_COOKIE, &[b, 7, c]),
            Ok(vec![7, 8, 9])
        );
        for (cookie, host) in [(3, a), (4, b), (5, c), (6, d), (7, b), (8, 7), (9, c)] {
            let found = table.find(cookie).map(|found| found.map(|at| at.host));
            assert_eq!(found, Ok(Some(host)), "{cookie}");
        }
        assert_eq!(table.find(10), Ok(None));
        for cookie in [
            FIRST_COOKIE + MAX_OFFSETS as u64 + 1,
            HOST_OFFSET | 1,
            u64::MAX,
        ] {
            assert_eq!(table.find(cookie), Err(Errno::INVAL), "{cookie}");
        }
    }

    #[test]
    fn a_cookie_holds_the_offset_that_could_not_be_kept() {
        let space_left = Rc::new(Cell::new(2));
        let mut table = CookieTable::new(Rc::clone(&space_left));
        let end = (1 << 63) - 1;
        let cookies = vec![3, 4, HOST_OFFSET | 30, HOST_OFFSET | end];
        assert_eq!(
            list(&mut table, FIRST_COOKIE, &[10, 20, 30, end]),
            Ok(cookies)
        );
        let found = table.find(HOST_OFFSET | 30);
        assert_eq!(found.map(|found| found.map(|at| at.host)), Ok(Some(30)));
        drop(table);
        assert_eq!(space_left.get(), 2);
    }
}
