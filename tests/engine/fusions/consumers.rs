//! Consumers of a value: each operand of each operator, with the other operands in every place, and conditions, locals,
//! globals, memory accesses, calls and ends of blocks.

use super::operators::{Operator, TYPES, Ty};
use super::places::{PLACES, Place};

/// A consumer of a value in all its forms: the body of a function, with `{}` for the value.
pub struct Consumer {
    pub name: String,
    pub takes: Ty,
    pub forms: Vec<Form>,
}

pub struct Form {
    pub result: Ty,
    pub body: String,
}

pub fn consumers(operators: &[Operator]) -> Vec<Consumer> {
    let mut consumers: Vec<_> = operators.iter().flat_map(computing).collect();
    for ty in TYPES {
        consumers.extend(taking(ty));
    }
    let conditions = conditions();
    consumers.extend(chains(operators, &conditions));
    consumers.extend(conditions);
    consumers
}

/// An operator, by each of its operands.
fn computing(operator: &Operator) -> Vec<Consumer> {
    let consumer = |index: usize| Consumer {
        name: format!("{} at {index}", operator.name),
        takes: operator.params[index],
        forms: PLACES
            .iter()
            .map(|place| {
                let operand = |(at, ty): (usize, &Ty)| {
                    if at == index {
                        "{}".to_owned()
                    } else {
                        ty.at(*place)
                    }
                };
                let operands: Vec<_> = operator.params.iter().enumerate().map(operand).collect();
                Form {
                    result: operator.result,
                    body: format!("({} {})", operator.name, operands.join(" ")),
                }
            })
            .take(if operator.params.len() == 1 {
                1
            } else {
                PLACES.len()
            })
            .collect(),
    };
    (0..operator.params.len()).map(consumer).collect()
}

/// Pairs of places for the two values of a `select`.
const CHOICES: [(Place, Place); 12] = [
    (Place::Zero, Place::Constant),
    (Place::Constant, Place::Param),
    (Place::Param, Place::Constant),
    (Place::Param, Place::OtherParam),
    (Place::Param, Place::Param),
    (Place::Local, Place::Computed),
    (Place::Computed, Place::Local),
    (Place::Memory, Place::Called),
    (Place::Global, Place::Param),
    (Place::Called, Place::Constant),
    (Place::Constant, Place::Global),
    (Place::Zero, Place::Computed),
];

/// Conditions: the value itself, and its comparison with zero.
fn conditions() -> Vec<Consumer> {
    let mut consumers = Vec::new();
    for (takes, name, condition) in [
        (Ty::I32, "", "{}"),
        (Ty::I32, "i32.eqz, ", "(i32.eqz {})"),
        (Ty::I32, "i32.eqz twice, ", "(i32.eqz (i32.eqz {}))"),
        (Ty::I32, "i32.eq 0, ", "(i32.eq {} (i32.const 0))"),
        (Ty::I32, "0 i32.eq, ", "(i32.eq (i32.const 0) {})"),
        (Ty::I32, "i32.ne 0, ", "(i32.ne {} (i32.const 0))"),
        (
            Ty::I32,
            "i64.eqz of extended, ",
            "(i64.eqz (i64.extend_i32_u {}))",
        ),
        (
            Ty::I32,
            "i64.ne 0 of extended, ",
            "(i64.ne (i64.extend_i32_u {}) (i64.const 0))",
        ),
        (Ty::I64, "i64.eqz, ", "(i64.eqz {})"),
        (Ty::I64, "i64.ne 0, ", "(i64.ne {} (i64.const 0))"),
        (Ty::I64, "i64.eq 0, ", "(i64.eq (i64.const 0) {})"),
        (Ty::I64, "i32.wrap_i64, ", "(i32.wrap_i64 {})"),
    ] {
        for ty in TYPES {
            consumers.push(Consumer {
                name: format!("{name}select of {}", ty.name()),
                takes,
                forms: selects(ty, condition),
            });
        }
        let ints = |what: &str, forms: &[&str]| Consumer {
            name: format!("{name}{what}"),
            takes,
            forms: forms
                .iter()
                .map(|form| Form {
                    result: Ty::I32,
                    body: form.replace("COND", condition),
                })
                .collect(),
        };
        consumers.extend([
            ints("select over what emits nothing", &TRANSPARENT),
            ints("if", &IFS),
            ints("br_if", &BRANCHES),
            ints("br_table", &TABLES),
        ]);
    }
    consumers
}

