//! The additional data of sites in official Go's code. A call has a return address, which the code before it pushes
//! onto Go's stack. The only loop of a function is the one to which all jumps go: the block to jump to is the function's
//! parameter, and the site has a number for each block:
//! <https://github.com/golang/go/blob/go1.23.0/src/cmd/internal/obj/wasm/wasmobj.go>.

/// The number from which on sites are numbered by block. A module has fewer other sites.
const FIRST_BLOCK_NUMBER: u32 = 1 << 31;

/// The return addresses and the blocks of sites.
#[derive(Debug, Default)]
pub struct GoSites {
    /// The numbers of calls and their return addresses, sorted by number.
    return_addresses: Vec<(u32, u64)>,
    /// The numbers of calls without a return address and their blocks, sorted by number.
    helper_calls: Vec<(u32, u32)>,
    /// The number of each loop's block 0 and the number of the loop itself, sorted.
    loops: Vec<(u32, u32)>,
    /// The number of blocks of all loops.
    block_count: u32,
}

impl GoSites {
    /// Adds the return address of a call. Calls must be added in order.
    pub(super) fn add_return_address(&mut self, site: i32, address: u64) {
        self.return_addresses.push((site.cast_unsigned(), address));
    }

    /// Adds a call without a return address. Calls must be added in order.
    pub(super) fn add_helper_call(&mut self, site: i32, block: u32) {
        self.helper_calls.push((site.cast_unsigned(), block));
    }

    /// Adds a loop with a number of blocks, and returns the number of its block 0; `None` if there are too many blocks.
    pub(super) fn add_loop(&mut self, site: i32, blocks: u32) -> Option<i32> {
        let first = FIRST_BLOCK_NUMBER.checked_add(self.block_count)?;
        self.block_count = self.block_count.checked_add(blocks)?;
        self.loops.push((first, site.cast_unsigned()));
        Some(first.cast_signed())
    }

    /// The numbers of calls and their return addresses.
    pub(super) fn return_addresses(&self) -> &[(u32, u64)] {
        &self.return_addresses
    }

    /// True if the module has official Go's code.
    pub fn are_present(&self) -> bool {
        !self.return_addresses.is_empty()
    }

    /// True if jumps are recorded.
    pub fn have_jumps(&self) -> bool {
        !self.loops.is_empty()
    }

    /// The return address of a call.
    pub fn return_address(&self, site: u32) -> Option<u64> {
        let found = self
            .return_addresses
            .binary_search_by_key(&site, |(site, _)| *site);
        let (_, address) = self.return_addresses.get(found.ok()?)?;
        Some(*address)
    }

    /// The return addresses of the calls from a site on.
    pub fn return_addresses_from(&self, site: u32) -> impl Iterator<Item = u64> {
        let before = self
            .return_addresses
            .partition_point(|(other, _)| *other < site);
        let after = self.return_addresses.iter().skip(before);
        after.map(|(_, address)| *address)
    }

    /// The block of a call without a return address.
    pub fn helper_call(&self, site: u32) -> Option<u32> {
        let found = self
            .helper_calls
            .binary_search_by_key(&site, |(site, _)| *site);
        let (_, block) = self.helper_calls.get(found.ok()?)?;
        Some(*block)
    }

    /// The number of the loop, and the block, that a number encodes.
    pub fn block(&self, number: u32) -> Option<(u32, u32)> {
        let after = self.loops.partition_point(|(first, _)| *first <= number);
        let (first, site) = self.loops.get(after.checked_sub(1)?)?;
        Some((*site, number - first))
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_BLOCK_NUMBER, GoSites};

    #[test]
    fn blocks_and_return_addresses_are_found() {
        let mut sites = GoSites::default();
        assert!(!sites.are_present());
        assert_eq!(sites.block(FIRST_BLOCK_NUMBER), None);
        let first = sites.add_loop(3, 10).map(i32::cast_unsigned);
        let second = sites.add_loop(8, 5).map(i32::cast_unsigned);
        assert_eq!(first, Some(FIRST_BLOCK_NUMBER));
        assert_eq!(second, Some(FIRST_BLOCK_NUMBER + 10));
        assert_eq!(sites.block(FIRST_BLOCK_NUMBER + 9), Some((3, 9)));
        assert_eq!(sites.block(FIRST_BLOCK_NUMBER + 12), Some((8, 2)));
        assert_eq!(sites.block(8), None);
        sites.add_return_address(2, 0x1001_0005);
        sites.add_return_address(7, 0x1000_0003);
        sites.add_helper_call(4, 9);
        assert_eq!(
            (sites.helper_call(4), sites.helper_call(3)),
            (Some(9), None)
        );
        for (site, address) in [(2, 0x1001_0005), (7, 0x1000_0003)] {
            assert_eq!(sites.return_address(site), Some(address));
        }
        assert_eq!(sites.return_address(3), None);
    }
}
