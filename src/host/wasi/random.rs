//! Random bytes: the host's own, or those that follow from a seed. Small amounts come out of a block that
//! was asked for at once: most of what a request costs is asking.
//!
//! What follows from a seed is fixed for good: the key stream of ChaCha20 (RFC 8439, but for a block
//! counter of 64 bits, as its author had it), from its beginning, byte by byte in the order in which bytes
//! are asked for. The nonce is zero, and the key is the seed in eight bytes, the lowest first, and zeros.

use super::{Answer, Memory, Wasi};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use rustix::io::{Errno as HostErrno, retry_on_intr};
use rustix::rand::{GetRandomFlags, getrandom};

/// How many bytes are asked for at once; the host hands out as many without being interrupted.
const BLOCK: usize = 256;

/// Random bytes, some of them at hand.
pub(super) struct Random {
    source: Source,
    block: [u8; BLOCK],
    /// How many of the block have been handed out. They are never handed out again.
    used: usize,
}

/// Where they come from.
enum Source {
    Host,
    Seeded(Box<ChaCha20Rng>),
}

impl Random {
    /// The host's random bytes, or those that follow from a seed.
    pub(super) fn new(seed: Option<u64>) -> Self {
        let seeded = |seed: u64| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&seed.to_le_bytes());
            Source::Seeded(Box::new(ChaCha20Rng::from_seed(key)))
        };
        Self {
            source: seed.map_or(Source::Host, seeded),
            block: [0; BLOCK],
            used: BLOCK,
        }
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), HostErrno> {
        if bytes.len() > BLOCK && matches!(self.source, Source::Host) {
            return fill(bytes);
        }
        // Every byte of the block is handed out: a seed's bytes have an order.
        while bytes.len() > BLOCK - self.used {
            let (now, later) = bytes.split_at_mut(BLOCK - self.used);
            self.hand_out(now);
            bytes = later;
            match &mut self.source {
                Source::Host => fill(&mut self.block)?,
                Source::Seeded(generator) => generator.fill_bytes(&mut self.block),
            }
            self.used = 0;
        }
        self.hand_out(bytes);
        Ok(())
    }

    /// Fills all of `bytes` from the block, which holds as many.
    fn hand_out(&mut self, bytes: &mut [u8]) {
        let handed_out = &mut self.block[self.used..][..bytes.len()];
        bytes.copy_from_slice(handed_out);
        handed_out.fill(0);
        self.used += bytes.len();
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

    /// The bytes are what `openssl enc -chacha20 -K KEY -iv 0` makes of zeros.
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
    fn a_seeds_bytes_do_not_depend_on_how_they_are_asked_for() {
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