fn selects(ty: Ty, condition: &str) -> Vec<Form> {
    let name = ty.name();
    let choices = CHOICES
        .iter()
        .flat_map(|choice| ["", "(result TYPE)"].map(|typed| (choice, typed)));
    let forms = choices.map(|((first, second), typed)| {
        let typed = typed.replace("TYPE", name);
        format!(
            "(select {typed} {} {} {condition})",
            ty.at(*first),
            ty.at(*second)
        )
    });
    forms.map(|body| Form { result: ty, body }).collect()
}

/// A condition that reaches `select` over operators for which the engine emits nothing.
const TRANSPARENT: [&str; 12] = [
    "(i32.const 11) (local.get 1) COND nop select",
    "(i32.const 11) (local.get 1) COND (local.set 1 (local.get 1)) select",
    "(i32.const 11) (local.get 1) COND (local.set 1 (local.tee 1 (local.get 1))) select",
    "(i32.const 11) (local.get 1) COND (i32.shl (i32.const 0)) select",
    "(i32.const 11) (local.get 1) COND (i32.rotr (i32.const 32)) select",
    "(i32.const 11) (local.get 1) COND (block (param i32) (result i32)) select",
    "(i32.const 11) (local.get 1) COND (block (param i32 i32 i32) (result i32) select)",
    "(i32.const 11) (local.get 1) (loop (result i32) COND) select",
    "(i32.const 11) (local.get 1) COND (if (param i32 i32 i32) (result i32) (i32.const 1) (then select) (else drop drop))",
    "(i32.const 11) (local.get 1) COND (if (param i32 i32 i32) (result i32) (i32.const 0) (then drop drop) (else select))",
    "(block (i32.const 11) (local.get 1) COND (br_if 0 (i32.const 0)) select (return)) (i32.const 3)",
    "(i32.const 11) (local.get 1) COND (select (i32.const 5) (i32.const 1)) select",
];

const IFS: [&str; 4] = [
    "(if (result i32) COND (then (i32.const 11)) (else (local.get 1)))",
    "(if COND (then (local.set 0 (i32.const 12)))) (local.get 0)",
    "(i32.add (local.get 0) (if (result i32) COND (then (local.get 1)) (else (local.get 0))))",
    "(local.get 0) (if (param i32) (result i32) COND (then (i32.add (local.get 1))) (else (i32.sub (local.get 1))))",
];

const BRANCHES: [&str; 5] = [
    "(block (br_if 0 COND) (local.set 0 (i32.const 9))) (local.get 0)",
    "(block (result i32) (br_if 0 (local.get 1) COND) (i32.add (i32.const 1)))",
    "(block (result i32) (br_if 0 (i32.const 6) COND) drop (local.get 0))",
    "(block (result i32) (br_if 0 (i32.mul (local.get 0) (local.get 1)) COND) drop (local.get 0))",
    "(block (br_if 0 COND) (return (i32.const 1))) (i32.const 2)",
];

const TABLES: [&str; 3] = [
    "(block (block (block (br_table 0 1 2 COND)) (return (i32.const 1))) (return (i32.const 2))) (i32.const 3)",
    "(block (result i32) (i32.add (i32.const 1) (block (result i32) (br_table 0 1 0 (local.get 1) COND))))",
    "(block (result i32) (i32.add (i32.const 1) (block (result i32) (br_table 1 0 (i32.add (local.get 0) (i32.const 2)) COND))))",
];

