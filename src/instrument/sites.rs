//! The sites in a module's code that a slot of the shadow stack can refer to.

/// A place in the code of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The index of the function.
    pub function: u32,
    /// The offset of the operator from the beginning of the code section, which is the address that debug
    /// information has for it.
    pub offset: u32,
    /// The offset of the code that can run on to this operator: what lies before it in the function ends in a
    /// trap. 0 if that is the whole function.
    pub since: u32,
    /// What is there.
    pub kind: SiteKind,
}

/// What is at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// The beginning of a function.
    Entry,
    /// A call of the function with this index; `None` of a call through a table.
    Call(Option<u32>),
    /// The same, followed by `unreachable`.
    FinalCall(Option<u32>),
    /// The beginning of a loop.
    Loop,
    /// An `unreachable`.
    Unreachable,
}

/// The sites of a module, by their numbers, and where its functions begin.
#[derive(Debug, Default)]
pub struct SiteTable {
    sites: Vec<Site>,
    /// The number of imported functions, which have no code.
    imported: u32,
    /// Where the bodies of the other functions begin in the code section.
    starts: Vec<u32>,
    /// True if a function calls another in place of itself.
    pub has_tail_calls: bool,
}

impl SiteTable {
    pub(crate) fn new(imported: u32) -> Self {
        Self {
            imported,
            ..Self::default()
        }
    }

    /// Starts the next function, whose body begins at `start`, and returns its index.
    pub(crate) fn begin_function(&mut self, start: usize) -> u32 {
        let function = self.imported + self.starts.len() as u32;
        // A module has at most 1 GiB.
        self.starts.push(start as u32);
        function
    }

    /// Adds a site of the current function and returns its number.
    pub(crate) fn add(&mut self, function: u32, offset: usize, kind: SiteKind) -> i32 {
        let before = self.sites.last();
        let before = before.filter(|before| before.function == function);
        let since = before.map_or(0, |before| match before.kind {
            SiteKind::FinalCall(_) | SiteKind::Unreachable => before.offset + 1,
            SiteKind::Entry | SiteKind::Call(_) | SiteKind::Loop => before.since,
        });
        self.sites.push(Site {
            function,
            offset: offset as u32,
            since,
            kind,
        });
        // From 1 on: a slot that was never written to is 0.
        self.sites.len() as i32
    }

    /// The site with a number.
    pub fn site(&self, number: u32) -> Option<&Site> {
        self.sites.get(number.checked_sub(1)? as usize)
    }

    /// The offset in the code section of a function's body.
    pub fn function_start(&self, function: u32) -> Option<u32> {
        let own = function.checked_sub(self.imported)?;
        self.starts.get(own as usize).copied()
    }
}
