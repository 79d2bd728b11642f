//! The guest's memory during a call. Pointers and lengths come from the guest; if they lead outside the memory, the
//! error is `EFAULT`.

use super::abi::{AbiRecord, Slice};
use super::errno::Errno;
use smallvec::SmallVec;
use std::io::{IoSlice, IoSliceMut};

/// The maximum number of buffers of one system call on Linux and macOS:
/// <https://man7.org/linux/man-pages/man2/readv.2.html>. A read ignores the rest of a longer list, which makes it a short
/// read; a write continues with the rest.
pub(super) const MAX_BUFFERS: usize = 1024;

/// The maximum number of bytes of one system call. Linux transfers no more
/// (<https://man7.org/linux/man-pages/man2/write.2.html>), and macOS refuses 2 GiB.
pub(super) const MAX_CALL_BYTES: u32 = 0x7fff_f000;

/// The longest path that the system accepts, with a final zero byte. Longer ones are refused before they are read.
pub(super) const MAX_PATH_BYTES: usize = libc::PATH_MAX as usize;

/// The buffers of one call. Most calls have few, and these are not allocated on the heap.
pub(super) type BufferList<T> = SmallVec<[T; 4]>;

/// The guest's linear memory.
pub(super) struct GuestMemory<'m>(&'m mut [u8]);

impl<'m> GuestMemory<'m> {
    pub(super) fn new(bytes: &'m mut [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self, slice: Slice) -> Result<&[u8], Errno> {
        self.0.get(range(slice)).ok_or(Errno::FAULT)
    }

    pub(super) fn bytes_mut(&mut self, slice: Slice) -> Result<&mut [u8], Errno> {
        self.0.get_mut(range(slice)).ok_or(Errno::FAULT)
    }

    pub(super) fn put(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        self.bytes_mut(Slice { pointer, length })?
            .copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn read<R: AbiRecord<SIZE>, const SIZE: usize>(
        &self,
        pointer: u32,
    ) -> Result<R, Errno> {
        let bytes = self.0.get(pointer as usize..).ok_or(Errno::FAULT)?;
        bytes.first_chunk().map(R::from_bytes).ok_or(Errno::FAULT)
    }

    pub(super) fn write<R: AbiRecord<SIZE>, const SIZE: usize>(
        &mut self,
        pointer: u32,
        record: R,
    ) -> Result<(), Errno> {
        let bytes = self.0.get_mut(pointer as usize..).ok_or(Errno::FAULT)?;
        *bytes.first_chunk_mut().ok_or(Errno::FAULT)? = record.to_bytes();
        Ok(())
    }

    /// Reads one record of a list.
    pub(super) fn read_item<R: AbiRecord<SIZE>, const SIZE: usize>(
        &self,
        list: u32,
        index: u32,
    ) -> Result<R, Errno> {
        self.read(item_pointer::<R, SIZE>(list, index)?)
    }

    /// Writes one record of a list.
    pub(super) fn write_item<R: AbiRecord<SIZE>, const SIZE: usize>(
        &mut self,
        list: u32,
        index: u32,
        record: R,
    ) -> Result<(), Errno> {
        self.write(item_pointer::<R, SIZE>(list, index)?, record)
    }

    /// Reads a list of records.
    pub(super) fn records<R: AbiRecord<SIZE>, const SIZE: usize>(
        &self,
        pointer: u32,
        count: u32,
    ) -> Result<impl ExactSizeIterator<Item = R> + use<'_, 'm, R, SIZE>, Errno> {
        let length = count.checked_mul(SIZE as u32).ok_or(Errno::FAULT)?;
        let (records, _) = self.bytes(Slice { pointer, length })?.as_chunks();
        Ok(records.iter().map(R::from_bytes))
    }

    /// Checks, before a call has any effect, that its result can be written to `pointer`.
    pub(super) fn require_u32(&self, pointer: u32) -> Result<(), Errno> {
        self.read::<u32, _>(pointer).map(drop)
    }

    /// Reads a path or a symbolic link's content. It must be UTF-8, as WASI requires, and contain no zero byte.
    pub(super) fn path(&self, path: Slice) -> Result<&str, Errno> {
        let bytes = self.bytes(path)?;
        if bytes.len() >= MAX_PATH_BYTES {
            return Err(Errno::NAMETOOLONG);
        }
        if bytes.contains(&0) {
            return Err(Errno::INVAL);
        }
        std::str::from_utf8(bytes).map_err(|_| Errno::ILSEQ)
    }

    /// The buffers to write from, as many as one system call accepts, and the list of the remaining ones.
    pub(super) fn gather(
        &self,
        list: Slice,
    ) -> Result<(BufferList<IoSlice<'_>>, Option<Slice>), Errno> {
        let (buffers, taken) = self.buffers(list)?;
        let slices = buffers
            .into_iter()
            .map(|buffer| self.bytes(buffer).map(IoSlice::new));
        let remaining = if taken < list.length {
            Some(Slice {
                pointer: item_pointer::<Slice, _>(list.pointer, taken)?,
                length: list.length - taken,
            })
        } else {
            None
        };
        Ok((slices.collect::<Result<_, _>>()?, remaining))
    }

    /// The buffers to read into. If any overlap, only the first one is used, which makes the read a short one.
    pub(super) fn scatter(&mut self, list: Slice) -> Result<BufferList<IoSliceMut<'_>>, Errno> {
        let (buffers, _) = self.buffers(list)?;
        for &buffer in &buffers {
            self.bytes(buffer)?;
        }
        if let Some(order) = disjoint_order(&buffers) {
            return Ok(split(self.0, &buffers, &order));
        }
        let first = match buffers.first() {
            Some(&buffer) => self.bytes_mut(buffer)?,
            None => &mut [],
        };
        Ok(BufferList::from_iter([IoSliceMut::new(first)]))
    }

