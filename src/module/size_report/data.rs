//! Attributes the bytes of data segments to the variables in them.

use super::parts::Segment;
use super::tree::Item;
use crate::module::data_symbols::DataSymbol;
use crate::module::go_package::package;

/// The group of TinyGo's descriptions of types, which are named `type T`:
/// <https://github.com/tinygo-org/tinygo/blob/v0.34.0/compiler/interface.go>.
const TYPES: &str = "types";

/// The parts of data segments: what the symbols cover, and the rest of each segment.
pub(super) fn items(segments: &[Segment<'_>], mut symbols: Vec<DataSymbol>) -> Vec<Item> {
    symbols.sort_by_key(|symbol| symbol.address);
    let mut covered = vec![0; symbols.len()];
    let mut items = Vec::new();
    let mut addressed: Vec<_> = (0..).zip(segments).collect();
    addressed.sort_by_key(|(_, segment)| segment.address);
    // The symbols and segments up to here are attributed, also if they overlap.
    let mut reached = 0_u64;
    let mut next = 0;
    for (index, segment) in addressed {
        let in_symbols = segment.address.map_or(0, |address| {
            let end = u64::from(address) + segment.size as u64;
            reached = reached.max(u64::from(address));
            cover(&symbols, &mut covered, &mut next, &mut reached, end)
        });
        items.push(Item {
            name: segment_name(segment, index),
            package: None,
            bytes: segment.size.saturating_sub(in_symbols),
        });
    }
    let variables = symbols.into_iter().zip(covered);
    items.extend(variables.map(|(symbol, bytes)| Item {
        package: group(&symbol.name),
        name: symbol.name,
        bytes,
    }));
    items.retain(|item| item.bytes > 0);
    items
}

/// Adds the bytes from `reached` to `end` to the symbols that they are in. Returns their number.
fn cover(
    symbols: &[DataSymbol],
    covered: &mut [usize],
    next: &mut usize,
    reached: &mut u64,
    end: u64,
) -> usize {
    let mut total = 0;
    while let Some(symbol) = symbols.get(*next) {
        let symbol_end = u64::from(symbol.address) + u64::from(symbol.size);
        let from = u64::from(symbol.address).max(*reached);
        let to = symbol_end.min(end);
        if from < to {
            let bytes = (to - from) as usize;
            covered[*next] += bytes;
            total += bytes;
            *reached = to;
        }
        if symbol_end > end {
            break;
        }
        *next += 1;
    }
    *reached = (*reached).max(end);
    total
}

fn segment_name(segment: &Segment<'_>, index: usize) -> String {
    match segment.name {
        Some(name) => name.to_owned(),
        None => format!("segment {index}"),
    }
}

fn group(name: &str) -> Option<String> {
    if name.starts_with("type ") {
        return Some(TYPES.to_owned());
    }
    package(name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{DataSymbol, Segment, items};

    #[test]
    fn bytes_belong_to_one_variable_or_to_the_rest_of_their_segment() {
        let segment = |address, size, name| Segment {
            address,
            size,
            name,
        };
        let symbol = |address, size, name: &str| DataSymbol {
            address,
            size,
            name: name.to_owned(),
        };
        let segments = [
            segment(Some(100), 50, Some(".data")),
            segment(None, 7, None),
            segment(Some(16), 20, Some(".rodata")),
            segment(Some(140), 20, None),
        ];
        let symbols = vec![
            symbol(0, 4, "before"),
            symbol(20, 10, "a/b.table"),
            symbol(24, 10, "overlapping"),
            symbol(90, 20, "main.start"),
            symbol(148, 10, "main.across"),
            symbol(200, 4, "after"),
        ];
        let found = items(&segments, symbols);
        let mut found: Vec<_> = found
            .iter()
            .map(|item| (item.name.as_str(), item.bytes))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                (".data", 38),
                (".rodata", 6),
                ("a/b.table", 10),
                ("main.across", 10),
                ("main.start", 10),
                ("overlapping", 4),
                ("segment 1", 7),
                ("segment 3", 12),
            ]
        );
        let total: usize = found.iter().map(|(_, bytes)| bytes).sum();
        assert_eq!(total, 97);
    }
}
