//! Tests the statements that are found in Go source code.

use super::functions;

/// The functions as text: the lines of the statements in each block, with `*` after those that repeat.
fn described(text: &str) -> Option<Vec<String>> {
    let described = functions(text)?.into_iter().map(|function| {
        let blocks = function.blocks.iter().filter(|block| !block.is_empty());
        let blocks = blocks.map(|block| {
            let statements = block.iter().map(|statement| {
                let mark = if statement.repeats { "*" } else { "" };
                format!("{}{mark}", statement.lines.start())
            });
            Vec::from_iter(statements).join(" ")
        });
        let blocks = Vec::from_iter(blocks).join("|");
        format!(
            "{}-{}: {blocks}",
            function.lines.start(),
            function.lines.end()
        )
    });
    Some(described.collect())
}

#[test]
fn blocks_are_those_of_go() {
    for (body, expected) in [
        ("a()\nb()\nreturn c", "1-5: 2 3 4"),
        (
            "if a := b(); a {\nc()\n} else if d {\ne()\n} else {\nf()\n}\ng()",
            "1-10: 2|3|4|5|7|9",
        ),
        ("for i := range n {\na()\n}", "1-5: 2*|3"),
        (
            "switch a := b.(type) {\ncase int, []T:\nc()\ndefault:\nd()\n}",
            "1-8: 2|4|6",
        ),
        ("select {\ncase a := <-b:\nc()\ncase d <- e:\n}", "1-7: 2|4"),
        ("a:\nfor {\nbreak a\n}", "1-6: 2|3*|4"),
        ("a()\npanic(1)\nb()", "1-5: 2 3|4"),
        ("{\na()\n}\nb()", "1-6: 2|3|5"),
        ("a(\nb,\n)\nc()", "1-6: 2 5"),
        // Braces in types and literals.
        (
            "a := T{1}\nb := []T{{1}}\nvar c struct{ d int }",
            "1-5: 2 3 4",
        ),
        ("for _, a := range []int{1} {\nb()\n}", "1-5: 2*|3"),
        ("if a == (T{1}) {\nb()\n}", "1-5: 2|3"),
        ("switch map[int]T{}[a] {\ncase T{}:\n}", "1-5: 2"),
        (
            "var a func() interface{ b() }\nc := map[string]func(){}",
            "1-4: 2 3",
        ),
    ] {
        let text = format!("func a() {{\n{body}\n}}\n");
        assert_eq!(described(&text), Some(vec![expected.to_owned()]), "{body}");
    }
}

#[test]
fn function_literals_are_functions() {
    let text = "func (r *T) a[U any](b U) (c int, d error) {\ngo func() {\ne()\n}()\nf()\n}\n\
                var g = []func(){\nfunc() { h() },\n}\n";
    let expected = ["2-4: 3", "1-6: 2*|5", "8-8: 8"];
    assert_eq!(described(text), Some(expected.map(str::to_owned).to_vec()));
}

#[test]
fn other_text_is_refused() {
    for text in [
        "func a() {",
        "func a() }",
        "func a() { if }",
        "func a() { b) }",
        "package a\n//line b.y:3\n",
        "/*line b.y:3*/\n",
        &"(".repeat(100_000),
        &format!("func a() {{ {}", "{".repeat(100_000)),
        &format!("var a = {}", "[]".repeat(100_000)),
    ] {
        assert_eq!(described(text), None, "{}", &text[..text.len().min(40)]);
    }
}
