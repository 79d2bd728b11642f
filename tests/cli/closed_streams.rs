//! Starts tinyrun with closed standard streams. No file may get their descriptors, and the other streams must work,
//! with and without `/dev/null`.

use crate::trial;
use anyhow::{Result, bail};
use libtest_mimic::{Completion, Trial};
use tinyrun_test_support::shell;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("closed_streams/all", || all_combinations("")),
        crate::ignorable_trial("closed_streams/without /dev/null", without_null),
    ]
}

/// Runs each combination without `/dev/null`, in a mount namespace.
fn without_null() -> Result<Completion> {
    let prefix =
        "unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none /dev && exec \"$@\"' sh";
    let probe = shell::run(&format!("{prefix} true"), shell::root());
    if probe.status != 0 {
        return Ok(Completion::ignored_with(
            "mount namespaces are not available",
        ));
    }
    all_combinations(prefix).map(|()| Completion::Completed)
}

fn all_combinations(prefix: &str) -> Result<()> {
    let folder = shell::root().join("testdata/run");
    for closed in 0..8 {
        let close = |bit: u32, redirection: &'static str| match closed >> bit & 1 {
            1 => redirection,
            _ => "",
        };
        let (input, output, error) = (close(0, "<&-"), close(1, ">&-"), close(2, "2>&-"));
        // If the trace's file had the descriptor of standard output, the trace would contain the program's output.
        let script = format!(
            "{{ {prefix} tinyrun --trace=$TMPDIR/trace --report $TMPDIR/report hello.wat {input} {output} {error}; }} \
             </dev/zero; echo $?; grep -c '^hello' $TMPDIR/trace; grep -c '\"status\":0' $TMPDIR/report"
        );
        let done = shell::run(&script, &folder);
        let hello = if output.is_empty() {
            "hello, world\n"
        } else {
            ""
        };
        if done.stdout != format!("{hello}0\n0\n1\n") || !done.stderr.is_empty() {
            bail!("{script}: {done:?}");
        }
    }
    Ok(())
}
