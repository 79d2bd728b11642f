//! Rewriting one function so that it keeps its place on the shadow stack. A function with a frame takes
//! a slot where it first needs one and gives it back on every way out; before each call, and before
//! loops, which is where time goes and where programs hang, it puts the place's number there. What is
//! about to fail without having a slot takes one for good.
//!
//! Nothing is renumbered, and code between the places that change is copied as it stands.

use super::operator::Unfit;
use super::site::{Place, Site};
use super::survey::{Act, Point, Region, Survey, Wrapped};
use crate::module::bytes::{Reader, write_i32, write_sized, write_u32};

/// A function as the module has it.
pub(super) struct Function<'a> {
    pub(super) index: u32,
    /// How many parameters it takes.
    pub(super) params: u32,
    /// The type of a block that has its results.
    pub(super) block_type: &'a [u8],
    /// Whether it can be called without being named where it is called.
    pub(super) reach: Reach,
    /// Its locals and its code.
    pub(super) body: &'a [u8],
    /// Where that begins in the code section.
    pub(super) offset: u32,
}

/// How a function can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only by its name.
    Direct,
    /// Through a table as well. What calls it so does not tell which function it is.
    Indirect,
}

/// What is done about a frame, with the local that holds its address.
#[derive(Clone, Copy)]
enum Edge {
    Enter(u32),
    Leave(u32),
}

/// Where the shadow stack is in the rewritten module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
    /// The global that holds the address of the first free slot.
    pub(super) top: u32,
    /// The memory that holds the slots.
    pub(super) memory: u32,
    /// The function that makes the memory larger, where it has to be.
    pub(super) grow: u32,
}

impl Shadow {
    /// The size of the memory at the beginning, in pages: enough for 16,384 frames.
    pub(super) const PAGES: u32 = 1;

    /// Up to which address it is large enough without a look. Behind it there is room for more slots than
    /// are taken between two looks, which is one.
    const LIMIT: i32 = (64 << 10) - 64;

    /// How many pages are added at a time.
    const MORE: i32 = 8;

    /// The body of the function that makes the memory larger, behind its length. Its parameter is the
    /// address of a slot; where there is no more room behind that than at the limit, there has to be.
    pub(super) fn grow_body(&self) -> Vec<u8> {
        const MEMORY_SIZE: u8 = 0x3f;
        const MEMORY_GROW: u8 = 0x40;
        const I32_SHL: u8 = 0x74;
        const DROP: u8 = 0x1a;
        let mut body = vec![0, LOCAL_GET, 0, I32_CONST];
        write_i32(&mut body, (64 << 10) - Self::LIMIT);
        body.extend_from_slice(&[I32_ADD, MEMORY_SIZE]);
        write_u32(&mut body, self.memory);
        body.extend_from_slice(&[I32_CONST, 16, I32_SHL, I32_GE_U, IF, NOTHING, I32_CONST]);
        write_i32(&mut body, Self::MORE);
        body.push(MEMORY_GROW);
        write_u32(&mut body, self.memory);
        body.extend_from_slice(&[DROP, END, END]);
        let mut sized = Vec::new();
        write_sized(&mut sized, &body);
        sized
    }
}

/// Rewrites functions, one after the other.
pub(super) struct Rewriter {
    pub(super) shadow: Shadow,
    /// The places that were given numbers.
    pub(super) sites: Vec<Site>,
    /// Whether a function was found that calls another in place of itself.
    pub(super) has_tail_calls: bool,
    survey: Survey,
    code: Vec<u8>,
}

impl Rewriter {
    pub(super) fn new(shadow: Shadow) -> Self {
        Self {
            shadow,
            sites: Vec::new(),
            has_tail_calls: false,
            survey: Survey::default(),
            code: Vec::new(),
        }
    }

    /// Adds the rewritten function to `section`, behind its length.
    ///
    /// # Errors
    ///
    /// Why it cannot be rewritten.
    pub(super) fn rewrite(
        &mut self,
        function: &Function<'_>,
        section: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        let mut reader = Reader::new(function.body);
        let groups = reader.u32()?;
        let first = reader.at();
        let mut locals = function.params;
        for _ in 0..groups {
            locals = locals.saturating_add(reader.u32()?);
            reader.byte()?;
        }
        let start = reader.at();
        self.survey.read(&mut reader)?;
        self.has_tail_calls |= self.survey.has_tail_calls;
        self.code.clear();
        match self.survey.region() {
            Some(region) => {
                write_u32(&mut self.code, groups + 1);
                self.code.extend_from_slice(&function.body[first..start]);
                self.code.extend_from_slice(&[1, I32]);
                self.write(function, start, Some((region, locals)));
            }
            None => {
                self.code.extend_from_slice(&function.body[..start]);
                self.write(function, start, None);
            }
        }
        write_sized(section, &self.code);
        Ok(())
    }

