//! Formats a backtrace as text, as Go does: a line for each function, followed by one for its source line. Consecutive
//! frames of the runtime are summarized in one line, unless `BacktraceDepth::Runtime` is requested.

use super::go_panic;
use super::message::printable;
use crate::insight::{Backtrace, Frame, InlinedCode, Origin, Precision};
use crate::module::Line;
use std::fmt::Write as _;

/// The frames of a backtrace that are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BacktraceDepth {
    /// The frames of the program.
    #[default]
    Program,
    /// The frames of the program and the runtime.
    Runtime,
}

/// Formats a backtrace as indented lines. `cause` is that of a panic.
pub(super) fn text(backtrace: &Backtrace, depth: BacktraceDepth, cause: Option<&str>) -> String {
    let mut text = String::new();
    // The frames of the runtime since the last printed frame.
    let mut folded: Vec<&Frame> = Vec::new();
    let frames = &backtrace.frames;
    let elided_at = |at: usize| {
        let elided = backtrace.elided.filter(|elided| elided.before == at)?;
        Some(format!(
            "... {} more {}",
            elided.count,
            frames_noun(elided.count)
        ))
    };
    for (at, frame) in frames.iter().enumerate() {
        if let Some(elided) = elided_at(at) {
            write_runtime(&mut text, &mut folded);
            line(&mut text, &elided);
        }
        match (depth, frame.origin) {
            (BacktraceDepth::Program, Origin::Wrapper) => {}
            (BacktraceDepth::Program, Origin::GoStatement) => write_go_statement(&mut text, frame),
            (BacktraceDepth::Program, Origin::Runtime) => folded.push(frame),
            _ => {
                write_runtime(&mut text, &mut folded);
                write_frame(&mut text, frame);
            }
        }
        if let Some(repetition) = repetition(frames, at + 1) {
            write_runtime(&mut text, &mut folded);
            line(&mut text, &repetition);
        }
    }
    write_runtime(&mut text, &mut folded);
    if let Some(main_wait) = &backtrace.main_wait {
        line(&mut text, "no goroutine was running; main was waiting:");
        return text + &self::text(main_wait, depth, None);
    }
    if let Some(elided) = elided_at(frames.len()) {
        line(&mut text, &elided);
    }
    let idle = match (cause, backtrace.is_of_official_go) {
        (Some(go_panic::DEADLOCK), true) => {
            "no goroutine was running; Go's runtime has printed where they wait"
        }
        (Some(go_panic::DEADLOCK), false) => {
            "no goroutine was running; TinyGo does not record where waiting goroutines are"
        }
        (_, true) if !frames.is_empty() && backtrace.missing.is_none() => {
            "no goroutine of the program was running"
        }
        _ => "",
    };
    if backtrace.is_idle() && !idle.is_empty() {
        line(&mut text, idle);
    }
    match &backtrace.export {
        Some(export) => line(&mut text, &format!("exported as {}", printable(export))),
        None => line(&mut text, "the module's start function"),
    }
    text
}

/// Writes the position of the go statement that started a goroutine. The runtime starts the goroutine of `main`, which
/// has none.
fn write_go_statement(text: &mut String, frame: &Frame) {
    let Some(at) = &frame.line else { return };
    if frame.has_line() && !at.file.contains("/runtime/") {
        line(text, "started by a go statement");
        write_source_line(text, at, "");
    }
}

fn write_frame(text: &mut String, frame: &Frame) {
    let function = printable(&frame.function);
    let inlined = match &frame.inlined {
        Some(InlinedCode::Function(name)) => {
            format!(", which {} was inlined into", printable(name))
        }
        Some(InlinedCode::MainAndInit) => {
            ", which main.main and init functions were inlined into".to_owned()
        }
        None => String::new(),
    };
    line(text, &format!("{function}(...){inlined}"));
    if let Some(offset) = frame.offset {
        // Writing to a string does not fail.
        let _ = writeln!(text, "      offset {offset:#x} in the module");
    }
    let Some(at) = &frame.line else { return };
    write_source_line(
        text,
        at,
        match frame.precision {
            Precision::Exact => "",
            Precision::Nearby => " (or nearby)",
            Precision::OrLater => " (or later)",
        },
    );
}

fn write_source_line(text: &mut String, at: &Line, suffix: &str) {
    let file = printable(&at.file);
    let _ = match at.line {
        0 => writeln!(text, "      {file} (line not known)"),
        line => writeln!(text, "      {file}:{line}{suffix}"),
    };
}

/// Writes frames of the runtime as one line. If they are the innermost, the line has the function that the program
/// called.
fn write_runtime(text: &mut String, frames: &mut Vec<&Frame>) {
    let Some(called) = frames.last() else { return };
    match (text.is_empty(), frames.len()) {
        (true, _) => {
            let called = printable(&called.function);
            line(text, &format!("{called}(...), in the runtime"));
        }
        (false, count) => line(
            text,
            &format!("... {count} {} of the runtime", frames_noun(count as u64)),
        ),
    }
    frames.clear();
}

/// The line after the last frame of a recursion's cycle, with the number of further frames.
fn repetition(frames: &[Frame], end: usize) -> Option<String> {
    let last = frames.get(end - 1).filter(|frame| frame.count > 1)?;
    let same = |frame: &Frame| frame.count == last.count;
    if frames.get(end).is_some_and(same) {
        return None;
    }
    let cycle = frames[..end].iter().rev();
    let cycle = cycle.take_while(|frame| same(frame)).count() as u64;
    let more = (last.count - 1).saturating_mul(cycle);
    Some(format!("... {more} more {} like these", frames_noun(more)))
}

fn frames_noun(count: u64) -> &'static str {
    match count {
        1 => "frame",
        _ => "frames",
    }
}

fn line(text: &mut String, content: &str) {
    let _ = writeln!(text, "  {content}");
}
