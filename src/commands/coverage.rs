//! `--coverage`: selects the lines to count before the run, and adds their counts to the file after it.

use super::symbolizer::CounterValues;
use crate::cli::Run;
use crate::error::Error;
use crate::insight::{Coverage, PackagePattern, SourcePackages, SourceState};
use crate::module::{CodeLines, Compiler, Module, SourceFiles};
use crate::report::atomic_file::OutputFile;
use crate::report::{self, CoverageFormat};
use std::io;
use std::path::{Path, PathBuf};

/// The coverage that the command line requests.
#[derive(Clone, Debug)]
pub(super) struct CoverageRequest {
    patterns: Vec<PackagePattern>,
    current_dir: PathBuf,
}

/// The maximum number of packages or files in a message.
const MAX_LISTED: usize = 8;

impl CoverageRequest {
    /// The request of the command line, if there is one.
    pub(super) fn of(options: &Run) -> Option<Self> {
        options.coverage.as_ref()?;
        let current_dir = std::env::current_dir().unwrap_or_default();
        let patterns = options.coverage_packages.iter();
        let patterns = patterns.map(|pattern| PackagePattern::new(pattern, &current_dir));
        Some(Self {
            patterns: patterns.collect(),
            current_dir,
        })
    }

    /// The lines to count and the packages of their files. `None` after a warning if there are none.
    pub(super) fn sources(&self, module: &Module) -> Option<(CodeLines, SourcePackages)> {
        let Some(files) = SourceFiles::read(&module.wasm) else {
            warn_of_missing_lines(module);
            return None;
        };
        let packages = SourcePackages::find(&files, &self.current_dir);
        let lines = files.lines(&packages.select(&self.patterns));
        if lines.is_empty() {
            warn_of_missing_lines(module);
            return None;
        }
        if lines.has_known_lines() {
            if files.is_optimized {
                report::print_hint(&format!(
                    "{} was optimized, so coverage lacks lines and may show lines that ran as missed; build it with -opt=0",
                    module.name
                ));
            }
            return Some((lines, packages));
        }
        self.warn_of_missing_packages(module, &packages);
        None
    }

    fn warn_of_missing_packages(&self, module: &Module, packages: &SourcePackages) {
        let whose = if self.patterns.is_empty() {
            "of the program's own packages"
        } else {
            "of packages that --coverage-packages selects"
        };
        report::print_warning(&format!(
            "{} runs without --coverage: it has no lines {whose}",
            module.name
        ));
        let paths = packages.import_paths();
        let listed = &paths[..paths.len().min(MAX_LISTED)];
        if !listed.is_empty() {
            report::print_hint(&format!(
                "build it with -opt=0, or choose from {} with --coverage-packages",
                listed.join(", ")
            ));
        }
    }
}

fn warn_of_missing_lines(module: &Module) {
    report::print_warning(&format!(
        "{} runs without --coverage: it has no debug information with lines",
        module.name
    ));
    report::print_hint(match module.interface.compiler {
        Compiler::Go => {
            "official Go measures coverage itself: build the program with go build -cover, or use go test -cover"
        }
        Compiler::TinyGo | Compiler::Other => {
            "build it without -no-debug and -ldflags=-s, and do not strip it"
        }
    });
}

/// Adds the coverage of a run to a file. Prints a warning for files that have changed.
///
/// # Errors
///
/// `Runner` if the file cannot be read or written, or has other content.
pub(super) fn write(
    coverage: &Coverage,
    file: &OutputFile,
    format: CoverageFormat,
) -> Result<(), Error> {
    warn_of_sources(coverage);
    let mut outdated = Vec::new();
    file.update(|existing| {
        let added = report::add_coverage_to(existing, coverage, format);
        let added = added.map_err(io::Error::other)?;
        outdated = added.outdated;
        Ok(added.content)
    })?;
    for name in outdated {
        report::print_warning(&format!(
            "{} had counts for another version of {name}; they were dropped",
            file.path().display()
        ));
    }
    Ok(())
}

/// Warns of source files that have changed or are missing.
fn warn_of_sources(coverage: &Coverage) {
    let current = std::env::current_dir().unwrap_or_default();
    for (state, problem) in [
        (
            SourceState::Changed,
            "the source has changed since the module was built, so lines may be wrong",
        ),
        (SourceState::Missing, "cannot read the source"),
    ] {
        let files = coverage.files.iter().filter(|file| file.source == state);
        let shortened = |path: &Path| {
            let rest = path.strip_prefix(&current).unwrap_or(path);
            rest.display().to_string()
        };
        let paths = files.map(|file| shortened(&file.path));
        let mut paths = Vec::from_iter(paths.take(MAX_LISTED + 1));
        if let Some(last) = paths.get_mut(MAX_LISTED) {
            "...".clone_into(last);
        }
        if !paths.is_empty() {
            report::print_warning(&format!("{problem}: {}", paths.join(", ")));
        }
    }
}

/// Checks that coverage can be added to a file.
///
/// # Errors
///
/// `CommandLine` if the file cannot be read or has other content.
pub(super) fn check(file: &OutputFile, format: CoverageFormat) -> Result<(), Error> {
    let existing = file.content()?;
    let added = report::add_coverage_to(&existing, &Coverage::default(), format);
    added.map(drop).map_err(|cause| {
        let path = file.path().display();
        Error::command_line(format!("--coverage cannot add to {path}"))
            .caused_by(cause)
            .hint("remove the file, or name another one")
    })
}

/// Computes the coverage of a run.
pub(super) fn of_run(counters: &CounterValues) -> Coverage {
    let CounterValues {
        values,
        counters,
        packages,
    } = counters;
    Coverage::of_run(values, counters, packages)
}