    /// The first buffers of a list, without empty ones, and the number of items of the list that they are from. Only a
    /// single buffer can have more than [`MAX_CALL_BYTES`].
    ///
    /// # Errors
    ///
    /// `INVAL` if the total length does not fit into a `size`, as in POSIX:
    /// <https://pubs.opengroup.org/onlinepubs/9799919799/functions/readv.html>.
    fn buffers(&self, list: Slice) -> Result<(BufferList<Slice>, u32), Errno> {
        let mut buffers = BufferList::new();
        let mut total = 0u32;
        for (taken, buffer) in self.iovecs(list)?.enumerate() {
            if buffer.length == 0 {
                continue;
            }
            if buffers.len() == MAX_BUFFERS {
                return Ok((buffers, taken as u32));
            }
            total = total.checked_add(buffer.length).ok_or(Errno::INVAL)?;
            if total > MAX_CALL_BYTES && !buffers.is_empty() {
                return Ok((buffers, taken as u32));
            }
            buffers.push(buffer);
        }
        Ok((buffers, list.length))
    }

    /// Checks that all buffers of a list are in memory, and that their total length fits into a `size`.
    pub(super) fn check_buffers(&self, list: Slice) -> Result<(), Errno> {
        let mut total = 0u32;
        for buffer in self.iovecs(list)? {
            self.bytes(buffer)?;
            total = total.checked_add(buffer.length).ok_or(Errno::INVAL)?;
        }
        Ok(())
    }

    fn iovecs(&self, list: Slice) -> Result<impl Iterator<Item = Slice>, Errno> {
        self.records(list.pointer, list.length)
    }
}

fn range(slice: Slice) -> std::ops::Range<usize> {
    let start = slice.pointer as usize;
    start..start.saturating_add(slice.length as usize)
}

fn item_pointer<R: AbiRecord<SIZE>, const SIZE: usize>(
    list: u32,
    index: u32,
) -> Result<u32, Errno> {
    let offset = index.checked_mul(SIZE as u32);
    offset
        .and_then(|offset| list.checked_add(offset))
        .ok_or(Errno::FAULT)
}

/// The indices of buffers in the order of their pointers; `None` if two overlap.
fn disjoint_order(buffers: &[Slice]) -> Option<BufferList<usize>> {
    let mut order: BufferList<_> = (0..buffers.len()).collect();
    order.sort_unstable_by_key(|&index| (buffers[index].pointer, buffers[index].length));
    let overlap = order.windows(2).any(|pair| {
        let Slice { pointer, length } = buffers[pair[0]];
        u64::from(pointer) + u64::from(length) > u64::from(buffers[pair[1]].pointer)
    });
    (!overlap).then_some(order)
}

