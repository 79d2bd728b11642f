use super::super::{Memory, Wasi, meaning};
use super::{MOST_BUFFERS, Names};
use crate::host::World;
use crate::host::stdio::Seen;

/// What a trace shows of calls in a memory, whatever they answer.
fn lines(value: u64, bytes: &mut [u8]) -> Vec<String> {
    let Ok(mut wasi) = Wasi::new(&World::default(), &Seen::default()) else {
        return Vec::new();
    };
    let memory = Memory::new(bytes);
    let line = |call: super::Call| {
        let kept = call.told.keep(&wasi, &memory);
        let moved = call.told.bytes(&memory);
        let given = call.shown(&wasi, &memory);
        let told = call.told.shown(&wasi, &memory, &kept);
        call.told.remember(&mut wasi, &memory, kept);
        format!("{given} = {told} {moved}")
    };
    meaning::all(value).into_iter().map(line).collect()
}

#[test]
fn calls_of_any_kind_are_shown_in_short_lines() {
    // Every byte a number that is large, small, a length that fits, or one that does not.
    for byte in [0, 1, 2, 7, 16, 0x7f, 0x80, 0xff] {
        for size in [0, 1, 24, 63, 4096, 1 << 17] {
            for value in [0, 1, 8, 40, 4095, 1 << 16, (1 << 17) - 4, 1 << 31, u64::MAX] {
                let mut bytes = vec![byte; size];
                let lines = lines(value, &mut bytes);
                assert_eq!(lines.len(), 45);
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
fn lists_are_looked_at_within_bounds() {
    // A list of as many buffers of one byte as there is room for.
    let mut bytes = [[0, 0, 0, 0, 1, 0, 0, 0]; 4 * MOST_BUFFERS as usize].concat();
    let memory = Memory::new(&mut bytes);
    for (count, looked_at) in [(0, 0), (3, 3), (4 * MOST_BUFFERS, MOST_BUFFERS)] {
        let found = super::buffers(&memory, 0, count).map(Iterator::count);
        assert_eq!(found, Ok(looked_at as usize), "{count}");
    }
}

#[test]
fn names_are_remembered_within_bounds() {
    let mut names = Names::default();
    for fd in 0..super::MOST_NAMES as u32 + 2 {
        names.set(fd, "a".to_owned());
    }
    assert_eq!(names.0.len(), super::MOST_NAMES);
    names.set(5, "b".to_owned());
    assert_eq!(names.0.get(&5).map(String::as_str), Some("b"));
}
