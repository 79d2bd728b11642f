//! Sites: the operators that a slot of the shadow stack can refer to.

use super::go_sites::GoSites;
use std::collections::HashSet;

/// An operator in the code of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The index of the function.
    pub function: u32,
    /// The offset of the operator from the start of the code section's content, which is its address in debug
    /// information.
    pub offset: u32,
    /// The kind of operator.
    pub kind: SiteKind,
}

/// The kind of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// The start of a function.
    Entry,
    /// A call to the function with this index; `None` for a call through a table.
    Call(Option<u32>),
    /// A call that is followed by `unreachable`.
    FinalCall(Option<u32>),
    /// The start of a loop.
    Loop,
    /// An `unreachable`.
    Unreachable,
}

/// The sites of a module by number, and the start of each function.
#[derive(Debug, Default)]
pub struct SiteTable {
    sites: Vec<Site>,
    /// The number of imported functions, which have no code.
    imported: u32,
    /// The offsets of the other functions' bodies in the code section.
    starts: Vec<u32>,
    /// True if the module has tail calls.
    pub has_tail_calls: bool,
    /// The sites of official Go's code.
    pub(crate) go: GoSites,
}

impl SiteTable {
    pub(crate) fn new(imported: u32) -> Self {
        Self {
            imported,
            ..Self::default()
        }
    }

    /// Adds the next function, whose body starts at `start`, and returns its index.
    pub(crate) fn begin_function(&mut self, start: usize) -> u32 {
        let function = self.imported + self.starts.len() as u32;
        // A module is at most 1 GiB in size.
        self.starts.push(start as u32);
        function
    }

    /// Adds a site of the last function, and returns its number.
    pub(crate) fn add(&mut self, function: u32, offset: usize, kind: SiteKind) -> i32 {
        self.sites.push(Site {
            function,
            offset: offset as u32,
            kind,
        });
        // Numbers start at 1, since an unused slot is 0.
        self.sites.len() as i32
    }

    /// The site with a number.
    pub fn site(&self, number: u32) -> Option<&Site> {
        let number = match self.go.block(number) {
            Some((loop_site, _)) => loop_site,
            None => number,
        };
        self.sites.get(number.checked_sub(1)? as usize)
    }

    /// The numbers of the sites in some functions.
    pub fn numbers_in(&self, functions: &HashSet<u32>) -> impl Iterator<Item = u32> {
        let numbered = (1..).zip(&self.sites);
        numbered.filter_map(|(number, site)| functions.contains(&site.function).then_some(number))
    }

    /// The offset in the code section of a function's body.
    pub fn function_start(&self, function: u32) -> Option<u32> {
        let own = function.checked_sub(self.imported)?;
        self.starts.get(own as usize).copied()
    }
}