/// Splits memory into `buffers`, which are in memory and disjoint; `order` is their order there. Returns the slices in
/// the order of `buffers`.
fn split<'m>(
    memory: &'m mut [u8],
    buffers: &[Slice],
    order: &[usize],
) -> BufferList<IoSliceMut<'m>> {
    let mut slices: BufferList<Option<IoSliceMut<'m>>> = buffers.iter().map(|_| None).collect();
    let (mut rest, mut offset) = (memory, 0);
    for &index in order {
        let (pointer, length) = (
            buffers[index].pointer as usize,
            buffers[index].length as usize,
        );
        let (_, from_buffer) = rest.split_at_mut(pointer - offset);
        let (slice, after) = from_buffer.split_at_mut(length);
        slices[index] = Some(IoSliceMut::new(slice));
        (rest, offset) = (after, pointer + length);
    }
    slices.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::{AbiRecord, Errno, GuestMemory, MAX_CALL_BYTES, Slice};

    /// 64 bytes of memory that begin with a list of buffers.
    fn memory(buffers: &[(u32, u32)]) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (entry, &(pointer, length)) in bytes.chunks_exact_mut(8).zip(buffers) {
            entry.copy_from_slice(&Slice { pointer, length }.to_bytes());
        }
        bytes
    }

    fn list(pointer: u32, length: u32) -> Slice {
        Slice { pointer, length }
    }

    #[test]
    fn buffers_are_read_into_in_the_order_of_the_list() {
        let mut bytes = memory(&[(60, 2), (0, 0), (50, 3), (62, 2)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let lengths = memory.scatter(list(0, 4)).map(|mut slices| {
            for (slice, mark) in slices.iter_mut().zip(1..) {
                slice.fill(mark);
            }
            slices.iter().map(|slice| slice.len()).collect::<Vec<_>>()
        });
        assert_eq!(lengths, Ok(vec![2, 3, 2]));
        assert_eq!(bytes[50..], [2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3, 3]);
    }

    #[test]
    fn of_buffers_that_overlap_the_first_is_used() {
        let mut bytes = memory(&[(40, 8), (44, 8)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let lengths = memory
            .scatter(list(0, 2))
            .map(|slices| slices.iter().map(|slice| slice.len()).collect::<Vec<_>>());
        assert_eq!(lengths, Ok(vec![8]));
    }

    #[test]
    fn buffers_for_more_than_one_call_are_split() {
        let lengths = [MAX_CALL_BYTES, 1, MAX_CALL_BYTES - 1, 2];
        let mut bytes = memory(&lengths.map(|length| (0, length)));
        let memory = GuestMemory::new(&mut bytes);
        for (start, count, taken) in [(0, 2, 1), (8, 2, 2), (8, 3, 2), (24, 1, 1)] {
            let buffers = memory.buffers(list(start, count));
            assert_eq!(buffers.map(|(_, taken)| taken), Ok(taken), "{start}");
        }
    }

    #[test]
    fn a_pointer_outside_is_a_fault() {
        let mut bytes = memory(&[(60, 5), (u32::MAX, 1), (0, u32::MAX), (0, 1)]);
        let mut memory = GuestMemory::new(&mut bytes);
        for (pointer, length, errno) in [
            (0, 1, Errno::FAULT),
            (8, 1, Errno::FAULT),
            (16, 2, Errno::INVAL),
            (60, 1, Errno::FAULT),
            (0, u32::MAX, Errno::FAULT),
        ] {
            let list = list(pointer, length);
            assert_eq!(memory.gather(list).map(drop), Err(errno), "{list:?}");
            assert_eq!(memory.scatter(list).map(drop), Err(errno), "{list:?}");
        }
        assert_eq!(memory.read::<u64, _>(57), Err(Errno::FAULT));
        assert_eq!(memory.write(u32::MAX, 0_u32), Err(Errno::FAULT));
    }
}
