//! The man page, `completions/tinyrun.1`: generated here from the definition of the command line, so that the binary
//! does not contain the generator. TINYRUN_BLESS=1 rewrites it.

use crate::trial;
use anyhow::{Result, bail};
use clap_mangen::{Man, roff};
use libtest_mimic::Trial;
use std::fs;
use std::io;
use tinyrun::cli::{self, help};
use tinyrun_test_support::shell;

/// Sections that the help does not have. Indented blocks are printed unchanged.
const SECTIONS: [(&str, &str); 5] = [
    ("Environment", ENVIRONMENT),
    ("Bounds", BOUNDS),
    ("Output files", OUTPUT_FILES),
    ("Report", REPORT),
    ("Treemap", TREEMAP),
];

const ENVIRONMENT: &str = "\
The program sees none of these variables, and no other of tinyrun's variables, unless an option passes it on.

  TINYRUN_BACKTRACE=1  The same as --backtrace; 0, false, no and off are not
  RUST_LOG=debug       Log more than --verbose
  NO_COLOR=1           Print without colors";

const BOUNDS: &str = "\
Memory: the tables of a program have at most 1,048,576 elements in total. If element segments have more elements than the \
tables, each additional one counts as 40 bytes of memory. In one call, memories and tables can grow about 260,000 times.

Stack: TinyGo programs also have a stack in linear memory, of 64 KB unless `tinygo build -stack-size` sets it. A deeper \
recursion causes an out-of-bounds memory access.

Files: a path has less than 4,096 bytes. A read fills at most 1,024 buffers. A program can open as many files as the \
system allows a process (`ulimit -n`), minus 16 and the files that tinyrun inherited. All open directories of a mount \
have about a million positions for telldir in total.

Names: a name that is not UTF-8 is left out of a listing, and -v logs it. A symbolic link with an absolute target cannot \
be created, and is followed only in a mount named `/`, from the root of the mount. A file with a hard link outside of \
the mount, or in a second mount of the same directory, is the same file under both names. If you mount `/` or `/proc`, the program \
can reach processes, including tinyrun.

Times: a time before 1970 is passed as a negative number, as Go interprets it. For C libraries it is a time in the far \
future. Times before 1677 or after 2262 are passed as the nearest time in this range.

Modules: components, modules with 64-bit memories, threads and exceptions are refused. SIMD works.

Output: the outcome is printed first. A call stack or a profile that takes longer than five seconds to create is \
omitted, with a message.";

const OUTPUT_FILES: &str = "\
The files of --report, --profile and --trace are opened before the program runs. If one cannot be written, \
or if it is also the module, another input or another output, the exit status is 2. Links are resolved at that time, so \
the program cannot redirect an output. A link that leads out of a writable mount is refused.

A report or a profile replaces its file as a whole. A file that is a mount point itself, or is in a directory without \
write permission, is overwritten in place. /dev/stdout, /dev/stderr and /dev/fd/N are streams that tinyrun inherited. A \
named pipe is written only if a process opens it for reading within one second.

A command line that cannot be parsed writes no report.";

const REPORT: &str = "\
--report writes one JSON object:

  outcome            One of:
                       returned     main or all calls returned
                       exited       the program exited
                       trapped      the program trapped
                       out-of-fuel  --fuel was exhausted
                       timed-out    --timeout expired
                       interrupted  a signal ended the run
                       broken-pipe  the reader of an output stream closed it
                       failed       the command line, the module or tinyrun
  status             The exit status
  results            One object for each call that returned:
    call               The call
    values             Its results, each with `type` and `value`
  error              null, or an object:
    message            The message that was printed, with a line for each cause
    trap               null, or one of: unreachable, memory-out-of-bounds,
                       table-out-of-bounds, null-call, type-mismatch,
                       division-by-zero, integer-overflow, bad-conversion,
                       stack-overflow, too-many-growths, other
    backtrace          The frames, innermost first, if --backtrace is given:
      function           The Go name
      file               The file, or null if it is unknown
      line, column       The position, or null if it is unknown
      approximate        true if the line is inexact; otherwise missing
      count              The number of repetitions; missing for 1
    main_wait          If no goroutine runs, the frames where main waits, if known
  duration_seconds   The time since the process started
  fuel_used          The fuel used, or null if it was not measured
  peak_memory_bytes  The largest size of all linear memories together
  stats              With --stats:
    load_seconds       The time for loading
    start_seconds      The time for starting the runtime before calls, or null
    run_seconds        The time for running, or null
    final_memory_bytes The size of all memories at the end
    memory_growths     The number of memory growths
    memory_refusals    The number of refused growths
    garbage_collections
                       The number of garbage collections, or null if not counted
    calls              One object for each imported function that was called:
                       function, calls, failed, bytes, seconds

Integers beyond 2^53, infinities and nan are strings.";

const TREEMAP: &str = "\
`tinyrun inspect --treemap FILE.svg` draws all bytes of a module: functions and variables in their packages, the rest of \
each data segment, debug information and other sections. FILE is opened before the module is read, and replaced as a \
whole.

Functions that are too small to be seen are drawn as one part. The full name and the size of a part appear when the pointer is \
over it. Variables are known only if the module has debug information.";

pub fn trials() -> Vec<Trial> {
    vec![trial("man", check)]
}

fn check() -> Result<()> {
    let path = shell::root().join("completions/tinyrun.1");
    let generated = page()?;
    if std::env::var_os("TINYRUN_BLESS").is_some() {
        fs::write(&path, &generated)?;
    }
    if fs::read(&path).unwrap_or_default() != generated {
        bail!("completions/tinyrun.1 is stale: run the test with TINYRUN_BLESS=1");
    }
    Ok(())
}

/// Generates the page. It has no date, so that it changes only with its content.
fn page() -> io::Result<Vec<u8>> {
    let man = Man::new(cli::command())
        .date(" ")
        .source(concat!("tinyrun ", env!("CARGO_PKG_VERSION")));
    let (arguments, examples_and_statuses): (Vec<_>, Vec<_>) = [help::TEMPLATE, help::LONG]
        .iter()
        .flat_map(|text| text.split("\n\n"))
        .filter_map(|part| part.split_once(":\n"))
        .partition(|(title, _)| *title == "Arguments");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    for (title, text) in arguments {
        write_section(title, text, &mut page)?;
    }
    man.render_options_section(&mut page)?;
    for (title, text) in examples_and_statuses.into_iter().chain(SECTIONS) {
        write_section(title, text, &mut page)?;
    }
    Ok(page)
}

fn write_section(title: &str, text: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let mut section = roff::Roff::new();
    section.control("SH", [&*title.to_uppercase()]);
    for block in text.split("\n\n") {
        section.control("PP", []);
        if block.starts_with("  ") {
            section.control("nf", []);
        }
        for line in block.lines() {
            section.text([roff::roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        if block.starts_with("  ") {
            section.control("fi", []);
        }
    }
    section.to_writer(page)
}
