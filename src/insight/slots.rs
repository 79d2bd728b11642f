//! Decoding the slots of a shadow stack.

use crate::instrument::{SLOT_BYTES, Site, SiteKind, SiteTable};

/// What is known of an active function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StackEntry {
    /// It is at the site with this number.
    AtSite(u32),
    /// It was at the site with this number before.
    AfterSite(u32),
    /// Only the function is known, by its index.
    InFunction(u32),
    Unknown,
}

/// How the site in the top slot relates to where the guest stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopSlot {
    /// The guest stopped there.
    Exact,
    /// The guest was there before it stopped.
    Earlier,
}

/// The active functions, the innermost first. The stack begins with a call of the function with the index
/// `called`, where that is known.
pub(super) fn decode(
    sites: &SiteTable,
    slots: &[u8],
    called: Option<u32>,
    top_slot: TopSlot,
) -> Vec<StackEntry> {
    let mut numbers = slots
        .chunks_exact(SLOT_BYTES)
        .rev()
        .map(|slot| u32::from_le_bytes([slot[0], slot[1], slot[2], slot[3]]));
    let top = numbers.next();
    let callers: Vec<_> = numbers.map(StackEntry::AtSite).collect();
    let caller = callers.first().and_then(|caller| caller.site(sites));
    let expected = caller.map_or(called, callee);
    // A slot has the number of an earlier call until the function first writes to it.
    let is_stale = |site: &Site| {
        let is_unexpected = expected.is_some_and(|expected| expected != site.function);
        top_slot == TopSlot::Earlier && is_unexpected && !sites.has_tail_calls
    };
    let site = top.and_then(|number| Some((number, sites.site(number)?)));
    let top = match site.filter(|(_, site)| !is_stale(site)) {
        Some((number, _)) if top_slot == TopSlot::Exact => StackEntry::AtSite(number),
        Some((_, site)) if site.kind == SiteKind::Entry => StackEntry::InFunction(site.function),
        Some((number, _)) => StackEntry::AfterSite(number),
        None => expected.map_or(StackEntry::Unknown, StackEntry::InFunction),
    };
    std::iter::once(top).chain(callers).collect()
}

impl StackEntry {
    /// The site of an entry that has one.
    pub(super) fn site(self, sites: &SiteTable) -> Option<&Site> {
        match self {
            Self::AtSite(number) | Self::AfterSite(number) => sites.site(number),
            Self::InFunction(_) | Self::Unknown => None,
        }
    }
}

/// The function that a site calls by its index.
fn callee(site: &Site) -> Option<u32> {
    match site.kind {
        SiteKind::Call(callee) | SiteKind::FinalCall(callee) => callee,
        SiteKind::Entry | SiteKind::Loop | SiteKind::Unreachable => None,
    }
}
