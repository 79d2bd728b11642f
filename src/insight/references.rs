//! What a module refers to outside of its code: refused where that is past the end of what it has, where it
//! would come to mean something that rewriting adds.

use super::body::Reach;
use super::operator::{Own, Unfit, within};
use super::section::{EXPORT, FUNCTION, Imports, START, Sections};
use super::types::Type;
use crate::module::bytes::Reader;
use wasmparser::{
    BinaryReader, DataKind, DataSectionReader, ElementItems, ElementSectionReader,
    GlobalSectionReader, Operator,
};

/// Refuses data for a memory that the module does not have.
pub(super) fn check_data(section: &[u8], own: &Own) -> Result<(), Unfit> {
    if section.is_empty() {
        return Ok(());
    }
    let data = DataSectionReader::new(BinaryReader::new(section, 0));
    for segment in data.map_err(|_| Unfit::Invalid)? {
        if let DataKind::Active { memory_index, .. } = segment.map_err(|_| Unfit::Invalid)?.kind {
            within(memory_index, own.memories)?;
        }
    }
    Ok(())
}

/// Refuses globals that begin with a function that the module does not have.
pub(super) fn check_globals(section: &[u8], own: &Own) -> Result<(), Unfit> {
    if section.is_empty() {
        return Ok(());
    }
    let globals = GlobalSectionReader::new(BinaryReader::new(section, 0));
    for global in globals.map_err(|_| Unfit::Invalid)? {
        let global = global.map_err(|_| Unfit::Invalid)?;
        for operator in global.init_expr.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator.map_err(|_| Unfit::Invalid)? {
                within(function_index, own.functions)?;
            }
        }
    }
    Ok(())
}

/// The functions that can be called without being named, as elements of tables can.
pub(super) fn indirect(section: &[u8], functions: usize) -> Result<Vec<Reach>, Unfit> {
    let mut reach = vec![Reach::Direct; functions];
    if section.is_empty() {
        return Ok(reach);
    }
    let mut mark = |index: u32| {
        *reach.get_mut(index as usize).ok_or(Unfit::Invalid)? = Reach::Indirect;
        Ok::<_, Unfit>(())
    };
    let elements = ElementSectionReader::new(BinaryReader::new(section, 0));
    for element in elements.map_err(|_| Unfit::Invalid)? {
        match element.map_err(|_| Unfit::Invalid)?.items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    mark(function.map_err(|_| Unfit::Invalid)?)?;
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    let expression = expression.map_err(|_| Unfit::Invalid)?;
                    for operator in expression.get_operators_reader() {
                        let operator = operator.map_err(|_| Unfit::Invalid)?;
                        if let Operator::RefFunc { function_index } = operator {
                            mark(function_index)?;
                        }
                    }
                }
            }
        }
    }
    Ok(reach)
}

/// The `start` function, where there is one. Refuses one that takes or returns something: exported, it would
/// be valid.
pub(super) fn check_start(
    sections: &Sections<'_>,
    imports: &Imports,
    types: &[Type<'_>],
) -> Result<Option<u32>, Unfit> {
    if !sections.has(START) {
        return Ok(None);
    }
    let mut start = Reader::new(sections.of(START));
    let function = start.u32()?;
    let index = function as usize;
    let ty = match imports.functions.get(index) {
        Some(ty) => *ty,
        None => {
            let own = index - imports.functions.len();
            let mut declared = Reader::new(sections.of(FUNCTION));
            let count = declared.u32()? as usize;
            if own >= count {
                return Err(Unfit::Invalid);
            }
            for _ in 0..own {
                declared.u32()?;
            }
            declared.u32()?
        }
    };
    let ty = types.get(ty as usize).ok_or(Unfit::Invalid)?;
    match ty.params == 0 && ty.results.is_empty() && start.is_at_end() {
        true => Ok(Some(function)),
        false => Err(Unfit::Invalid),
    }
}

// What can be exported, by its kind's number.
pub(super) const EXPORTED_FUNCTION: u8 = 0;
pub(super) const EXPORTED_MEMORY: u8 = 2;
pub(super) const EXPORTED_GLOBAL: u8 = 3;

/// What the module exports.
#[derive(Default)]
pub(super) struct Exported<'a> {
    pub(super) names: Vec<&'a [u8]>,
    pub(super) functions: Vec<u32>,
}

/// Reads what the module exports.
pub(super) fn exported<'a>(sections: &Sections<'a>, own: &Own) -> Result<Exported<'a>, Unfit> {
    let mut exported = Exported::default();
    if !sections.has(EXPORT) {
        return Ok(exported);
    }
    let mut exports = Reader::new(sections.of(EXPORT));
    for _ in 0..exports.u32()? {
        exported.names.push(exports.sized()?);
        let kind = exports.byte()?;
        let index = exports.u32()?;
        match kind {
            EXPORTED_FUNCTION => {
                within(index, own.functions)?;
                exported.functions.push(index);
            }
            EXPORTED_MEMORY => within(index, own.memories)?,
            EXPORTED_GLOBAL => within(index, own.globals)?,
            _ => {}
        }
    }
    Ok(exported)
}