/// The consumers of a value of any type.
fn taking(ty: Ty) -> Vec<Consumer> {
    let (name, local, param) = (ty.name(), ty.local(), ty.param());
    let join = match ty {
        Ty::I32 | Ty::I64 => format!("{name}.sub"),
        Ty::F32 | Ty::F64 => format!("{name}.copysign"),
        Ty::V128 => "i8x16.sub".to_owned(),
    };
    let consumer = |what: &str, result: Ty, bodies: Vec<String>| Consumer {
        name: format!("{what} of {name}"),
        takes: ty,
        forms: bodies
            .into_iter()
            .map(|body| Form { result, body })
            .collect(),
    };
    let mut consumers = vec![
        consumer(
            "local.set",
            ty,
            vec![
                format!("(local.set {local} {{}}) (local.get {local})"),
                format!("(local.set {param} {{}}) (local.get {param})"),
                // The old value of the local is on the stack and must stay.
                format!("(local.get {param}) (local.set {param} {{}}) (local.get {param}) {join}"),
                format!("(local.get {local}) {{}} (local.set {local}) (local.get {local}) {join}"),
            ],
        ),
        consumer(
            "local.tee",
            ty,
            vec![
                format!("({join} (local.tee {local} {{}}) (local.get {local}))"),
                format!("({join} (local.get {local}) (local.tee {local} {{}}))"),
                format!(
                    "(local.tee {param} {{}}) (local.set {local}) (local.get {local}) (local.get {param}) {join}"
                ),
            ],
        ),
        consumer(
            "global.set",
            ty,
            vec![format!("(global.set $w{name} {{}}) (global.get $w{name})")],
        ),
        consumer("return", ty, vec!["(return {})".to_owned()]),
        consumer(
            "drop",
            ty,
            vec![
                format!("(drop {{}}) (local.get {param})"),
                format!("{} {{}} drop", ty.at(Place::Computed)),
            ],
        ),
        consumer(
            "call",
            ty,
            vec![
                format!("(call $same_{name} {{}})"),
                format!("(call $second_{name} (local.get {param}) {{}})"),
                format!("(call $second_{name} {{}} {})", ty.at(Place::Computed)),
                format!(
                    "(call_indirect (type $of_{name}) {{}} (i32.const {}))",
                    2 + ty as usize
                ),
            ],
        ),
        consumer(
            "block",
            ty,
            vec![
                format!("{{}} (block (param {name}) (result {name}))"),
                format!("{{}} (loop (param {name}) (result {name}))"),
                format!("(block (result {name}) {{}})"),
                format!("(block (result {name}) (br 0 {{}}))"),
            ],
        ),
        consumer("store", Ty::I64, stores(ty)),
    ];
    let values = PLACES.iter().flat_map(|place| {
        let other = ty.at(*place);
        [
            "(local.get 1)",
            "(i32.eqz (local.get 0))",
            "(i32.lt_u (local.get 0) (i32.const 6))",
        ]
        .into_iter()
        .flat_map(move |condition| {
            [
                format!("(select {{}} {other} {condition})"),
                format!("(select {other} {{}} {condition})"),
            ]
        })
    });
    consumers.push(consumer("a select's value", ty, values.collect()));
    if ty == Ty::I32 {
        consumers.push(consumer("an address", Ty::I64, addresses()));
    }
    consumers
}

fn stores(ty: Ty) -> Vec<String> {
    let widths: &[&str] = match ty {
        Ty::I32 => &["", "8", "16"],
        Ty::I64 => &["", "8", "16", "32"],
        _ => &[""],
    };
    let addresses = [
        "(i32.const 256)",
        "(i32.and (local.get 0) (i32.const 8))",
        "(call $same_i32 (i32.const 256))",
    ];
    let stores = widths
        .iter()
        .flat_map(|width| addresses.map(|address| (width, address)));
    let name = ty.name();
    stores
        .map(|(width, address)| {
            format!("({name}.store{width} offset=4 {address} {{}}) (i64.load offset=4 {address})")
        })
        .collect()
}

fn addresses() -> Vec<String> {
    [
        "(i64.load {})",
        "(i64.load8_s offset=60000 {})",
        "(i64.load32_u offset=70000 {})",
        "(i64.extend_i32_u (i32.load16_s {}))",
        "(f32.store offset=8 {} (f32.const 1)) (i64.load (i32.const 8))",
        "(i64.store {} (i64.const 99)) (i64.load (i32.const 0))",
        "(i64.extend_i32_u (call_indirect (type $of_i32) (local.get 0) {}))",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The consumers of a value after an operator with one operand, for which the engine may emit nothing.
fn chains(operators: &[Operator], conditions: &[Consumer]) -> Vec<Consumer> {
    let unary = operators
        .iter()
        .filter(|operator| operator.params.len() == 1);
    let unary = unary.filter(|operator| operator.params[0] != Ty::V128);
    let mut consumers = Vec::new();
    for operator in unary {
        let ends = conditions.iter().filter(|end| end.takes == operator.result);
        let ends: Vec<_> = ends.filter_map(|end| end.forms.last()).collect();
        let wrap = |form: &Form| Form {
            result: form.result,
            body: form
                .body
                .replace("{}", &format!("({} {{}})", operator.name)),
        };
        let mut forms: Vec<_> = ends.into_iter().map(wrap).collect();
        for taking in taking(operator.result) {
            forms.extend(taking.forms.first().map(wrap));
        }
        if matches!(operator.result, Ty::I32 | Ty::I64) {
            let name = operator.result.name();
            let (local, join) = (
                operator.result.local(),
                ["add", "and", "xor", "shr_u", "eq", "lt_u"],
            );
            forms.extend(join.map(|join| Form {
                result: if matches!(join, "eq" | "lt_u") {
                    Ty::I32
                } else {
                    operator.result
                },
                body: format!(
                    "({name}.{join} ({} {{}}) (local.get {local}))",
                    operator.name
                ),
            }));
        }
        consumers.push(Consumer {
            name: format!("{} and what takes that", operator.name),
            takes: operator.params[0],
            forms,
        });
    }
    consumers
}
