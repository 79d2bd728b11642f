//! Producers of a value: every operator with its operands in every place, and the places themselves.

use super::operators::{Operator, TYPES, Ty};
use super::places::PLACES;

/// A producer of a value, in all its forms.
pub struct Producer {
    pub name: String,
    pub ty: Ty,
    pub forms: Vec<String>,
}

pub fn producers(operators: &[Operator]) -> Vec<Producer> {
    // The bits of a NaN that results from two NaNs are not specified and differ, which matters if they become an integer.
    let is_exact = |operator: &&Operator| {
        !["f32x4.m", "f64x2.m"]
            .iter()
            .any(|name| operator.name.starts_with(name) && !operator.name.ends_with("mul"))
    };
    let computed = operators.iter().filter(is_exact).map(|operator| Producer {
        name: operator.name.clone(),
        ty: operator.result,
        forms: operands(&operator.params)
            .map(|operands| format!("({} {operands})", operator.name))
            .collect(),
    });
    let places = TYPES.iter().map(|ty| Producer {
        name: format!("a place of {}", ty.name()),
        ty: *ty,
        forms: PLACES.iter().map(|place| ty.at(*place)).collect(),
    });
    let tees = TYPES.iter().map(|ty| Producer {
        name: format!("local.tee of {}", ty.name()),
        ty: *ty,
        forms: PLACES
            .iter()
            .flat_map(|place| [ty.local(), ty.param()].map(|local| (place, local)))
            .map(|(place, local)| format!("(local.tee {local} {})", ty.at(*place)))
            .collect(),
    });
    let selects = TYPES.iter().map(|ty| {
        let (param, constant) = (ty.param(), ty.constant());
        let conditions = [
            "(local.get 1)",
            "(i32.eqz (local.get 0))",
            "(i32.lt_s (local.get 0) (local.get 1))",
        ];
        Producer {
            name: format!("select of {}", ty.name()),
            ty: *ty,
            forms: conditions
                .iter()
                .map(|condition| format!("(select (local.get {param}) {constant} {condition})"))
                .collect(),
        }
    });
    let others = Producer {
        name: "sizes and references".to_owned(),
        ty: Ty::I32,
        forms: [
            "(memory.size)",
            "(memory.grow (i32.const 0))",
            "(table.size)",
            "(ref.is_null (ref.null func))",
            "(ref.is_null (ref.func $same_i32))",
            "(ref.is_null (table.get (i32.const 0)))",
            "(ref.is_null (table.get (i32.const 1)))",
            "(ref.is_null (global.get $reference))",
            "(ref.is_null (call $null))",
            "(block (result i32) (i32.eqz (local.get 0)))",
            "(loop (result i32) (i32.eqz (local.get 0)))",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    computed
        .chain(places)
        .chain(tees)
        .chain(selects)
        .chain([others])
        .collect()
}

/// Operands of these types, in every combination of places.
fn operands(params: &[Ty]) -> Box<dyn Iterator<Item = String> + '_> {
    match params {
        [] => Box::new(std::iter::once(String::new())),
        [first, rest @ ..] => Box::new(PLACES.iter().flat_map(move |place| {
            operands(rest).map(move |rest| format!("{} {rest}", first.at(*place)))
        })),
    }
}
