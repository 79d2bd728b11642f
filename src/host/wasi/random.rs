//! Random bytes: the host's, or reproducible ones from a seed. Small requests are served from a block that is filled at
//! once, since a system call takes longer than copying a few bytes.
//!
//! A seed gives the same bytes in every version: the key stream of ChaCha20
//! ([RFC 8439](https://www.rfc-editor.org/rfc/rfc8439), but with the original 64-bit block counter), from its start, in
//! the order of the requests. The nonce is zero. The key is the seed as 8 little-endian bytes, followed by zeros.

use super::abi::Slice;
use super::{Call, WasiResult};
use crate::entropy;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use rustix::io::Errno as HostErrno;

/// The size of the block in bytes: the maximum that the host returns at once.
const BLOCK: usize = entropy::MAX_REQUEST_BYTES;

/// A source of random bytes, and a block of bytes from it.
pub(super) struct Random {
    source: RandomSource,
    block: [u8; BLOCK],
    /// The number of bytes of the block that were already used.
    used: usize,
}

enum RandomSource {
    Host,
    Seeded(Box<ChaCha20Rng>),
}

impl Random {
    pub(super) fn new(seed: Option<u64>) -> Self {
        let seeded = |seed: u64| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&seed.to_le_bytes());
            RandomSource::Seeded(Box::new(ChaCha20Rng::from_seed(key)))
        };
        Self {
            source: seed.map_or(RandomSource::Host, seeded),
            block: [0; BLOCK],
            used: BLOCK,
        }
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), HostErrno> {
        if bytes.len() > BLOCK && matches!(self.source, RandomSource::Host) {
            return entropy::fill(bytes);
        }
        // No byte of the block is skipped, since the order of a seed's bytes is fixed.
        while bytes.len() > BLOCK - self.used {
            let (now, later) = bytes.split_at_mut(BLOCK - self.used);
            self.take(now);
            bytes = later;
            match &mut self.source {
                RandomSource::Host => entropy::fill(&mut self.block)?,
                RandomSource::Seeded(generator) => generator.fill_bytes(&mut self.block),
            }
            self.used = 0;
        }
        self.take(bytes);
        Ok(())
    }

    /// Fills `bytes` from the block, which has enough bytes left.
    fn take(&mut self, bytes: &mut [u8]) {
        let taken = &mut self.block[self.used..][..bytes.len()];
        bytes.copy_from_slice(taken);
        taken.fill(0);
        self.used += bytes.len();
    }
}

/// It is inlined into its caller because it is short and called often.
#[inline(always)]
pub(super) fn random_get(call: Call<'_>, buf: Slice) -> WasiResult {
    Ok(call.wasi.random.fill(call.memory.bytes_mut(buf)?)?)
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Random};

    #[test]
    fn no_bytes_are_taken_twice() {
        let mut random = Random::new(None);
        let mut seen = std::collections::HashSet::new();
        for length in [8, 16, BLOCK - 30, 16, BLOCK, BLOCK + 1, 16] {
            let mut bytes = vec![0; length];
            assert_eq!(random.fill(&mut bytes), Ok(()));
            for eight in bytes.chunks_exact(8) {
                assert!(seen.insert(eight.to_vec()), "{length}");
            }
        }
    }

    /// The expected bytes are those of `openssl enc -chacha20 -K KEY -iv 0` for zeros.
    #[test]
    fn a_seeds_bytes_are_the_key_stream_of_chacha20() {
        for (seed, at, bytes) in [
            (0, 0, [118, 184, 224, 173, 160, 241, 61, 144]),
            (42, 0, [31, 118, 229, 38, 81, 10, 227, 106]),
            (42, 1000, [54, 232, 167, 150, 94, 31, 124, 167]),
            (u64::MAX, 252, [82, 201, 86, 230, 99, 202, 17, 95]),
        ] {
            let mut stream = vec![0; at + bytes.len()];
            assert_eq!(Random::new(Some(seed)).fill(&mut stream), Ok(()));
            assert_eq!(stream[at..], bytes, "{seed} at {at}");
        }
    }

    #[test]
    fn a_seeds_bytes_do_not_depend_on_the_requests() {
        let mut whole = vec![0; 3 * BLOCK];
        assert_eq!(Random::new(Some(1)).fill(&mut whole), Ok(()));
        for length in [1, 7, 8, 100, BLOCK, BLOCK + 1] {
            let mut random = Random::new(Some(1));
            for expected in whole.chunks(length) {
                let mut bytes = vec![0; expected.len()];
                assert_eq!(random.fill(&mut bytes), Ok(()));
                assert_eq!(bytes, expected, "{length}");
            }
        }
    }
}
