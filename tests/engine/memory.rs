//! Tests every load and store: each width, lane, offset and memory, with every kind of address and value that the
//! engine distinguishes. Values, traps and the resulting memory are compared with those of another engine.

use crate::ours::Road;
use crate::pair::{Arguments, Pair, Value};
use libtest_mimic::{Failed, Trial};
use std::fmt::Write;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("engine/loads-and-stores", || {
        let functions: Vec<_> = loads().into_iter().chain(stores()).collect();
        let mut found = Vec::new();
        for functions in functions.chunks(4000) {
            found.extend(differences(functions)?);
        }
        println!("{} loads and stores were compared", functions.len());
        match found.first() {
            None => Ok(()),
            Some(first) => Err(format!("{} differ, the first: {first}", found.len()).into()),
        }
    })]
}

const OFFSETS: [u64; 8] = [0, 1, 255, 256, 65535, 65536, 1 << 31, (1 << 32) - 1];

/// The kinds of address: a constant, a parameter, a local, a result.
const ADDRESSES: [&str; 5] = [
    "(i32.const 40)",
    "(i32.const -1)",
    "(local.get 0)",
    "(local.get 6)",
    "(i32.add (local.get 0) (i32.const 1))",
];

/// The addresses with which each function is called. The three pages end at 196608.
const CALLS: [u32; 6] = [0, 7, 131_072, 196_600, 0x8000_0000, u32::MAX];

/// The kinds of value: a constant, a parameter, a result.
fn values(ty: &str) -> [String; 3] {
    let computed = match ty {
        "i32" => "(i32.mul (local.get 1) (i32.const 3))".to_owned(),
        "i64" => "(i64.mul (local.get 2) (i64.const 3))".to_owned(),
        "v128" => "(i8x16.add (local.get 5) (local.get 5))".to_owned(),
        _ => format!("({ty}.neg (local.get {}))", if ty == "f32" { 3 } else { 4 }),
    };
    let constant = match ty {
        "v128" => "(v128.const i64x2 0x1122334455667788 0x99aabbccddeeff00)".to_owned(),
        _ => format!("({ty}.const 77)"),
    };
    let place = ["i32", "i64", "f32", "f64", "v128"]
        .iter()
        .position(|known| *known == ty);
    let param = format!("(local.get {})", place.map_or(0, |place| place + 1));
    [constant, param, computed]
}

/// The accesses of a type: the rest of the operator's name, and the number of lanes, if any.
fn accesses(ty: &str, kind: &str) -> Vec<(String, Option<u32>)> {
    let suffixes: &[&str] = match (ty, kind) {
        ("i32", "load") => &["", "8_s", "8_u", "16_s", "16_u"],
        ("i64", "load") => &["", "8_s", "8_u", "16_s", "16_u", "32_s", "32_u"],
        ("i32", _) => &["", "8", "16"],
        ("i64", _) => &["", "8", "16", "32"],
        ("v128", "load") => &[
            "", "8x8_s", "8x8_u", "16x4_s", "16x4_u", "32x2_s", "32x2_u", "8_splat", "16_splat",
            "32_splat", "64_splat", "32_zero", "64_zero",
        ],
        _ => &[""],
    };
    let whole = suffixes
        .iter()
        .map(|suffix| (format!("{ty}.{kind}{suffix}"), None));
    let lanes = [(8, 16), (16, 8), (32, 4), (64, 2)];
    let lanes = lanes.iter().filter(|_| ty == "v128");
    let lanes = lanes.map(|(width, count)| (format!("v128.{kind}{width}_lane"), Some(*count)));
    whole.chain(lanes).collect()
}

const TYPES: [&str; 5] = ["i32", "i64", "f32", "f64", "v128"];

/// All loads, each in a function that returns the value.
fn loads() -> Vec<String> {
    functions("load", |ty, access, address, value, lane| match lane {
        None if value == 0 => vec![format!("(result {ty}) ({access} {address})")],
        None => Vec::new(),
        Some(lane) => {
            let value = &values("v128")[value];
            vec![format!("(result v128) ({access} {lane} {address} {value})")]
        }
    })
}

/// All stores.
fn stores() -> Vec<String> {
    functions("store", |ty, access, address, value, lane| {
        let value = &values(ty)[value];
        let lane = lane.map_or(String::new(), |lane| lane.to_string());
        vec![format!("({access} {lane} {address} {value})")]
    })
}

fn functions(
    kind: &str,
    body: impl Fn(&str, &str, &str, usize, Option<u32>) -> Vec<String>,
) -> Vec<String> {
    let mut functions = Vec::new();
    for ty in TYPES {
        for (name, lanes) in accesses(ty, kind) {
            for (memory, offset) in OFFSETS.iter().flat_map(|offset| [(0, offset), (1, offset)]) {
                let access = format!("{name} {memory} offset={offset}");
                for (address, value) in ADDRESSES.iter().flat_map(|a| [(a, 0), (a, 1), (a, 2)]) {
                    let lanes = lanes.map_or(vec![None], |count| (0..count).map(Some).collect());
                    for lane in lanes {
                        functions.extend(body(ty, &access, address, value, lane));
                    }
                }
            }
        }
    }
    functions
}

/// Descriptions of the functions that differ.
fn differences(functions: &[String]) -> Result<Vec<String>, Failed> {
    let mut text = String::from(
        r#"(module (memory (export "first") 3 4) (memory (export "second") 3)
        (func $fill (local i32)
            (loop
                (i32.store (local.get 0) (i32.mul (local.get 0) (i32.const 0x9e3779b1)))
                (i32.store 1 (local.get 0) (i32.mul (local.get 0) (i32.const 0x85ebca6b)))
                (local.set 0 (i32.add (local.get 0) (i32.const 4)))
                (br_if 0 (i32.lt_u (local.get 0) (i32.const 196608)))))
        (start $fill)"#,
    );
    for (index, body) in functions.iter().enumerate() {
        let (result, code) = match body.strip_prefix("(result ") {
            Some(rest) => rest.split_once(") ").unwrap_or_default(),
            None => ("", body.as_str()),
        };
        writeln!(
            text,
            "(func (export \"{index}\") (param i32 i32 i64 f32 f64 v128) (result {result}) (local i32)
            (local.set 6 (i32.add (local.get 0) (i32.const 2))) {code})"
        )?;
    }
    text.push(')');
    let mut pair = Pair::new(&wat::parse_str(&text)?, Road::Plain)?;
    let mut found = Vec::new();
    for (index, body) in functions.iter().enumerate() {
        for address in CALLS {
            let arguments = Arguments::new(&[
                Value::I32(address),
                Value::I32(0x8765_4321),
                Value::I64(0xfedc_ba98_7654_3210),
                Value::F32(1.5f32.to_bits()),
                Value::F64((-2.25f64).to_bits()),
                Value::V128(0x0123_4567_89ab_cdef_0fed_cba9_8765_4321),
            ]);
            let (ours, theirs) = pair.call(&index.to_string(), &arguments);
            if ours != theirs {
                found.push(format!("{body} at {address}: {ours:x?}, not {theirs:x?}"));
            }
        }
        for name in ["first", "second"] {
            let (ours, theirs) = pair.memory(name);
            if ours != theirs {
                found.push(format!("{body} leaves something else in the {name} memory"));
                return Ok(found);
            }
        }
    }
    Ok(found)
}
