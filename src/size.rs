//! A size in bytes, for limits and messages.

use std::fmt;

/// The size of a page of linear memory:
/// <https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances>.
pub const PAGE_BYTES: u64 = 64 << 10;

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// Creates a size from mebibytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }
}

/// Prints the size in the largest binary unit that fits, rounded to one decimal place.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if bytes >= factor {
                let tenths = (u128::from(bytes) * 10 + u128::from(factor) / 2) / u128::from(factor);
                return match tenths % 10 {
                    0 => write!(f, "{} {name}", tenths / 10),
                    tenth => write!(f, "{}.{tenth} {name}", tenths / 10),
                };
            }
        }
        match bytes {
            1 => f.write_str("1 byte"),
            _ => write!(f, "{bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_printed_in_the_largest_unit() {
        for (bytes, printed) in [
            (1023, "1023 bytes"),
            (65_536, "64 KiB"),
            (132 << 20, "132 MiB"),
            (3 << 29, "1.5 GiB"),
            (4 << 30, "4 GiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), printed);
        }
    }
}
