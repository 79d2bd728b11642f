use super::super::abi::Slice;
use super::super::memory::MAX_BUFFERS;
use super::super::{GuestMemory, Wasi, traced};
use super::text::{self, buffers};
use super::{FdNames, MAX_NAMES, TracedCall};
use crate::host::HostConfig;
use crate::host::stdio::StreamState;
use crate::host::wasi::flags::{Fdflags, Rights};

/// The trace of a call of each function, formatted as if the call had succeeded.
fn lines(value: u64, bytes: &mut [u8]) -> Vec<String> {
    let Ok(mut wasi) = Wasi::new(&HostConfig::default(), &StreamState::default()) else {
        return Vec::new();
    };
    let memory = GuestMemory::new(bytes);
    let line = |call: TracedCall| {
        let before = call.result.before_call(&wasi, &memory);
        let moved = call.result.bytes_moved(&memory);
        let text = call.text(&wasi, &memory);
        let result = call.result.text(&wasi, &memory, &before);
        call.result.record_name(&mut wasi, &memory, before);
        format!("{text} = {result} {moved}")
    };
    traced::all(value).into_iter().map(line).collect()
}

#[test]
fn any_call_is_one_short_line() {
    // Each byte is a large or small number, a length that fits, or one that does not.
    for byte in [0, 1, 2, 7, 16, 0x7f, 0x80, 0xff] {
        for size in [0, 1, 24, 63, 4096, 1 << 17] {
            for value in [0, 1, 8, 40, 4095, 1 << 16, (1 << 17) - 4, 1 << 31, u64::MAX] {
                let mut bytes = vec![byte; size];
                let lines = lines(value, &mut bytes);
                assert_eq!(lines.len(), 49);
                for line in lines {
                    let what = format!("{byte} {size} {value}: {}", line.len());
                    assert!(line.len() < 40_000, "{what}");
                    assert!(!line.contains(char::is_control), "{what}");
                }
            }
        }
    }
}

#[test]
fn flags_are_named() {
    for (bits, names) in [
        (0_u32, "0"),
        (5, "APPEND|NONBLOCK"),
        (0x61, "APPEND|0x60"),
        (0x1_0001, "APPEND|0x10000"),
    ] {
        assert_eq!(text::flag_names::<Fdflags>(bits), names);
    }
    let all = Rights::all().difference(Rights::SOCKET);
    for (bits, names) in [
        (0, "0"),
        (2 | 1 << 29, "FD_READ|SOCK_ACCEPT"),
        (all.bits(), "ALL"),
        (u64::MAX, "ALL"),
        (all.bits() - 2, "~(FD_READ)"),
    ] {
        assert_eq!(text::rights(bits), names);
    }
}

#[test]
fn buffers_are_read_within_limits() {
    let max = MAX_BUFFERS as u32;
    // The memory is a list of buffers of one byte each.
    let mut bytes = [[0, 0, 0, 0, 1, 0, 0, 0]; 4 * MAX_BUFFERS].concat();
    let memory = GuestMemory::new(&mut bytes);
    for (length, count) in [(0, 0), (3, 3), (4 * max, max)] {
        let list = Slice { pointer: 0, length };
        let found = buffers(&memory, list).map(Iterator::count);
        assert_eq!(found, Ok(count as usize), "{length}");
    }
}

#[test]
fn names_are_kept_within_limits() {
    let mut names = FdNames::default();
    for fd in 0..MAX_NAMES as u32 + 2 {
        names.set(fd, "a".to_owned());
    }
    assert_eq!(names.0.len(), MAX_NAMES);
    names.set(5, "b".to_owned());
    assert_eq!(names.0.get(&5).map(String::as_str), Some("b"));
}
