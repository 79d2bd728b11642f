//! The records of WASI preview 1 in the guest's memory, with the sizes and offsets of the [specification][types], and
//! those of `wasi_unstable` that differ.
//! The calls write them and the trace reads them, so both use these definitions.
//!
//! [types]: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md#types

use super::enumerations::{Enumeration, Eventtype};
use super::flags::Subclockflags;

/// A value with a fixed layout of `SIZE` bytes. Integers are little-endian.
pub(super) trait AbiRecord<const SIZE: usize>: Sized {
    fn from_bytes(bytes: &[u8; SIZE]) -> Self;
    fn to_bytes(&self) -> [u8; SIZE];
}

macro_rules! integers {
    ($($integer:ident)+) => {$(
        impl AbiRecord<{ size_of::<$integer>() }> for $integer {
            fn from_bytes(bytes: &[u8; size_of::<$integer>()]) -> Self {
                Self::from_le_bytes(*bytes)
            }

            fn to_bytes(&self) -> [u8; size_of::<$integer>()] {
                self.to_le_bytes()
            }
        }
    )+};
}

integers! { u8 u16 u32 u64 }

/// Defines records: `Name: SIZE { OFFSET => field: type }`. Padding is written as zeros.
macro_rules! records {
    ($($(#[$doc:meta])* $record:ident: $size:literal {
        $($offset:literal => $field:ident: $ty:ty,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) struct $record {
            $(pub(super) $field: $ty,)+
        }

        impl AbiRecord<$size> for $record {
            #[inline(always)]
            fn from_bytes(bytes: &[u8; $size]) -> Self {
                Self {
                    $($field: {
                        let mut field = [0; size_of::<$ty>()];
                        field.copy_from_slice(&bytes[$offset..$offset + size_of::<$ty>()]);
                        <$ty>::from_le_bytes(field)
                    },)+
                }
            }

            fn to_bytes(&self) -> [u8; $size] {
                let mut bytes = [0; $size];
                $(bytes[$offset..$offset + size_of::<$ty>()]
                    .copy_from_slice(&self.$field.to_le_bytes());)+
                bytes
            }
        }
    )+};
}

records! {
    /// Bytes or a list in the guest's memory. A parameter of such a type is passed as these two numbers. In memory, an
    /// `iovec` or `ciovec` is a slice of bytes.
    Slice: 8 {
        0 => pointer: u32,
        4 => length: u32,
    }

    /// `prestat`: a preopened directory and the length of its name. Its only `tag` is 0.
    Prestat: 8 {
        0 => tag: u8,
        4 => pr_name_len: u32,
    }

    /// `fdstat`: the state of a descriptor.
    Fdstat: 24 {
        0 => fs_filetype: u8,
        2 => fs_flags: u16,
        8 => fs_rights_base: u64,
        16 => fs_rights_inheriting: u64,
    }

    /// `filestat`: the attributes of a file or directory.
    Filestat: 64 {
        0 => dev: u64,
        8 => ino: u64,
        16 => filetype: u8,
        24 => nlink: u64,
        32 => size: u64,
        40 => atim: u64,
        48 => mtim: u64,
        56 => ctim: u64,
    }

    /// `dirent`: a directory entry, which is followed by its name.
    Dirent: 24 {
        0 => d_next: u64,
        8 => d_ino: u64,
        16 => d_namlen: u32,
        20 => d_type: u8,
    }

    /// `subscription`, with its union flattened: see [`Subscription::u`].
    Subscription: 48 {
        0 => userdata: u64,
        8 => tag: u8,
        16 => id_or_fd: u32,
        24 => timeout: u64,
        40 => flags: u16,
    }

    /// `filestat` of `wasi_unstable`.
    UnstableFilestat: 56 {
        0 => dev: u64,
        8 => ino: u64,
        16 => filetype: u8,
        20 => nlink: u32,
        24 => size: u64,
        32 => atim: u64,
        40 => mtim: u64,
        48 => ctim: u64,
    }

    /// `subscription` of `wasi_unstable`, with its union flattened. A clock has an identifier where a file has `fd`.
    UnstableSubscription: 56 {
        0 => userdata: u64,
        8 => tag: u8,
        16 => fd: u32,
        24 => id: u32,
        32 => timeout: u64,
        48 => flags: u16,
    }

    /// `event`: the result of a subscription.
    Event: 32 {
        0 => userdata: u64,
        8 => error: u16,
        10 => event_type: u8,
        16 => nbytes: u64,
        24 => flags: u16,
    }
}

/// `subscription_u`: the condition that a subscription waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubscriptionU {
    Clock {
        id: u32,
        timeout: u64,
        flags: Subclockflags,
    },
    FdRead(u32),
    FdWrite(u32),
    /// A tag that the specification does not define.
    Unknown(u8),
}

impl Subscription {
    pub(super) fn u(&self) -> SubscriptionU {
        match Eventtype::from_code(self.tag.into()) {
            Ok(Eventtype::Clock) => SubscriptionU::Clock {
                id: self.id_or_fd,
                timeout: self.timeout,
                flags: Subclockflags::from_bits_truncate(self.flags),
            },
            Ok(Eventtype::FdRead) => SubscriptionU::FdRead(self.id_or_fd),
            Ok(Eventtype::FdWrite) => SubscriptionU::FdWrite(self.id_or_fd),
            Err(_) => SubscriptionU::Unknown(self.tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AbiRecord, Dirent, Subscription, SubscriptionU};
    use crate::host::wasi::flags::Subclockflags;

    #[test]
    fn records_have_the_layout_of_the_specification() {
        let dirent = Dirent {
            d_next: 0x0102,
            d_ino: 0x0304,
            d_namlen: 0x0506,
            d_type: 7,
        };
        let mut bytes = [0; 24];
        (bytes[0], bytes[1]) = (2, 1);
        (bytes[8], bytes[9]) = (4, 3);
        (bytes[16], bytes[17], bytes[20]) = (6, 5, 7);
        assert_eq!(dirent.to_bytes(), bytes);
        assert_eq!(Dirent::from_bytes(&bytes), dirent);
    }

    #[test]
    fn a_subscription_is_read_by_its_tag() {
        let mut bytes = [0; 48];
        (bytes[16], bytes[24], bytes[40]) = (1, 9, 1);
        let clock = SubscriptionU::Clock {
            id: 1,
            timeout: 9,
            flags: Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME,
        };
        for (tag, u) in [
            (0, clock),
            (1, SubscriptionU::FdRead(1)),
            (2, SubscriptionU::FdWrite(1)),
            (3, SubscriptionU::Unknown(3)),
        ] {
            bytes[8] = tag;
            assert_eq!(Subscription::from_bytes(&bytes).u(), u);
        }
    }
}
