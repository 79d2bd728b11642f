use super::{Globals, MAX_CANDIDATE_BYTES, Search, before_select};
use wasmparser::{BinaryReader, FunctionBody};

/// Computes the same as `before_select` by decoding the whole function.
fn by_decoding(body: &[u8], globals: Globals) -> Vec<usize> {
    let body_reader = FunctionBody::new(BinaryReader::new(body, 0));
    let mut search = Search {
        globals,
        ..Search::default()
    };
    if let Ok(mut operators) = body_reader.get_operators_reader() {
        while search.read(body, &mut operators).is_some() {}
    }
    search.inserts
}

#[test]
fn an_immutable_global_may_choose_the_comparison() {
    // i32.eqz, i32.const 1, global.get 0, select, select.
    let body = b"\0\x45\x41\x01\x23\0\x1b\x1b\x0b";
    assert_eq!(before_select(body, Globals::SomeImmutable), [2]);
    assert!(before_select(body, Globals::Mutable).is_empty());
}

#[test]
fn no_comparison_is_missed() {
    // Operators that the search follows, and some that end it.
    let operators: [&[u8]; 25] = [
        b"\x45",
        b"\x46",
        b"\x47",
        b"\x50",
        b"\x51",
        b"\x52",
        b"\xd1",
        b"\xad",
        b"\x1b",
        b"\x1b",
        b"\x1c\x01\x7f",
        b"\x01",
        b"\x0b",
        b"\x20\x45",
        b"\x21\x45",
        b"\x22\x00",
        b"\x23\x00",
        b"\x41\x00",
        b"\x41\xc5\x00",
        b"\x74",
        b"\x6a",
        b"\x0d\x00",
        b"\x02\x00",
        b"\x04\x00",
        b"\x0e\x45\x45",
    ];
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut with_inserts = 0;
    for _ in 0..20_000 {
        let mut body = vec![0];
        for _ in 0..random(2 * MAX_CANDIDATE_BYTES) {
            body.extend_from_slice(operators[random(operators.len())]);
        }
        let globals = [Globals::Mutable, Globals::SomeImmutable][random(2)];
        let inserts = before_select(&body, globals);
        assert_eq!(
            inserts,
            by_decoding(&body, globals),
            "{globals:?} {body:x?}"
        );
        with_inserts += usize::from(!inserts.is_empty());
    }
    assert!(with_inserts > 1_000, "{with_inserts}");
}
