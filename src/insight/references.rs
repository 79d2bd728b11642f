//! What a module refers to outside of its code.

use super::body::Reach;
use super::operator::Unfit;
use super::section::{EXPORT, Sections};
use crate::module::bytes::Reader;
use wasmparser::{BinaryReader, ElementItems, ElementSectionReader, Operator};

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

// What can be exported, by its kind's number.
pub(super) const EXPORTED_FUNCTION: u8 = 0;
pub(super) const EXPORTED_MEMORY: u8 = 2;
pub(super) const EXPORTED_GLOBAL: u8 = 3;

/// The names under which the module exports something.
pub(super) fn exported_names<'a>(sections: &Sections<'a>) -> Result<Vec<&'a [u8]>, Unfit> {
    let mut names = Vec::new();
    if !sections.has(EXPORT) {
        return Ok(names);
    }
    let mut exports = Reader::new(sections.of(EXPORT));
    for _ in 0..exports.u32()? {
        names.push(exports.sized()?);
        exports.byte()?;
        exports.skip_number()?;
    }
    Ok(names)
}
