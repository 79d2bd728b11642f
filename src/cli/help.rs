//! The texts of `--help` that belong to no single option.

/// The order of the parts. MODULE and ARGS are one argument to clap, and two to everybody else.
pub const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

Arguments:
  MODULE     a .wasm or .wat file, or - for standard input
  [ARGS]...  what the program gets: everything after MODULE, untouched

{all-args}{after-help}";

/// What `-h` ends in.
pub const SHORT: &str = "`tinyrun --help` tells more, with examples and the exit statuses.";

/// What `--help` ends in.
pub const LONG: &str = "\
Examples:
  tinyrun hello.wasm                         run a program
  tinyrun cat.wasm -n notes.txt --squeeze    everything after MODULE is the program's
  tinyrun --dir .::/ --env HOME cat.wasm a   let it see this directory and one variable
  tinyrun --dir data::/data report.wasm      mount data/ as /data
  tinyrun --invoke add add.wasm 1 -2         call an export and print what it returns
  tinyrun --invoke 'upper(\"a\") -> string' --invoke 'add(1, 2)' text.wasm
  tinyrun --timeout 5s --max-memory 64MiB --fuel 1000000000 untrusted.wasm
  tinyrun --seed 1 --clock 2026-01-01T00:00:00Z game.wasm    the same run every time
  tinygo build -o /dev/stdout -target=wasip1 . | tinyrun -

Exit status:
  0 … 255  the program's own, from os.Exit
  0        main returned, or every call did
  2        the command line is wrong, or a call does not fit its export
           (official Go's panics exit with 2 as well)
  124      --timeout ran out
  125      tinyrun itself failed
  126      MODULE cannot be run
  127      MODULE was not found
  130, 143 interrupted by SIGINT, SIGTERM
  134      the program trapped, as a TinyGo program does after a panic
  141      standard output or standard error was closed by its reader
  152      --fuel ran out";
