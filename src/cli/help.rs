//! The parts of `--help` that belong to no single option.

/// The layout. For clap, MODULE and ARGS are one argument, so their description is here.
pub const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

Arguments:
  MODULE     A .wasm or .wat file, or - for standard input
  [ARGS]...  The program's arguments: everything after MODULE, unchanged

{all-args}{after-help}";

/// The end of `-h`.
pub const SHORT: &str = "Use --help for more about each option, examples and exit statuses.";

/// The end of `--help`.
pub const LONG: &str = "\
Examples:
  tinyrun hello.wasm                         Run a program
  tinyrun cat.wasm -n notes.txt --squeeze    Pass everything after MODULE to the program
  tinyrun --dir .::/ --env HOME cat.wasm a   Give it this directory and one variable
  tinyrun --dir data::/data report.wasm      Mount data/ as /data
  tinyrun --invoke add add.wasm 1 -2         Call an export and print its result
  tinyrun --invoke 'upper(\"a\") -> string' --invoke 'add(1, 2)' text.wasm
  tinyrun --timeout 5s --max-memory 64MiB --fuel 1000000000 untrusted.wasm
  tinyrun --seed 1 --clock 2026-01-01T00:00:00Z game.wasm    Repeat a run exactly
  tinygo build -o /dev/stdout -target=wasip1 . | tinyrun -

Exit status:
  0-255    The program's own, from os.Exit
  0        main or all calls returned
  2        The command line is invalid, or a call does not match its export
           (a panic in a program built with official Go also exits with 2)
  124      --timeout expired
  125      tinyrun itself failed
  126      MODULE cannot be run
  127      MODULE was not found
  129, 130 Interrupted by SIGHUP or SIGINT
  131, 143 Interrupted by SIGQUIT or SIGTERM
  134      The program trapped, as a TinyGo program does after a panic
  141      The reader of standard output or standard error closed it
  152      --fuel was exhausted";
