//! A backtrace in words, as Go writes one: a line for the function, and one for the place below it.
//! What is the runtime's own is one line, unless all of it is asked for.

use super::message::printable;
use crate::insight::{Backtrace, Frame, Origin, Precision};
use crate::module::Line;
use std::fmt::Write as _;

/// How much of a stack is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The program's own frames.
    #[default]
    Program,
    /// Those of the runtime as well.
    Runtime,
}

/// The words for a backtrace, each line indented below a message.
pub(super) fn in_words(backtrace: &Backtrace, depth: Depth) -> String {
    let mut text = String::new();
    // The runtime's frames that were not told yet.
    let mut folded: Vec<&Frame> = Vec::new();
    let frames = &backtrace.frames;
    let elided_at = |at: usize| {
        let elided = backtrace.elided.filter(|elided| elided.before == at)?;
        Some(format!("... {} more", frames_of(elided.count)))
    };
    for (at, frame) in frames.iter().enumerate() {
        if let Some(elided) = elided_at(at) {
            tell_runtime(&mut text, &mut folded);
            line(&mut text, &elided);
        }
        match (depth, frame.origin) {
            (Depth::Program, Origin::Wrapper) => tell_goroutine(&mut text, frame),
            (Depth::Program, Origin::Runtime) => folded.push(frame),
            _ => {
                tell_runtime(&mut text, &mut folded);
                tell_frame(&mut text, frame);
            }
        }
        if let Some(repetition) = repetition(frames, at + 1) {
            tell_runtime(&mut text, &mut folded);
            line(&mut text, &repetition);
        }
    }
    let is_idle = text.is_empty() && is_scheduler(frames);
    tell_runtime(&mut text, &mut folded);
    if let Some(elided) = elided_at(frames.len()) {
        line(&mut text, &elided);
    }
    if is_idle {
        line(
            &mut text,
            "no goroutine was running; TinyGo does not tell where those are that wait",
        );
    }
    match &backtrace.export {
        Some(export) => line(&mut text, &format!("exported as {}", printable(export))),
        None => line(&mut text, "the module's start function"),
    }
    text
}

/// Whether TinyGo's scheduler was looking for a goroutine to run.
fn is_scheduler(frames: &[Frame]) -> bool {
    frames
        .iter()
        .any(|frame| &*frame.function == "runtime.scheduler")
}

/// Tells where a goroutine was started, where it was not by the runtime, as `main` is.
fn tell_goroutine(text: &mut String, frame: &Frame) {
    let Some(at) = &frame.line else { return };
    let is_start = &*frame.function == GOROUTINE && !at.file.contains("/runtime/");
    if is_start && at.line > 0 {
        line(text, "started by a go statement");
        tell_place(text, at, "");
    }
}

/// What TinyGo calls the function with which a goroutine begins.
const GOROUTINE: &str = "<goroutine wrapper>";

fn tell_frame(text: &mut String, frame: &Frame) {
    line(text, &format!("{}(...)", printable(&frame.function)));
    if let Some(offset) = frame.offset {
        // Writing to a string does not fail.
        let _ = writeln!(text, "      code offset {offset:#x}");
    }
    let Some(at) = &frame.line else { return };
    tell_place(
        text,
        at,
        match frame.precision {
            Precision::Exact => "",
            Precision::Nearby => " (or nearby)",
            Precision::OrLater => " (or later)",
        },
    );
}

fn tell_place(text: &mut String, at: &Line, how: &str) {
    let file = printable(&at.file);
    let _ = match at.line {
        0 => writeln!(text, "      {file} (line not known)"),
        line => writeln!(text, "      {file}:{line}{how}"),
    };
}

/// Tells the runtime's frames as one. The innermost are those of a function that the program called.
fn tell_runtime(text: &mut String, frames: &mut Vec<&Frame>) {
    let Some(called) = frames.last() else { return };
    match (text.is_empty(), frames.len()) {
        (true, _) => {
            let called = printable(&called.function);
            line(text, &format!("{called}(...), in the runtime"));
        }
        (false, count) => line(
            text,
            &format!("... {} of the runtime", frames_of(count as u64)),
        ),
    }
    frames.clear();
}

/// What is to be said behind the last frame of a recursion's round: how often that occurs.
fn repetition(frames: &[Frame], end: usize) -> Option<String> {
    let last = frames.get(end - 1).filter(|frame| frame.count > 1)?;
    let same = |frame: &Frame| frame.count == last.count;
    if frames.get(end).is_some_and(same) {
        return None;
    }
    let round = frames[..end].iter().rev();
    let round = round.take_while(|frame| same(frame)).count() as u64;
    let more = frames_of((last.count - 1).saturating_mul(round));
    Some(format!("... {more} like these"))
}

fn frames_of(count: u64) -> String {
    match count {
        1 => "1 frame".to_owned(),
        more => format!("{more} frames"),
    }
}

fn line(text: &mut String, words: &str) {
    let _ = writeln!(text, "  {words}");
}
