//! Tests the regions of functions. `line N` is code of line N. `last N` is the line of the function's end.

#![allow(clippy::expect_used)]

use super::{FileLine, read};
use crate::module::CodeRow;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// The regions of a function as text: the lines of each.
fn regions(code: &str, declaration: Option<u32>) -> String {
    let (code, last) = code.split_once("last ").unwrap_or((code, "0"));
    let mut code = code.to_owned();
    for line in 1..=4 {
        code = code.replace(
            &format!("line {line}"),
            &format!("i32.const {line} global.set 0"),
        );
    }
    let text = format!("(module (global (mut i32) i32.const 0) (func $f (param i32) {code}))");
    let wasm = wat::parse_str(&text).expect("a module");
    let body = Parser::new(0)
        .parse_all(&wasm)
        .find_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => Some(body),
            _ => None,
        });
    let body = body.expect("a function");
    let operators = body.get_operators_reader().expect("operators");
    let declaration = declaration.map(file_line);
    let regions = read(operators, &rows(&body, last), declaration).expect("regions");
    let regions = regions.iter().map(|region| {
        let lines = region.lines.iter().map(|line| line.line.to_string());
        Vec::from_iter(lines).join(" ")
    });
    Vec::from_iter(regions).join(" | ")
}

/// A row for each constant that is not zero, and one at the end.
fn rows(body: &FunctionBody<'_>, last: &str) -> Vec<CodeRow> {
    let mut rows = Vec::new();
    let operators = body.get_operators_reader().expect("operators");
    for operator in operators.into_iter_with_offsets() {
        match operator.expect("an operator") {
            (Operator::I32Const { value: 0 }, _) => {}
            (Operator::I32Const { value }, offset) => rows.push(row(offset, value)),
            _ => {}
        }
    }
    match last.parse().expect("a number") {
        0 => {}
        last => rows.push(row(body.range().end - 1, last)),
    }
    rows
}

fn row(offset: usize, line: i32) -> CodeRow {
    CodeRow {
        address: offset as u32,
        line: Some(file_line(line.unsigned_abs())),
    }
}

fn file_line(line: u32) -> FileLine {
    FileLine { file: 0, line }
}

#[test]
fn regions_end_where_control_flow_forks_or_joins() {
    for (code, expected) in [
        ("line 1 line 2", "1 2"),
        ("line 1 call $f line 2", "1 | 2"),
        (
            "line 1 (if (local.get 0) (then line 2) (else line 3)) line 4",
            "1 4 | 2 | 3",
        ),
        (
            "line 1 (if (local.get 0) (then line 2 (return))) line 3",
            "1 | 2 | 3",
        ),
        (
            "line 1 (loop line 2 (br_if 0 (local.get 0)) line 3) line 4",
            "1 4 | 2 | 3",
        ),
        (
            "line 1 (block line 2 (br_if 0 (local.get 0)) line 3) line 4",
            "1 2 4 | 3",
        ),
        (
            "(block (block line 1 (br_if 1 (local.get 0)) line 2) line 3) line 4",
            "1 4 | 2 | 3",
        ),
        (
            "line 1 (block (br_table 0 0 (local.get 0)) line 2) line 3",
            "1 3",
        ),
        ("line 1 unreachable line 2", "1"),
    ] {
        assert_eq!(regions(code, None), expected, "{code}");
    }
}

#[test]
fn a_line_is_omitted_where_it_runs_at_most_as_often() {
    for (code, expected) in [
        ("line 1 (if (local.get 0) (then line 1)) line 2", "1 2"),
        ("line 1 (loop line 1 (br_if 0 (local.get 0)))", "1 | 1"),
        (
            "line 1 (if (local.get 0) (then line 2) (else line 2))",
            "1 | 2 | 2",
        ),
    ] {
        assert_eq!(regions(code, None), expected, "{code}");
    }
}

#[test]
fn a_declaration_begins_the_function() {
    let code = "line 1 (loop line 1 (br_if 0 (local.get 0))) line 2";
    assert_eq!(regions(code, Some(1)), "1 2");
}

#[test]
fn the_row_at_the_end_is_that_of_the_last_return() {
    for (code, expected) in [
        ("line 1 return last 5", "1 5"),
        ("line 1 (if (local.get 0) (then (return))) last 5", "1 | 5"),
        ("line 1 unreachable last 5", "1"),
    ] {
        assert_eq!(regions(code, None), expected, "{code}");
    }
}
