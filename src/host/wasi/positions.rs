//! Positions in a directory that is listed. The host's are numbers of up to 63 bits, as of ext4, and C libraries
//! of wasm32 keep a position in 32 bits, so the guest gets small numbers instead. A number stands for the same
//! position for as long as the directory is open, whatever is created and deleted; a position may have several.

use super::Errno;
use std::cell::Cell;
use std::rc::Rc;

/// The cookie of the first position: those before it are of `.` and `..`, which the host's entries follow.
pub(super) const FIRST: u64 = 2;

/// How many positions are kept for those directories of one mount that are open, in 8 bytes each.
const MAX_POSITIONS: usize = 1 << 20;

/// Marks a cookie that is the host's own position, where no more could be kept.
const HOSTS_OWN: u64 = 1 << 63;

/// The positions in one open directory.
pub(super) struct Positions {
    /// The host's positions by their numbers, from 1 on; number 0 is the beginning.
    kept: Vec<u64>,
    /// How many more may be kept for all directories of the mount.
    left: Rc<Cell<usize>>,
    /// Whether the guest knows positions that were not kept.
    has_hosts_own: bool,
}

/// A position in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Its number, where it was kept.
    number: Option<usize>,
    /// What the host knows it by.
    pub(super) host: u64,
}

impl Position {
    /// What the guest knows it by.
    pub(super) fn cookie(self) -> u64 {
        match self.number {
            Some(number) => FIRST + number as u64,
            None => HOSTS_OWN | self.host,
        }
    }
}

/// The bound on the positions of a mount.
pub(super) fn bound() -> Rc<Cell<usize>> {
    Rc::new(Cell::new(MAX_POSITIONS))
}

impl Positions {
    /// Those in a directory that was not listed yet.
    pub(super) fn within(left: Rc<Cell<usize>>) -> Self {
        Self {
            kept: Vec::new(),
            left,
            has_hosts_own: false,
        }
    }

    /// Those in another directory of the same mount.
    pub(super) fn beside(&self) -> Self {
        Self::within(Rc::clone(&self.left))
    }

    /// The position of a cookie; `None` where its number is larger than any so far.
    ///
    /// # Errors
    ///
    /// `INVAL` where no number is that large.
    pub(super) fn find(&self, cookie: u64) -> Result<Option<Position>, Errno> {
        if cookie & HOSTS_OWN != 0 && self.has_hosts_own {
            let host = cookie & !HOSTS_OWN;
            return Ok(Some(Position { number: None, host }));
        }
        let number = usize::try_from(cookie.saturating_sub(FIRST)).map_err(|_| Errno::INVAL)?;
        match number {
            number if number <= self.kept.len() => Ok(Some(self.numbered(number))),
            ..=MAX_POSITIONS => Ok(None),
            _ => Err(Errno::INVAL),
        }
    }

    /// The position with the largest number.
    pub(super) fn last(&self) -> Position {
        self.numbered(self.kept.len())
    }

    /// The position after an entry that was read at `position`, which the host knows by `host`.
    pub(super) fn after(&mut self, position: Position, host: u64) -> Position {
        let Some(number) = position.number else {
            return Position { number: None, host };
        };
        if self.kept.get(number) == Some(&host) {
            return self.numbered(number + 1);
        }
        let Some(left) = self.left.get().checked_sub(1) else {
            self.has_hosts_own = true;
            return Position { number: None, host };
        };
        self.left.set(left);
        self.kept.push(host);
        self.last()
    }

    /// The position of a number that was given out.
    fn numbered(&self, number: usize) -> Position {
        let kept = number.checked_sub(1).and_then(|index| self.kept.get(index));
        Position {
            number: Some(number),
            host: kept.copied().unwrap_or(0),
        }
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        self.left.set(self.left.get() + self.kept.len());
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, FIRST, HOSTS_OWN, MAX_POSITIONS, Positions, bound};
    use std::cell::Cell;
    use std::rc::Rc;

    /// The cookies after entries that the host has at these positions, from a cookie on.
    fn list(positions: &mut Positions, from: u64, hosts: &[u64]) -> Result<Vec<u64>, Errno> {
        let mut position = positions.find(from)?.ok_or(Errno::INVAL)?;
        let cookies = hosts.iter().map(|host| {
            position = positions.after(position, *host);
            position.cookie()
        });
        Ok(cookies.collect())
    }

    #[test]
    fn numbers_are_small_and_keep_their_positions() {
        let mut positions = Positions::within(bound());
        let (a, b, c, d) = (1 << 40, 1 << 50, 1 << 62, (1 << 63) - 1);
        assert_eq!(list(&mut positions, FIRST, &[a, b, c]), Ok(vec![3, 4, 5]));
        // The same listing has the same numbers.
        assert_eq!(list(&mut positions, 3, &[b, c, d]), Ok(vec![4, 5, 6]));
        // The entry before b was deleted, and a new one has come.
        assert_eq!(list(&mut positions, FIRST, &[b, 7, c]), Ok(vec![7, 8, 9]));
        for (cookie, host) in [(3, a), (4, b), (5, c), (6, d), (7, b), (8, 7), (9, c)] {
            let found = positions.find(cookie).map(|found| found.map(|at| at.host));
            assert_eq!(found, Ok(Some(host)), "{cookie}");
        }
        assert_eq!(positions.find(10), Ok(None));
        for cookie in [FIRST + MAX_POSITIONS as u64 + 1, HOSTS_OWN | 1, u64::MAX] {
            assert_eq!(positions.find(cookie), Err(Errno::INVAL), "{cookie}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_known_by_the_hosts_own_position() {
        let left = Rc::new(Cell::new(2));
        let mut positions = Positions::within(Rc::clone(&left));
        let end = (1 << 63) - 1;
        let cookies = vec![3, 4, HOSTS_OWN | 30, HOSTS_OWN | end];
        assert_eq!(list(&mut positions, FIRST, &[10, 20, 30, end]), Ok(cookies));
        let found = positions.find(HOSTS_OWN | 30);
        assert_eq!(found.map(|found| found.map(|at| at.host)), Ok(Some(30)));
        drop(positions);
        assert_eq!(left.get(), 2);
    }
}