    /// Writes the function's code, with its frame where it has one: the region in which it has it, and the
    /// local that holds its address.
    fn write(&mut self, function: &Function<'_>, start: usize, frame: Option<(Region, u32)>) {
        let is_wrapped = frame.is_some_and(|(region, _)| region.wrapped == Wrapped::Yes);
        if is_wrapped {
            self.code.push(BLOCK);
            self.code.extend_from_slice(function.block_type);
        }
        let mut copied = start;
        let mut copy = |code: &mut Vec<u8>, to: usize| {
            code.extend_from_slice(&function.body[copied..to]);
            copied = to;
        };
        // What is to be done next about the frame.
        let mut edges = frame.into_iter().flat_map(|(region, local)| {
            [
                (region.enter, Edge::Enter(local)),
                (region.leave, Edge::Leave(local)),
            ]
        });
        let mut edge = edges.next();
        let mut inside = None;
        for index in 0..=self.survey.points.len() {
            let point = self.survey.points.get(index).copied();
            let reached = point.map_or(usize::MAX, |point| point.at);
            while let Some((at, next)) = edge.filter(|(at, _)| *at <= reached) {
                copy(&mut self.code, at);
                match next {
                    Edge::Enter(local) => {
                        self.enter(local);
                        if function.reach == Reach::Indirect {
                            let site = self.site(function, at, Place::Entry);
                            self.record(local, site);
                        }
                        inside = frame;
                    }
                    Edge::Leave(local) => {
                        if is_wrapped {
                            self.code.push(END);
                        }
                        self.leave(local);
                        inside = None;
                    }
                }
                edge = edges.next();
            }
            let Some(Point { at, act }) = point else {
                break;
            };
            let place = match (act, inside) {
                (Act::Call(callee), _) => Place::Call(callee),
                (Act::LastCall(callee), _) => Place::LastCall(callee),
                (Act::Unreachable, _) => Place::Unreachable,
                (Act::Loop, _) => Place::Loop,
                (Act::Return, Some((_, local))) => {
                    copy(&mut self.code, at);
                    self.leave(local);
                    continue;
                }
                (Act::Branch(label), Some((region, local))) if label <= region.depth => {
                    copy(&mut self.code, at);
                    self.leave(local);
                    continue;
                }
                (Act::Nothing | Act::Return | Act::Branch(_) | Act::MayBranch(_), _) => continue,
            };
            copy(&mut self.code, at);
            let site = self.site(function, at, place);
            match inside {
                Some((_, local)) => self.record(local, site),
                None => self.push(site),
            }
        }
        copy(&mut self.code, function.body.len());
    }

    /// The number of a place.
    fn site(&mut self, function: &Function<'_>, at: usize, place: Place) -> i32 {
        let before = self.sites.last();
        let before = before.filter(|before| before.function == function.index);
        let since = before.map_or(0, |before| match before.place {
            // What a function ends in does not run on to what comes after it.
            Place::LastCall(_) | Place::Unreachable => before.offset + 1,
            Place::Entry | Place::Call(_) | Place::Loop => before.since,
        });
        self.sites.push(Site {
            function: function.index,
            // A body lies in a module of at most 1 GiB.
            offset: function.offset + at as u32,
            since,
            place,
        });
        // Zero is a slot that was never written to.
        self.sites.len() as i32
    }

    /// Takes a slot, whose address goes to the function's own local.
    fn enter(&mut self, frame: u32) {
        self.operator(GLOBAL_GET, self.shadow.top);
        self.operator(LOCAL_TEE, frame);
        self.code.push(I32_CONST);
        write_i32(&mut self.code, Shadow::LIMIT);
        self.code.extend_from_slice(&[I32_GE_U, IF, NOTHING]);
        self.operator(LOCAL_GET, frame);
        self.operator(CALL, self.shadow.grow);
        self.code.push(END);
        self.operator(LOCAL_GET, frame);
        self.code.extend_from_slice(&[I32_CONST, SLOT, I32_ADD]);
        self.operator(GLOBAL_SET, self.shadow.top);
    }

    /// Gives the slot back.
    fn leave(&mut self, frame: u32) {
        self.operator(LOCAL_GET, frame);
        self.operator(GLOBAL_SET, self.shadow.top);
    }

    /// Puts a number into the slot.
    fn record(&mut self, frame: u32, site: i32) {
        self.operator(LOCAL_GET, frame);
        self.store(site);
    }

    /// Takes a slot for good, and puts a number there.
    fn push(&mut self, site: i32) {
        self.operator(GLOBAL_GET, self.shadow.top);
        self.operator(CALL, self.shadow.grow);
        self.operator(GLOBAL_GET, self.shadow.top);
        self.store(site);
        self.operator(GLOBAL_GET, self.shadow.top);
        self.code.extend_from_slice(&[I32_CONST, SLOT, I32_ADD]);
        self.operator(GLOBAL_SET, self.shadow.top);
    }

    /// Stores a number at the address that was put on the stack.
    fn store(&mut self, site: i32) {
        self.code.push(I32_CONST);
        write_i32(&mut self.code, site);
        match self.shadow.memory {
            0 => self.code.extend_from_slice(&[I32_STORE, ALIGNED]),
            memory => {
                self.code
                    .extend_from_slice(&[I32_STORE, ALIGNED | WITH_MEMORY]);
                write_u32(&mut self.code, memory);
            }
        }
        self.code.push(0);
    }

    fn operator(&mut self, operator: u8, index: u32) {
        self.code.push(operator);
        write_u32(&mut self.code, index);
    }
}

/// The size of a slot, in bytes.
pub(super) const SLOT: u8 = 4;

// The operators that are written, by their bytes.
const BLOCK: u8 = 0x02;
const IF: u8 = 0x04;
const END: u8 = 0x0b;
const CALL: u8 = 0x10;
const LOCAL_GET: u8 = 0x20;
const LOCAL_TEE: u8 = 0x22;
const GLOBAL_GET: u8 = 0x23;
const GLOBAL_SET: u8 = 0x24;
const I32_STORE: u8 = 0x36;
const I32_CONST: u8 = 0x41;
const I32_GE_U: u8 = 0x4f;
const I32_ADD: u8 = 0x6a;

/// The type of a block without results.
pub(super) const NOTHING: u8 = 0x40;

/// The type i32.
pub(super) const I32: u8 = 0x7f;

/// An alignment of four bytes, and the bit that says that a memory's index follows.
const ALIGNED: u8 = 2;
const WITH_MEMORY: u8 = 1 << 6;
