//! Tests every pair of operators. wasmi fuses many pairs into one operator, with a form for each kind of operand.
//! Functions of two operators run with edge values, and their results are compared with those of another engine. The
//! test runs some forms of each pair. TINYRUN_FUSIONS=all runs all forms, which takes an hour or more, and
//! TINYRUN_FUSIONS=uncorrected omits the corrections of `engine_workarounds`.

mod consumers;
mod operators;
mod places;
mod producers;

use crate::ours::Road;
use crate::pair::{Arguments, Outcome, Pair, Value};
use consumers::{Consumer, Form, consumers};
use libtest_mimic::{Failed, Trial};
use operators::{TYPES, Ty, operators};
use places::{LOCALS, PARAMS};
use producers::{Producer, producers};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The number of forms that are run of each pair, and of a pair that ends in a condition.
const FORMS: usize = 1;
const CONDITION_FORMS: usize = 3;

/// The number of forms that are run of each pair on vectors if all forms of other pairs are run.
const VECTOR_FORMS: usize = 40;

/// The number of functions of a module.
const FUNCTIONS: usize = 4000;

/// The number of differing functions that are printed.
const MAX_PRINTED: usize = 20;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("engine/fusions", || {
        let mode = std::env::var("TINYRUN_FUSIONS").unwrap_or_default();
        let road = match mode.as_str() {
            "uncorrected" => Road::Uncorrected,
            _ => Road::Plain,
        };
        let extent = match mode.as_str() {
            "all" => Extent::All,
            _ => Extent::Sample,
        };
        let mut batch = Batch::new(road);
        let operators = operators();
        let (producers, consumers) = (producers(&operators), consumers(&operators));
        for (producer, consumer) in pairs(&producers, &consumers) {
            batch.pairs += 1;
            for (value, form) in forms(producer, consumer, extent) {
                batch.add(producer, consumer, value, form)?;
            }
        }
        batch.run()?;
        batch.report()
    })]
}

/// The number of forms that are run of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Sample,
    All,
}

fn pairs<'a>(
    producers: &'a [Producer],
    consumers: &'a [Consumer],
) -> impl Iterator<Item = (&'a Producer, &'a Consumer)> {
    producers.iter().flat_map(move |producer| {
        let consumers = consumers
            .iter()
            .filter(|consumer| consumer.takes == producer.ty);
        consumers.map(move |consumer| (producer, consumer))
    })
}

/// All forms of a pair, or a reproducible selection.
fn forms<'a>(
    producer: &'a Producer,
    consumer: &'a Consumer,
    extent: Extent,
) -> Vec<(&'a str, &'a Form)> {
    let (values, forms) = (&producer.forms, &consumer.forms);
    let at = |index: usize| {
        (
            values[index / forms.len()].as_str(),
            &forms[index % forms.len()],
        )
    };
    let count = values.len() * forms.len();
    let is_condition = ["select", "if", "br_"]
        .iter()
        .any(|name| consumer.name.contains(name));
    let tried = match (extent, producer.ty) {
        (Extent::All, Ty::V128) => VECTOR_FORMS,
        (Extent::All, _) => return (0..count).map(at).collect(),
        (Extent::Sample, _) if is_condition => CONDITION_FORMS,
        (Extent::Sample, _) => FORMS,
    };
    let names = producer.name.bytes().chain(consumer.name.bytes());
    let mut hash = names.fold(7, |hash: usize, byte| {
        hash.wrapping_mul(31) + usize::from(byte)
    });
    let next = |_| {
        hash = hash.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        at((hash >> 33) % count)
    };
    (0..tried.min(count)).map(next).collect()
}

/// Functions of one module, and the differences found so far.
struct Batch {
    road: Road,
    pairs: usize,
    tried: usize,
    /// The functions' texts, and their pairs.
    functions: Vec<(String, String)>,
    /// The functions that differ, by pair, with a description of the first.
    found: BTreeMap<String, (usize, String)>,
}

impl Batch {
    fn new(road: Road) -> Self {
        Self {
            road,
            pairs: 0,
            tried: 0,
            functions: Vec::new(),
            found: BTreeMap::new(),
        }
    }

    fn add(
        &mut self,
        producer: &Producer,
        consumer: &Consumer,
        value: &str,
        form: &Form,
    ) -> Result<(), Failed> {
        let body = form.body.replace("{}", value);
        let locals = TYPES
            .iter()
            .filter(|ty| body.contains(&format!("local.get {})", ty.local())));
        let set = |ty: &Ty| format!("(local.set {} (local.get {}))", ty.local(), ty.param() + 1);
        let locals: String = locals.map(set).collect();
        let function = format!("(type $to_{}) {LOCALS} {locals} {body}", form.result.name());
        self.functions
            .push((function, format!("{} -> {}", producer.name, consumer.name)));
        match self.functions.len() {
            FUNCTIONS => self.run(),
            _ => Ok(()),
        }
    }

    fn run(&mut self) -> Result<(), Failed> {
        let functions = std::mem::take(&mut self.functions);
        let wasm = wat::parse_str(module(&functions)?)?;
        let mut pair = Pair::new(&wasm, self.road)?;
        let arguments = arguments();
        for (index, (function, name)) in functions.into_iter().enumerate() {
            self.tried += 1;
            let index = index.to_string();
            let differs = arguments.iter().find_map(|arguments| {
                let (ours, theirs) = pair.call(&index, arguments);
                (!are_same(&ours, &theirs))
                    .then(|| format!("{arguments:x?}: {ours:x?}, not {theirs:x?}"))
            });
            if let Some(differs) = differs {
                let first = || (0, format!("{function}\n      {differs}"));
                self.found.entry(name).or_insert_with(first).0 += 1;
            }
        }
        Ok(())
    }

