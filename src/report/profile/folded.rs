//! Folded stacks: a line for each, its functions from the outermost on with `;` between them, and what
//! was spent. What flame graphs are drawn from.

use super::known;
use crate::insight::Profile;
use std::collections::BTreeMap;

/// The lines, in the order of their stacks.
pub(super) fn lines(profile: &Profile) -> Vec<String> {
    // Stacks that differ in lines only are one here.
    let mut spent: BTreeMap<String, u64> = BTreeMap::new();
    for (places, cost) in &profile.stacks {
        let frames = places.iter().flat_map(|place| known(place).rev());
        let names: Vec<_> = frames.map(|frame| name(&frame.function)).collect();
        *spent.entry(names.join(";")).or_default() += cost.work;
    }
    let line = |(stack, work): (String, u64)| format!("{stack} {work}\n");
    spent.into_iter().map(line).collect()
}

/// A name without what has a meaning here.
fn name(function: &str) -> String {
    function.replace([';', '\n', '\r'], ":")
}
