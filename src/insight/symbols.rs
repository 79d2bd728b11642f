//! From a place in the code section to functions and lines: by the debug information, by the name
//! section where there is none, and by numbers where there is neither.

use super::frame::{Aim, Frame, Origin};
use super::go_name::{go_name, origin};
use super::tracked::Bodies;
use crate::module::{self, Module, Position, Positions};
use std::collections::HashMap;

/// A place in a function.
pub(super) struct At {
    pub(super) function: u32,
    /// Where in the code section.
    pub(super) offset: u32,
    /// Where code ends in front that does not run on to it.
    pub(super) since: u32,
}

/// What a module says of its code.
pub(super) struct Symbols<'a> {
    names: HashMap<u32, &'a str>,
    positions: Option<Positions<'a>>,
    bodies: &'a Bodies,
}

impl<'a> Symbols<'a> {
    pub(super) fn read(module: &'a Module, bodies: &'a Bodies) -> Self {
        Self {
            names: module.function_names().collect(),
            positions: Positions::read(&module.wasm),
            bodies,
        }
    }

    /// The frames of a place in a function, the innermost first: those that were inlined there, and the
    /// function itself.
    pub(super) fn frames(&self, at: &At, aim: Aim) -> Vec<Frame> {
        let At {
            function, offset, ..
        } = *at;
        let known = self.positions(function, at.since, offset);
        if known.is_empty() {
            return vec![self.named(function, Some(offset))];
        }
        let frame = |position: Position| Frame {
            origin: origin(&position.function),
            function: go_name(&position.function),
            line: position.line,
            aim: match position.aim {
                module::Aim::At | module::Aim::Unknown => aim,
                module::Aim::Near => Aim::Near,
            },
            offset: None,
            count: 1,
        };
        let mut frames: Vec<_> = known.into_iter().map(frame).collect();
        // What `//go:wasmexport` exports is a wrapper of the same name.
        if self.is_wrapper(function)
            && let Some(outermost) = frames.last_mut()
        {
            outermost.origin = Origin::Glue;
        }
        frames
    }

    /// The frame of a function in which no place is known.
    pub(super) fn function(&self, function: u32) -> Frame {
        let start = self.bodies.start(function).unwrap_or(0);
        match self.positions(function, start, start).pop() {
            Some(position) => Frame {
                origin: origin(&position.function),
                function: go_name(&position.function),
                line: position.line,
                aim: Aim::After,
                offset: None,
                count: 1,
            },
            None => self.named(function, None),
        }
    }

    fn is_wrapper(&self, function: u32) -> bool {
        let name = self.names.get(&function);
        name.is_some_and(|name| name.ends_with("#wasmexport"))
    }

    fn positions(&self, function: u32, since: u32, offset: u32) -> Vec<Position> {
        let start = self.bodies.start(function);
        match (&self.positions, start) {
            (Some(positions), Some(start)) => positions.at(start, since, offset),
            _ => Vec::new(),
        }
    }

    fn named(&self, function: u32, offset: Option<u32>) -> Frame {
        let name = self.names.get(&function);
        Frame {
            function: name.map_or_else(|| format!("func[{function}]"), |name| go_name(name)),
            line: None,
            aim: Aim::After,
            offset: offset.filter(|_| name.is_none()),
            origin: match self.is_wrapper(function) {
                true => Origin::Glue,
                false => name.map_or(Origin::Program, |name| origin(name)),
            },
            count: 1,
        }
    }
}