    fn report(&self) -> Result<(), Failed> {
        println!(
            "{} functions of {} pairs were compared",
            self.tried, self.pairs
        );
        let differing: usize = self.found.values().map(|(count, _)| count).sum();
        for (name, (count, first)) in self.found.iter().take(MAX_PRINTED) {
            println!("  {name}: {count} functions, the first: {first}");
        }
        for name in self.found.keys().skip(MAX_PRINTED) {
            println!("  {name}");
        }
        match differing {
            0 => Ok(()),
            _ => Err(format!("{differing} functions of {} pairs differ", self.found.len()).into()),
        }
    }
}

/// A module with these functions, each exported by its number.
fn module(functions: &[(String, String)]) -> Result<String, Failed> {
    let mut text = String::from(
        r#"(module
        (memory 2 2)
        (data (i32.const 16) "\05\00\00\80") (data (i32.const 32) "\fb\ff\ff\ff\00\00\00\80")
        (data (i32.const 48) "\00\00\c0\bf") (data (i32.const 64) "\00\00\00\00\00\00\04\40")
        (data (i32.const 80) "\01\80\ff\7f\00\00\80\3f\00\00\00\00\ff\ff\ff\ff")
        (global $reference (mut funcref) (ref.null func))
        (func $null (result funcref) (ref.null func))
        (elem declare func $same_i32)
        (table 20 funcref)
        "#,
    );
    for ty in TYPES {
        let (name, constant) = (ty.name(), ty.constant());
        write!(
            text,
            "(global ${name} (mut {name}) {constant}) (global $w{name} (mut {name}) {constant})
            (type $to_{name} (func {PARAMS} (result {name})))
            (type $of_{name} (func (param {name}) (result {name})))
            (func $same_{name} (type $of_{name}) (local.get 0))
            (func $second_{name} (param {name} {name}) (result {name}) (local.get 1))
            (elem (i32.const {}) $same_{name})",
            2 + ty as usize,
        )?;
    }
    for (index, (function, _)) in functions.iter().enumerate() {
        writeln!(text, "(func (export \"{index}\") {function})")?;
    }
    text.push(')');
    Ok(text)
}

/// The arguments of each function: edge values of every type.
fn arguments() -> [Arguments; 5] {
    let of = |ints: [u32; 2], longs: [u64; 2], floats: [f64; 2], vectors: [u128; 2]| {
        let [i32s, i64s] = [ints.map(Value::I32), longs.map(Value::I64)];
        let f32s = floats.map(|float| Value::F32((float as f32).to_bits()));
        let f64s = floats.map(|float| Value::F64(float.to_bits()));
        let v128s = vectors.map(Value::V128);
        Arguments::new(&[i32s, i64s, f32s, f64s, v128s].concat())
    };
    let mixed = 0x8000_0000_7fff_ffff_0001_ff80_3f80_0000;
    [
        of([0, 0], [0, 0], [0.0, -0.0], [0, 0]),
        of([5, 1], [5, 1 << 32], [1.5, 3e9], [mixed, 1]),
        of(
            [u32::MAX, 32],
            [u64::MAX, 64],
            [-1.0, f64::INFINITY],
            [u128::MAX, mixed],
        ),
        of(
            [1 << 31, u32::MAX],
            [1 << 63, u64::MAX],
            [f64::NAN, 1e-310],
            [1 << 127, u128::MAX],
        ),
        of(
            [7, 6],
            [0xffff_ffff_0000_0000, 7],
            [2.5, 2.5],
            [mixed, mixed],
        ),
    ]
}

/// Returns true if two outcomes are equal except for the bits of a NaN.
fn are_same(ours: &Outcome, theirs: &Outcome) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            ours.iter()
                .zip(theirs)
                .all(|(ours, theirs)| match (ours, theirs) {
                    (Value::F32(a), Value::F32(b)) if f32::from_bits(*a).is_nan() => {
                        f32::from_bits(*b).is_nan()
                    }
                    (Value::F64(a), Value::F64(b)) if f64::from_bits(*a).is_nan() => {
                        f64::from_bits(*b).is_nan()
                    }
                    (Value::V128(a), Value::V128(b)) => are_same_vectors(*a, *b),
                    (ours, theirs) => ours == theirs,
                })
        }
        (ours, theirs) => ours == theirs,
    }
}

/// Returns true if two vectors are equal except for the bits of NaNs in their lanes.
fn are_same_vectors(a: u128, b: u128) -> bool {
    let same = |bits: u32, is_nan: fn(u128) -> bool| {
        (0..128).step_by(bits as usize).all(|at| {
            let lane = |vector: u128| vector >> at & (u128::MAX >> (128 - bits));
            lane(a) == lane(b) || is_nan(lane(a)) && is_nan(lane(b))
        })
    };
    same(32, |lane| f32::from_bits(lane as u32).is_nan())
        || same(64, |lane| f64::from_bits(lane as u64).is_nan())
}
