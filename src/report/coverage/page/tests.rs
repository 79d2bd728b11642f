#![allow(clippy::expect_used)]

use super::{PageFiles, ROW_BYTES, add_to, drawable, limit_source, parse};
use crate::insight::{Coverage, CoveredFile};
use crate::report::coverage::EncodedCoverage;

fn file(name: &str, text: Option<&str>, lines: &[(u32, u64)]) -> CoveredFile {
    CoveredFile {
        name: name.to_owned(),
        path: format!("/src/{name}").into(),
        text: text.map(str::to_owned),
        lines: lines.iter().copied().collect(),
        ..CoveredFile::default()
    }
}

fn add(existing: &[u8], files: &[CoveredFile]) -> EncodedCoverage {
    let existing = std::str::from_utf8(existing).expect("a page of text");
    let files = files.to_vec();
    add_to(existing, &Coverage { files }).expect("a page")
}

fn parsed(page: &[u8]) -> Vec<CoveredFile> {
    let page = std::str::from_utf8(page).expect("a page of text");
    parse::parse(page).expect("a page").into_values().collect()
}

/// Files with all kinds of lines and of text.
fn files() -> Vec<CoveredFile> {
    let greet = "package greet\n\nfunc Hello(n int, p *string) {\n\tif n < 1 && p != nil {\n\t\tprintln(\"<b>\")\n\t}\n\tprintln(n)\n}\n";
    let hostile = "\u{feff}a </style>\r\nb <script>alert(1)</script>\r\n\0 \u{1b}[1m \u{202e}txt\r\n</li></ol>\n";
    let greet_lines = [(3, 3), (4, 2), (5, 0), (7, 3)];
    vec![
        file("C:\\a b\\win dows.go", Some("x\n"), &[(1, 3)]),
        file("example.org/greet/greet.go", Some(greet), &greet_lines),
        file(
            "example.org/greet/name/gone.go",
            None,
            &[(7, 3), (9, 0), (11, 0)],
        ),
        file(
            "example.org/greet/short.go",
            Some("package greet\n"),
            &[(1, 3), (8, 0)],
        ),
        file(
            "no\"de\n</summary>\u{0}.go",
            Some(hostile),
            &[(2, 0), (4, 0)],
        ),
    ]
}

/// To look at the page, open the expected one in a browser.
#[test]
fn a_page_shows_packages_files_and_lines() {
    let page = add(b"", &files()).content;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/coverage/page.html");
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        std::fs::write(path, &page).expect("a writable file");
    }
    let expected = std::fs::read_to_string(path).expect("the expected page");
    assert_eq!(String::from_utf8(page).expect("text"), expected, "{path}");
}

#[test]
fn a_page_holds_what_it_shows() {
    let drawable: Vec<_> = files().iter().map(drawable).collect();
    let page = add(b"", &files()).content;
    assert_eq!(parsed(&page), drawable);
    let unchanged = add(&page, &[]);
    assert_eq!(unchanged.content, page);
    assert!(unchanged.outdated.is_empty());
}

#[test]
fn runs_add_up() {
    let text = Some("a\nb\n");
    let first = file("p/a.go", None, &[(1, 3), (2, 0)]);
    let second = file("p/a.go", text, &[(1, 2), (2, u64::MAX)]);
    let other = file("p/b.go", text, &[(2, 3)]);
    let page = add(b"", &[first, other.clone()]).content;
    let page = add(&page, &[second]).content;
    let both = file("p/a.go", text, &[(1, 5), (2, u64::MAX)]);
    assert_eq!(parsed(&page), [both, other]);
}

#[test]
fn a_line_is_left_out_if_the_sum_is_unknown() {
    let text = Some("a\nb\n");
    let page = add(b"", &[file("p/a.go", text, &[(1, 0), (2, 0)])]).content;
    let run = CoveredFile {
        functions: vec![1..=2],
        ..file("p/a.go", text, &[(1, 3)])
    };
    let page = add(&page, &[run]).content;
    assert_eq!(parsed(&page), [file("p/a.go", text, &[(1, 3)])]);
}

#[test]
fn counts_of_another_version_of_a_file_are_dropped() {
    let old = file("p/a.go", Some("a\nb\n"), &[(1, 3), (2, 3)]);
    let new = file("p/a.go", Some("a\nc\n"), &[(1, 2)]);
    let page = add(b"", &[old]).content;
    let added = add(&page, std::slice::from_ref(&new));
    assert_eq!(added.outdated, ["p/a.go"]);
    assert_eq!(parsed(&added.content), [new]);
}

#[test]
fn a_page_has_a_maximum_size() {
    let names = ["a.go", "b.go", "c.go"];
    let files = names.map(|name| file(name, Some("1234\n5678\n"), &[(1, 3)]));
    let mut files: PageFiles = files.map(|file| (file.name.clone(), file)).into();
    limit_source(&mut files, 2 * (10 + 2 * ROW_BYTES) + 1);
    let has_text: Vec<_> = files.values().map(|file| file.text.is_some()).collect();
    assert_eq!(has_text, [true, true, false]);
}

/// The size of a page is in proportion to its lines.
#[test]
fn a_file_can_have_100_000_lines() {
    const LINES: u32 = 100_000;
    let lines = (1..=LINES).map(|number| (number, u64::from(number % 2)));
    let lines: Vec<_> = lines.collect();
    let text = "x\n".repeat(LINES as usize);
    let page = add(b"", &[file("p/long.go", Some(&text), &lines)]).content;
    assert!(page.len() < 100 * LINES as usize, "{}", page.len());
    assert_eq!(add(&page, &[]).content, page);
}

#[test]
fn other_content_is_refused() {
    let page = String::from_utf8(add(b"", &files()).content).expect("text");
    for existing in [
        "mode: count\n",
        "<!DOCTYPE html>\n",
        "<!DOCTYPE html>\n<!-- other -->\n<p>a\n",
        &page.replace("Format 1", "Format 2"),
        &page.replace("<b>3</b>", "<b>x</b>"),
        &page.replace(" value=9", " value=x"),
        &page.replace(" data-path", ""),
    ] {
        let added = add_to(existing, &Coverage::default());
        assert!(added.is_err(), "{existing}");
    }
    let with_crlf = page.replace('\n', "\r\n");
    let added = add_to(&with_crlf, &Coverage::default()).expect("a page");
    assert_eq!(added.content, page.into_bytes());
}
