//! Decodes the slots of a shadow stack.

use crate::instrument::{SLOT_BYTES, Site, SiteKind, SiteTable};

/// What is known about the position of an active function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StackEntry {
    /// The function is at the site with this number.
    AtSite(u32),
    /// The function is at or after the site with this number.
    AfterSite(u32),
    /// Only the index of the function is known.
    InFunction(u32),
    Unknown,
}

/// How the site in the top slot relates to the position at which the guest stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopSlot {
    /// The guest stopped at the site.
    Exact,
    /// The guest passed the site before it stopped.
    Earlier,
}

/// Returns the active functions, the innermost first. `outermost` is the index of the function that was called first,
/// if it is known.
pub(super) fn decode(
    sites: &SiteTable,
    slots: &[u8],
    outermost: Option<u32>,
    top_slot: TopSlot,
) -> Vec<StackEntry> {
    let mut numbers = slots
        .chunks_exact(SLOT_BYTES)
        .rev()
        .map(|slot| u32::from_le_bytes([slot[0], slot[1], slot[2], slot[3]]));
    let top = numbers.next();
    let callers: Vec<_> = numbers.map(StackEntry::AtSite).collect();
    let caller = callers.first().and_then(|caller| caller.site(sites));
    let expected = caller.map_or(outermost, callee);
    // Until a function first writes to its slot, the slot has the number of a function that held it earlier.
    let is_stale = |site: &Site| {
        let is_unexpected = expected.is_some_and(|expected| expected != site.function);
        // Official Go's functions write to their slots at once, and jump to functions as to others by tail calls.
        let may_be_unexpected = sites.has_tail_calls || sites.go.are_present();
        top_slot == TopSlot::Earlier && is_unexpected && !may_be_unexpected
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
    /// The site of the entry, if it has one.
    pub(super) fn site(self, sites: &SiteTable) -> Option<&Site> {
        match self {
            Self::AtSite(number) | Self::AfterSite(number) => sites.site(number),
            Self::InFunction(_) | Self::Unknown => None,
        }
    }
}

/// The index of the function that a site calls directly.
fn callee(site: &Site) -> Option<u32> {
    match site.kind {
        SiteKind::Call(callee) | SiteKind::FinalCall(callee) => callee,
        SiteKind::Entry | SiteKind::Loop | SiteKind::Unreachable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{StackEntry, TopSlot, decode};
    use crate::instrument::{SiteKind, SiteTable};

    #[test]
    fn a_stale_top_slot_is_ignored() {
        // Function 0 called function 2 before, and now calls function 1.
        let mut sites = SiteTable::new(0);
        let main = sites.begin_function(0);
        let called = sites.begin_function(10);
        let other = sites.begin_function(20);
        let call = sites.add(main, 5, SiteKind::Call(Some(called)));
        let in_called = sites.add(called, 15, SiteKind::Loop);
        let in_other = sites.add(other, 25, SiteKind::Loop);
        let [call, in_called, in_other] = [call, in_called, in_other].map(|site| site as u32);
        for (top, top_slot, entry) in [
            (in_called, TopSlot::Exact, StackEntry::AtSite(in_called)),
            (
                in_called,
                TopSlot::Earlier,
                StackEntry::AfterSite(in_called),
            ),
            (in_other, TopSlot::Earlier, StackEntry::InFunction(called)),
            (0, TopSlot::Earlier, StackEntry::InFunction(called)),
        ] {
            let slots = [call.to_le_bytes(), top.to_le_bytes()].concat();
            let entries = decode(&sites, &slots, Some(main), top_slot);
            assert_eq!(entries, [entry, StackEntry::AtSite(call)], "{top}");
        }
        let entries = decode(&sites, &[], Some(main), TopSlot::Earlier);
        assert_eq!(entries, [StackEntry::InFunction(main)]);
    }
}
