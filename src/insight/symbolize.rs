//! Converts sites to frames, with debug information, or else with the name section, or else with function indices.

use super::frame::{Frame, Origin, Precision};
use super::go_code::GoCode;
use super::go_name::{go_name, is_export_wrapper, origin};
use super::slots::StackEntry;
use crate::instrument::{Site, SiteTable};
use crate::module::{self, Module, Position, Positions};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The names and the debug information of a module that was instrumented.
pub(super) struct Symbols<'a> {
    sites: &'a SiteTable,
    /// The names of the functions in the module.
    names: HashMap<u32, &'a str>,
    positions: Option<Positions<'a>>,
    /// Go's function table, if official Go compiled the module.
    go_code: Option<GoCode<'a>>,
    /// The Go names that were already determined, by names in the module.
    go_names: RefCell<HashMap<&'a str, (Arc<str>, Origin)>>,
}

impl<'a> Symbols<'a> {
    pub(super) fn read(module: &'a Module, sites: &'a SiteTable) -> Self {
        Self {
            sites,
            names: module.function_names().collect(),
            positions: Positions::read(&module.wasm),
            go_code: GoCode::read(module, sites),
            go_names: RefCell::default(),
        }
    }

    /// The frames of an entry: those of inlined functions, the innermost first, then that of the function itself.
    pub(super) fn frames(&self, entry: StackEntry) -> Vec<Frame> {
        let go_frames = self.go_code.as_ref().map(|code| code.frames(entry));
        if let Some(frames) = go_frames.filter(|frames| !frames.is_empty()) {
            return frames;
        }
        let precision = match entry {
            StackEntry::InFunction(function) => return vec![self.function_frame(function)],
            StackEntry::AfterSite(_) => Precision::OrLater,
            StackEntry::AtSite(_) | StackEntry::Unknown => Precision::Exact,
        };
        match entry.site(self.sites) {
            Some(site) => self.site_frames(site, precision),
            None => Vec::new(),
        }
    }

    fn site_frames(&self, site: &Site, precision: Precision) -> Vec<Frame> {
        let positions = self.positions(site.function, site.since, site.offset);
        if positions.is_empty() {
            return vec![self.named_frame(site.function, Some(site.offset))];
        }
        let frames = positions.into_iter().map(|position| {
            let precision = match position.accuracy {
                module::LineAccuracy::Exact | module::LineAccuracy::Unknown => precision,
                module::LineAccuracy::Nearby => Precision::Nearby,
            };
            self.position_frame(position, precision)
        });
        let mut frames: Vec<_> = frames.collect();
        if let Some(outermost) = frames.last_mut()
            && self.is_export_wrapper(site.function)
        {
            outermost.origin = Origin::Wrapper;
        }
        frames
    }

    /// The frame of a function whose site is not known.
    fn function_frame(&self, function: u32) -> Frame {
        let start = self.sites.function_start(function).unwrap_or(0);
        match self.positions(function, start, start).pop() {
            Some(position) => self.position_frame(position, Precision::OrLater),
            None => self.named_frame(function, None),
        }
    }

    fn positions(&self, function: u32, since: u32, offset: u32) -> Vec<Position<'a>> {
        let start = self.sites.function_start(function);
        match (&self.positions, start) {
            (Some(positions), Some(start)) => positions.at(start, since, offset),
            _ => Vec::new(),
        }
    }

    fn position_frame(&self, position: Position<'a>, precision: Precision) -> Frame {
        let (function, origin) = self.go_name(position.function);
        Frame {
            function,
            line: position.line,
            precision,
            offset: None,
            origin,
            count: 1,
        }
    }

    /// The frame of a function without debug information.
    fn named_frame(&self, function: u32, offset: Option<u32>) -> Frame {
        let name = self.names.get(&function);
        let (go_name, origin) = match name {
            Some(name) => self.go_name(name),
            None => (format!("func[{function}]").into(), Origin::Program),
        };
        Frame {
            function: go_name,
            line: None,
            precision: Precision::OrLater,
            offset: offset.filter(|_| name.is_none()),
            origin: if self.is_export_wrapper(function) {
                Origin::Wrapper
            } else {
                origin
            },
            count: 1,
        }
    }

    fn is_export_wrapper(&self, function: u32) -> bool {
        let name = self.names.get(&function);
        name.is_some_and(|name| is_export_wrapper(name))
    }

    fn go_name(&self, symbol: &'a str) -> (Arc<str>, Origin) {
        let mut go_names = self.go_names.borrow_mut();
        let known = go_names
            .entry(symbol)
            .or_insert_with(|| (go_name(symbol).into(), origin(symbol)));
        known.clone()
    }
}
