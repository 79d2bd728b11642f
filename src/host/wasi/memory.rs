//! The guest's memory, as a WASI function sees it for the time of a call. Every address and length
//! comes from the guest; what lies outside is `EFAULT`, and nothing is copied that need not be.

use super::errno::Errno;
use smallvec::SmallVec;
use std::io::{IoSlice, IoSliceMut};

/// How many buffers one call of the host takes. A read leaves the rest of a longer list as after any short
/// read; a write goes on with it.
const MAX_BUFFERS: usize = 1024;

/// The longest path, as of Linux. Longer ones are refused before they are looked at.
const MAX_PATH: u32 = 4096;

/// A list that is short in most calls, and then is not on the heap.
pub(super) type Few<T> = SmallVec<[T; 4]>;

/// The address and the length of what is left of a list of buffers.
pub(super) type Rest = Option<(u32, u32)>;

/// The guest's linear memory.
pub(super) struct Memory<'m>(&'m mut [u8]);

impl<'m> Memory<'m> {
    pub(super) fn new(bytes: &'m mut [u8]) -> Self {
        Self(bytes)
    }

    /// The `length` bytes at `address`.
    pub(super) fn bytes(&self, address: u32, length: u32) -> Result<&[u8], Errno> {
        let range = range(address, length);
        self.0.get(range).ok_or(Errno::FAULT)
    }

    /// The `length` bytes at `address`, to be written.
    pub(super) fn bytes_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let range = range(address, length);
        self.0.get_mut(range).ok_or(Errno::FAULT)
    }

    fn array<const N: usize>(&self, address: u32) -> Result<[u8; N], Errno> {
        let behind = self.0.get(address as usize..).ok_or(Errno::FAULT)?;
        behind.first_chunk().copied().ok_or(Errno::FAULT)
    }

    pub(super) fn u16(&self, address: u32) -> Result<u16, Errno> {
        self.array(address).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, address: u32) -> Result<u32, Errno> {
        self.array(address).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&self, address: u32) -> Result<u64, Errno> {
        self.array(address).map(u64::from_le_bytes)
    }

    pub(super) fn put(&mut self, address: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        self.bytes_mut(address, length)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Refuses an address to which a call could not write its result, before it does anything.
    pub(super) fn require_u32(&self, address: u32) -> Result<(), Errno> {
        self.u32(address).map(drop)
    }

    pub(super) fn put_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.put(address, &value.to_le_bytes())
    }

    pub(super) fn put_u64(&mut self, address: u32, value: u64) -> Result<(), Errno> {
        self.put(address, &value.to_le_bytes())
    }

    /// A path, or what a symbolic link is to hold: UTF-8 without a zero byte, as WASI and the host ask.
    pub(super) fn path(&self, address: u32, length: u32) -> Result<&str, Errno> {
        let bytes = self.bytes(address, length)?;
        if length >= MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        if bytes.contains(&0) {
            return Err(Errno::INVAL);
        }
        std::str::from_utf8(bytes).map_err(|_| Errno::ILSEQ)
    }

    /// The buffers that a list of `count` at `address` names, to write from: as many as one call of the host
    /// takes, and the list of the rest.
    pub(super) fn gather(
        &self,
        address: u32,
        count: u32,
    ) -> Result<(Few<IoSlice<'_>>, Rest), Errno> {
        let (buffers, read) = self.buffers(address, count)?;
        let slices = buffers
            .into_iter()
            .map(|(start, length)| self.bytes(start, length).map(IoSlice::new));
        let rest = (read < count).then(|| (address + 8 * read, count - read));
        Ok((slices.collect::<Result<_, _>>()?, rest))
    }

    /// The buffers that a list of `count` at `address` names, to read into. Where they overlap, only the
    /// first one is used: what is read into it is then a short read, which a program must expect.
    pub(super) fn scatter(
        &mut self,
        address: u32,
        count: u32,
    ) -> Result<Few<IoSliceMut<'_>>, Errno> {
        let (buffers, _) = self.buffers(address, count)?;
        for &(start, length) in &buffers {
            self.bytes(start, length)?;
        }
        if let Some(order) = disjoint_order(&buffers) {
            return Ok(split(self.0, &buffers, &order));
        }
        let (start, length) = buffers.first().copied().unwrap_or_default();
        let first = IoSliceMut::new(self.bytes_mut(start, length)?);
        Ok(Few::from_iter([first]))
    }

    /// The addresses and lengths of the first buffers in a list, without those that are empty, and how many
    /// entries that took. Lengths that come to more than a WASI size are refused, as POSIX does.
    fn buffers(&self, address: u32, count: u32) -> Result<(Few<(u32, u32)>, u32), Errno> {
        let mut buffers = Few::new();
        let mut total = 0u32;
        for (read, (start, length)) in self.entries(address, count)?.enumerate() {
            if length == 0 {
                continue;
            }
            if buffers.len() == MAX_BUFFERS {
                return Ok((buffers, read as u32));
            }
            total = total.checked_add(length).ok_or(Errno::INVAL)?;
            buffers.push((start, length));
        }
        Ok((buffers, count))
    }

    /// Refuses a list that names bytes outside of memory, or more than a WASI size.
    pub(super) fn check_buffers(&self, address: u32, count: u32) -> Result<(), Errno> {
        let mut total = 0u32;
        for (start, length) in self.entries(address, count)? {
            self.bytes(start, length)?;
            total = total.checked_add(length).ok_or(Errno::INVAL)?;
        }
        Ok(())
    }

    /// The entries of a list of buffers: address and length.
    fn entries(
        &self,
        address: u32,
        count: u32,
    ) -> Result<impl Iterator<Item = (u32, u32)> + '_, Errno> {
        let size = count.checked_mul(8).ok_or(Errno::FAULT)?;
        let (entries, _) = self.bytes(address, size)?.as_chunks::<8>();
        Ok(entries.iter().map(|[a, b, c, d, e, f, g, h]| {
            let start = u32::from_le_bytes([*a, *b, *c, *d]);
            (start, u32::from_le_bytes([*e, *f, *g, *h]))
        }))
    }
}

