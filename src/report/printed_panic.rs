//! Finds the message of a panic at the end of a program's output, where the runtime of TinyGo or official Go prints it.
//!
//! TinyGo prints `panic: ` and the message, and traps: <https://github.com/tinygo-org/tinygo/blob/v0.34.0/src/runtime/panic.go>.
//! Official Go prints `panic: ` or `fatal error: `, indents further lines and further panics, and adds the call stacks:
//! <https://github.com/golang/go/blob/go1.24.0/src/runtime/panic.go>.

/// The words with which a message begins.
const PREFIXES: [&str; 2] = ["panic: ", FATAL];
const FATAL: &str = "fatal error: ";

/// The lines with which official Go continues after the message.
const GO_SECTIONS: [&str; 3] = ["\n\ngoroutine ", "\n\nruntime stack:", "\n[signal "];

/// What official Go adds to a panic during which another one began.
const GO_SUFFIXES: [&str; 2] = [" [recovered]", " [recovered, repanicked]"];

/// The message of a panic at the end of `output`, without prefix and indentation; `None` if there is none. The output
/// may begin in the middle of a line.
pub(super) fn message(output: &str) -> Option<String> {
    // Releases of TinyGo before 0.31 end lines in CR LF.
    let output = output.replace("\r\n", "\n");
    let printed = &output[start(&output)?..];
    let sections = GO_SECTIONS.iter();
    let end = sections.filter_map(|section| printed.find(section)).min();
    let Some(end) = end else {
        return Some(without_prefix(printed.trim_end_matches('\n')).to_owned());
    };
    let mut message = printed[..end].trim_end_matches('\n');
    for suffix in GO_SUFFIXES {
        message = message.strip_suffix(suffix).unwrap_or(message);
    }
    Some(without_prefix(message).replace("\n\t", "\n"))
}

/// Where the last message starts, prefix included. It is at the start of a line, unless the program left a line
/// unfinished.
fn start(output: &str) -> Option<usize> {
    let lines = output.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    let lines = Vec::from_iter(lines);
    let at_line_start = lines.iter().rev().find_map(|(start, line)| {
        let text = line.strip_prefix('\t').unwrap_or(line);
        let is_start = PREFIXES.iter().any(|prefix| text.starts_with(prefix));
        is_start.then_some(start + line.len() - text.len())
    });
    at_line_start.or_else(|| {
        lines.iter().rev().find_map(|(start, line)| {
            let places = PREFIXES.iter().filter_map(|prefix| line.find(prefix));
            Some(start + places.min()?)
        })
    })
}

/// Removes `panic: `. A fatal error is no panic, so its prefix stays.
fn without_prefix(message: &str) -> &str {
    message.strip_prefix(PREFIXES[0]).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::message;

    /// Outputs and the messages in them.
    const OUTPUTS: [(&str, Option<&str>); 19] = [
        ("", None),
        ("before\n", None),
        ("it did not panic: yet", Some("yet")),
        ("panic: on purpose\n", Some("on purpose")),
        ("panic: on purpose\r\n", Some("on purpose")),
        ("panic: \n", Some("")),
        (
            "before\npanic: custom 2\nsecond line\n",
            Some("custom 2\nsecond line"),
        ),
        (
            "progress ...panic: runtime error: index out of range\n",
            Some("runtime error: index out of range"),
        ),
        ("panic: inner panic: text\n", Some("inner panic: text")),
        ("panic: first\npanic: second\n", Some("second")),
        (
            "panic: custom 2\n\tsecond line\n\ngoroutine 1 [running]:\nmain.main()\n\t/boom.go:198 +0xff\n",
            Some("custom 2\nsecond line"),
        ),
        (
            "panic: runtime error: index out of range [3] with length 1\n\ngoroutine 1 [running]:\n",
            Some("runtime error: index out of range [3] with length 1"),
        ),
        (
            "panic: first [recovered]\n\tpanic: again: first\n\ngoroutine 1 [running]:\n",
            Some("again: first"),
        ),
        (
            "panic: first [recovered, repanicked]\n\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n",
            Some("first"),
        ),
        (
            "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x0 addr=0x0 pc=0x0]\n\ngoroutine 1 [running]:\n",
            Some("runtime error: invalid memory address or nil pointer dereference"),
        ),
        (
            "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.wait()\n",
            Some("fatal error: all goroutines are asleep - deadlock!"),
        ),
        (
            "runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n\nruntime stack:\n",
            Some("fatal error: stack overflow"),
        ),
        (
            "\ngoroutine 7 [running]:\nmain.log()\n\npanic: later\n\ngoroutine 1 [running]:\n",
            Some("later"),
        ),
        ("panic: x [recovered]\n", Some("x [recovered]")),
    ];

    #[test]
    fn message_is_found_in_the_output() {
        for (output, expected) in OUTPUTS {
            assert_eq!(message(output).as_deref(), expected, "{output:?}");
        }
    }
}
