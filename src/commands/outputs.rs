//! The files that a run writes besides the program's own output, opened before anything of the program
//! runs. They are checked against what is read and against each other, so that none destroys another.

use super::guest_links;
use crate::cli::Run;
use crate::cli::invoke::{CallArg, CallArgs};
use crate::error::Error;
use crate::host::watch::{Target, Timing, Trace};
use crate::report::output::{Contents, Identity, OutputFile, identity_of, identity_of_stream};
use std::path::Path;

/// The files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub(super) report: Option<OutputFile>,
    pub(super) profile: Option<OutputFile>,
    pub(super) trace: Option<Trace>,
}

/// A file that no output may replace, with what messages call it.
type Taken = (Identity, String);

impl Outputs {
    /// Opens them. Where one fails, none is changed.
    ///
    /// # Errors
    ///
    /// `CommandLine` for each that cannot be written, or would destroy another file of the run.
    pub(super) fn open(options: &Run) -> Result<Self, Vec<Error>> {
        let asked = [
            (options.report.as_deref(), Contents::Report),
            (
                options.profile.as_ref().map(|to| &*to.path),
                Contents::Profile,
            ),
            (
                options.trace.as_ref().and_then(Option::as_deref),
                Contents::Trace,
            ),
        ];
        let (mut files, mut failures) = (Vec::new(), Vec::new());
        for (path, contents) in asked {
            let open = |path| {
                guest_links::refuse(path, contents.option(), options)?;
                OutputFile::open(path, contents)
            };
            match path.map(open) {
                Some(Ok(file)) => files.push(file),
                Some(Err(failure)) => failures.push(failure),
                None => {}
            }
        }
        failures.extend(collisions(&files, options));
        if !failures.is_empty() {
            return Err(failures);
        }
        let mut outputs = Self::default();
        let mut trace = options.trace.is_some().then_some(Target::Error);
        for file in files {
            match file.contents() {
                Contents::Report => outputs.report = Some(file),
                Contents::Profile => outputs.profile = Some(file),
                Contents::Trace => trace = Some(file.into_target().map_err(|error| vec![error])?),
            }
        }
        let timing = match options.verbose {
            true => Timing::Shown,
            false => Timing::Hidden,
        };
        outputs.trace = trace.map(|target| Trace::new(target, timing));
        Ok(outputs)
    }
}

/// The outputs that are also an input, a standard stream or another output.
fn collisions(files: &[OutputFile], options: &Run) -> Vec<Error> {
    if files.is_empty() {
        return Vec::new();
    }
    let inputs = inputs(options);
    let streams = streams();
    let mut others: Vec<(bool, Taken)> = Vec::new();
    let mut failures = Vec::new();
    for file in files {
        let Some(identity) = file.identity() else {
            continue;
        };
        // A stream adds to what other streams write there; a file is replaced.
        let is_stream = file.is_stream();
        let files = others
            .iter()
            .filter(|(is_other_stream, _)| !(is_stream && *is_other_stream));
        let streams = streams.iter().filter(|_| !is_stream);
        let mut taken = inputs
            .iter()
            .chain(streams)
            .chain(files.map(|(_, taken)| taken));
        let option = file.contents().option();
        if let Some((_, name)) = taken.find(|(taken, _)| *taken == identity) {
            let path = file.path().display();
            let failure = Error::command_line(format!("{option} {path} is also {name}"));
            failures.push(failure.hint(format!("name another file for {option}")));
        }
        others.push((is_stream, (identity, format!("the file of {option}"))));
    }
    failures
}

/// The files that the run reads.
fn inputs(options: &Run) -> Vec<Taken> {
    let module = Some(options.module()).filter(|path| *path != "-");
    let module = module.map(|path| (path, "the module".to_owned()));
    let preloads = options.preloads.iter();
    let preloads = preloads.map(|preload| {
        (
            &*preload.path,
            format!("the module of --preload {}", preload.name),
        )
    });
    let variables = options.env_files.iter();
    let variables = variables.map(|path| (&**path, "the file of --env-file".to_owned()));
    let arguments = options.calls.iter().flat_map(|call| match &call.args {
        CallArgs::Listed(args) => args.as_slice(),
        CallArgs::Words => &[],
    });
    let arguments = arguments.filter_map(|argument| match argument {
        CallArg::File(path) => Some((
            &**path,
            format!("an argument of --invoke, @{}", path.display()),
        )),
        _ => None,
    });
    let all = module
        .into_iter()
        .chain(preloads)
        .chain(variables)
        .chain(arguments);
    all.filter_map(|(path, name): (&Path, _)| Some((identity_of(path)?, name)))
        .collect()
}

/// The standard streams that are files.
fn streams() -> Vec<Taken> {
    let streams = [
        (rustix::stdio::stdin(), "standard input"),
        (rustix::stdio::stdout(), "standard output"),
        (rustix::stdio::stderr(), "standard error"),
    ];
    let streams = streams.into_iter();
    streams
        .filter_map(|(stream, name)| Some((identity_of_stream(stream)?, name.to_owned())))
        .collect()
}