fn range(address: u32, length: u32) -> std::ops::Range<usize> {
    let start = address as usize;
    start..start.saturating_add(length as usize)
}

/// The buffers' indices by address, where none overlaps another.
fn disjoint_order(buffers: &[(u32, u32)]) -> Option<Few<usize>> {
    let mut order: Few<_> = (0..buffers.len()).collect();
    order.sort_unstable_by_key(|&index| buffers[index]);
    let overlap = order.windows(2).any(|pair| {
        let (start, length) = buffers[pair[0]];
        u64::from(start) + u64::from(length) > u64::from(buffers[pair[1]].0)
    });
    (!overlap).then_some(order)
}

/// Splits memory into buffers that lie in it and are disjoint in this order; they come out in their own.
fn split<'m>(memory: &'m mut [u8], buffers: &[(u32, u32)], order: &[usize]) -> Few<IoSliceMut<'m>> {
    let mut slices: Few<Option<IoSliceMut<'m>>> = buffers.iter().map(|_| None).collect();
    let (mut rest, mut at) = (memory, 0);
    for &index in order {
        let (start, length) = buffers[index];
        let (_, behind) = rest.split_at_mut(start as usize - at);
        let (slice, behind) = behind.split_at_mut(length as usize);
        slices[index] = Some(IoSliceMut::new(slice));
        (rest, at) = (behind, start as usize + length as usize);
    }
    slices.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::{Errno, Memory};

    /// A list of buffers at the start of 64 bytes of memory.
    fn memory(buffers: &[(u32, u32)]) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (entry, (start, length)) in bytes.chunks_exact_mut(8).zip(buffers) {
            entry[..4].copy_from_slice(&start.to_le_bytes());
            entry[4..].copy_from_slice(&length.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn buffers_are_read_into_in_their_own_order() {
        let mut bytes = memory(&[(60, 2), (0, 0), (50, 3), (62, 2)]);
        let mut memory = Memory::new(&mut bytes);
        let lengths = memory.scatter(0, 4).map(|mut slices| {
            for (slice, mark) in slices.iter_mut().zip(1..) {
                slice.fill(mark);
            }
            slices.iter().map(|slice| slice.len()).collect::<Vec<_>>()
        });
        assert_eq!(lengths, Ok(vec![2, 3, 2]));
        assert_eq!(bytes[50..], [2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 3]);
    }

    #[test]
    fn buffers_that_overlap_are_cut_to_the_first() {
        let mut bytes = memory(&[(40, 8), (44, 8)]);
        let mut memory = Memory::new(&mut bytes);
        let lengths = memory
            .scatter(0, 2)
            .map(|slices| slices.iter().map(|slice| slice.len()).collect::<Vec<_>>());
        assert_eq!(lengths, Ok(vec![8]));
    }

    #[test]
    fn what_lies_outside_is_a_fault() {
        let mut bytes = memory(&[(60, 5), (u32::MAX, 1), (0, u32::MAX), (0, 1)]);
        let mut memory = Memory::new(&mut bytes);
        for (list, count, errno) in [
            (0, 1, Errno::FAULT),
            (8, 1, Errno::FAULT),
            (16, 2, Errno::INVAL),
            (60, 1, Errno::FAULT),
            (0, u32::MAX, Errno::FAULT),
        ] {
            assert_eq!(memory.gather(list, count).map(drop), Err(errno), "{list}");
            assert_eq!(memory.scatter(list, count).map(drop), Err(errno), "{list}");
        }
        assert_eq!(memory.u64(57), Err(Errno::FAULT));
        assert_eq!(memory.put_u32(u32::MAX, 0), Err(Errno::FAULT));
    }
}
