//! From a place in the code section to functions and lines: by the debug information, by the name
//! section where there is none, and by numbers where there is neither.

use super::frame::{Aim, Frame, Origin};
use super::go_name::{go_name, origin};
use crate::instrument::{Site, SiteTable};
use crate::module::{self, Module, Position, Positions};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// What a module says of its code.
pub(super) struct Symbols<'a> {
    names: HashMap<u32, &'a str>,
    positions: Option<Positions<'a>>,
    sites: &'a SiteTable,
    /// Go's names of those that were shown, and whose functions they are.
    shown: RefCell<HashMap<&'a str, (Arc<str>, Origin)>>,
}

impl<'a> Symbols<'a> {
    pub(super) fn read(module: &'a Module, sites: &'a SiteTable) -> Self {
        Self {
            names: module.function_names().collect(),
            positions: Positions::read(&module.wasm),
            sites,
            shown: RefCell::default(),
        }
    }

    /// The frames of a place in a function, the innermost first: those that were inlined there, and the
    /// function itself.
    pub(super) fn frames(&self, at: &Site, aim: Aim) -> Vec<Frame> {
        let Site {
            function, offset, ..
        } = *at;
        let known = self.positions(function, at.since, offset);
        if known.is_empty() {
            return vec![self.named(function, Some(offset))];
        }
        let frame = |position: Position<'a>| {
            let aim = match position.aim {
                module::Aim::At | module::Aim::Unknown => aim,
                module::Aim::Near => Aim::Near,
            };
            self.at(position, aim)
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
        let start = self.sites.function_start(function).unwrap_or(0);
        match self.positions(function, start, start).pop() {
            Some(position) => self.at(position, Aim::After),
            None => self.named(function, None),
        }
    }

    fn at(&self, position: Position<'a>, aim: Aim) -> Frame {
        let (function, origin) = self.shown(position.function);
        Frame {
            function,
            line: position.line,
            aim,
            offset: None,
            origin,
            count: 1,
        }
    }

    fn is_wrapper(&self, function: u32) -> bool {
        let name = self.names.get(&function);
        name.is_some_and(|name| name.ends_with("#wasmexport"))
    }

    fn positions(&self, function: u32, since: u32, offset: u32) -> Vec<Position<'a>> {
        let start = self.sites.function_start(function);
        match (&self.positions, start) {
            (Some(positions), Some(start)) => positions.at(start, since, offset),
            _ => Vec::new(),
        }
    }

    fn named(&self, function: u32, offset: Option<u32>) -> Frame {
        let name = self.names.get(&function);
        let (shown, origin) = match name {
            Some(name) => self.shown(name),
            None => (format!("func[{function}]").into(), Origin::Program),
        };
        Frame {
            function: shown,
            line: None,
            aim: Aim::After,
            offset: offset.filter(|_| name.is_none()),
            origin: match self.is_wrapper(function) {
                true => Origin::Glue,
                false => origin,
            },
            count: 1,
        }
    }

    /// A function's name as Go has it, and whose function that is.
    fn shown(&self, symbol: &'a str) -> (Arc<str>, Origin) {
        let mut shown = self.shown.borrow_mut();
        let shown = shown
            .entry(symbol)
            .or_insert_with(|| (go_name(symbol).into(), origin(symbol)));
        shown.clone()
    }
}
