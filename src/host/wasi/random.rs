//! Random bytes, the host's own. Small amounts come out of a block that was asked for at once: most of
//! what a request costs is asking.

use super::{Answer, Memory, Wasi};
use rustix::io::{Errno as HostErrno, retry_on_intr};
use rustix::rand::{GetRandomFlags, getrandom};

/// How many bytes are asked for at once; the host hands out as many without being interrupted.
const BLOCK: usize = 256;

/// The host's random bytes, some of them at hand.
pub(super) struct Random {
    block: [u8; BLOCK],
    /// How many of the block have been handed out. They are never handed out again.
    used: usize,
}

impl Random {
    pub(super) fn new() -> Self {
        Self {
            block: [0; BLOCK],
            used: BLOCK,
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), HostErrno> {
        if bytes.len() > BLOCK {
            return fill(bytes);
        }
        if bytes.len() > BLOCK - self.used {
            fill(&mut self.block)?;
            self.used = 0;
        }
        let handed_out = &mut self.block[self.used..][..bytes.len()];
        bytes.copy_from_slice(handed_out);
        handed_out.fill(0);
        self.used += bytes.len();
        Ok(())
    }
}

/// Fills all of `bytes` from the host.
fn fill(mut bytes: &mut [u8]) -> Result<(), HostErrno> {
    while !bytes.is_empty() {
        let count = retry_on_intr(|| getrandom(&mut *bytes, GetRandomFlags::empty()))?;
        bytes = bytes.get_mut(count..).unwrap_or_default();
    }
    Ok(())
}

/// It is called from two places, and inlined all the same: what it does is short, and often asked for.
#[inline(always)]
pub(super) fn random_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    buffer: u32,
    length: u32,
) -> Answer {
    Ok(wasi.random.fill(memory.bytes_mut(buffer, length)?)?)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Random};

    #[test]
    fn no_bytes_are_handed_out_twice() {
        let mut random = Random::new();
        let mut seen = std::collections::HashSet::new();
        for length in [8, 16, BLOCK - 30, 16, BLOCK, BLOCK + 1, 16] {
            let mut bytes = vec![0; length];
            assert_eq!(random.fill(&mut bytes), Ok(()));
            for eight in bytes.chunks_exact(8) {
                assert!(seen.insert(eight.to_vec()), "{length}");
            }
        }
    }
}
