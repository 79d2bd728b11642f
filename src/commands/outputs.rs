//! The files of `--report`, `--profile`, `--coverage`, `--trace`, `--results` and `--treemap`. They are opened before the
//! program runs, and must differ from each other and from all files that are read, so that none overwrites another.

use super::{coverage, guest_links};
use crate::call_expr::{CallExpr, FileArg};
use crate::cli::Run;
use crate::error::Error;
use crate::host::trace::{CallCounts, CallTimes, Trace, TraceTarget};
use crate::report::atomic_file::{FileIdentity, OutputFile, OutputKind, WrittenFile};
use std::path::Path;

/// The outputs that the options request.
#[derive(Default)]
pub(super) struct Outputs {
    /// The file of `--report`.
    pub(super) report: Option<OutputFile>,
    /// The file of `--profile`.
    pub(super) profile: Option<OutputFile>,
    /// The file of `--coverage`.
    pub(super) coverage: Option<OutputFile>,
    /// The trace for `--trace`.
    pub(super) trace: Option<Trace>,
    /// The file of `--results`.
    pub(super) results: Option<WrittenFile>,
    /// The counts of calls for `--stats`.
    pub(super) call_counts: Option<CallCounts>,
}

/// A file that no output may overwrite, and its description for messages.
type UsedFile = (FileIdentity, String);

impl Outputs {
    /// Opens the files. If one cannot be opened, no file is changed.
    ///
    /// # Errors
    ///
    /// `CommandLine` for each file that cannot be written or that the run also uses otherwise.
    pub(super) fn open(options: &Run) -> Result<Self, Vec<Error>> {
        let report = options.report.as_deref();
        let profile = options.profile.as_ref().map(|profile| &*profile.path);
        let coverage_path = options.coverage.as_ref().map(|coverage| &*coverage.path);
        let trace = options.trace.as_ref().and_then(Option::as_deref);
        let paths = [
            (report, OutputKind::Report),
            (profile, OutputKind::Profile),
            (coverage_path, OutputKind::Coverage),
            (trace, OutputKind::Trace),
            (options.results.as_deref(), OutputKind::Results),
        ];
        let (mut files, mut errors) = (Vec::new(), Vec::new());
        for (path, kind) in paths {
            let open = |path| {
                guest_links::refuse(path, kind.option(), options)?;
                OutputFile::open(path, kind)
            };
            match path.map(open) {
                Some(Ok(file)) => files.push(file),
                Some(Err(error)) => errors.push(error),
                None => {}
            }
        }
        errors.extend(collisions(&files, || inputs(options)));
        let mut coverages = files
            .iter()
            .filter(|file| file.kind() == OutputKind::Coverage);
        if let (Some(file), Some(requested), []) = (coverages.next(), &options.coverage, &*errors) {
            errors.extend(coverage::check(file, requested.format).err());
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut outputs = Self {
            call_counts: options.stats.then(CallCounts::default),
            ..Self::default()
        };
        let mut trace = options.trace.is_some().then_some(TraceTarget::Stderr);
        for file in files {
            match file.kind() {
                OutputKind::Report => outputs.report = Some(file),
                OutputKind::Profile => outputs.profile = Some(file),
                OutputKind::Coverage => outputs.coverage = Some(file),
                // An output of `inspect`.
                OutputKind::Treemap => {}
                OutputKind::Trace => trace = Some(file.into_target().map_err(|error| vec![error])?),
                OutputKind::Results => {
                    outputs.results = Some(WrittenFile::new(file).map_err(|error| vec![error])?);
                }
            }
        }
        let times = if options.verbose {
            CallTimes::Written
        } else {
            CallTimes::Omitted
        };
        outputs.trace = trace.map(|target| Trace::new(target, times));
        Ok(outputs)
    }
}

/// Opens the file of `--treemap` for the module at a path.
///
/// # Errors
///
/// `CommandLine` if it cannot be written, or is the module or a standard stream.
pub(super) fn open_treemap(path: &Path, module: &Path) -> Result<OutputFile, Error> {
    let file = OutputFile::open(path, OutputKind::Treemap)?;
    let files = [file];
    let collision = collisions(&files, || module_file(module).into_iter().collect()).pop();
    let [file] = files;
    collision.map_or(Ok(file), Err)
}

/// An error for each output that is also an input, a standard stream or another output.
fn collisions(files: &[OutputFile], inputs: impl Fn() -> Vec<UsedFile>) -> Vec<Error> {
    if files.is_empty() {
        return Vec::new();
    }
    let (inputs, streams) = (inputs(), standard_streams());
    let mut errors = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let Some(identity) = file.file_identity() else {
            continue;
        };
        // Several streams may write to one file, since each appends. A regular output file is replaced as a whole.
        let earlier = files[..index]
            .iter()
            .filter(|earlier| !(file.is_stream() && earlier.is_stream()))
            .filter_map(|earlier| {
                let description = format!("the file of {}", earlier.kind().option());
                Some((earlier.file_identity()?, description))
            });
        let streams = streams.iter().filter(|_| !file.is_stream()).cloned();
        let mut used = inputs.iter().cloned().chain(streams).chain(earlier);
        if let Some((_, description)) = used.find(|(used, _)| *used == identity) {
            let option = file.kind().option();
            let path = file.path().display();
            let error = Error::command_line(format!("{option} {path} is also {description}"));
            errors.push(error.hint(format!("name another file for {option}")));
        }
    }
    errors
}

/// The files that the run reads.
fn inputs(options: &Run) -> Vec<UsedFile> {
    let preloads = options.preloads.iter().map(|preload| {
        let description = format!("the module of --preload {}", preload.name);
        (preload.path.as_path(), description)
    });
    let env_files = options.env_files.iter();
    let env_files = env_files.map(|path| (path.as_path(), "the file of --env-file".to_owned()));
    let args = options.calls.iter().flat_map(CallExpr::files);
    let args = args.filter_map(|arg| match arg {
        FileArg::Path(path) => Some((path.as_path(), format!("an argument of --invoke, {arg}"))),
        FileArg::StandardInput => None,
    });
    let others = preloads.chain(env_files).chain(args);
    let others =
        others.filter_map(|(path, description)| Some((FileIdentity::at(path)?, description)));
    let module = module_file(options.module());
    module.into_iter().chain(others).collect()
}

/// The file with the module; `None` for standard input.
fn module_file(path: &Path) -> Option<UsedFile> {
    let path = Some(path).filter(|path| path.as_os_str() != "-")?;
    Some((FileIdentity::at(path)?, "the module".to_owned()))
}

/// The standard streams that are files.
fn standard_streams() -> Vec<UsedFile> {
    let streams = [
        (rustix::stdio::stdin(), "standard input"),
        (rustix::stdio::stdout(), "standard output"),
        (rustix::stdio::stderr(), "standard error"),
    ];
    streams
        .into_iter()
        .filter_map(|(stream, name)| Some((FileIdentity::of_open(stream)?, name.to_owned())))
        .collect()
}
