//! The report: the outcome of a run as one JSON object, for other programs.

use super::message::{RunContext, printable_lines};
use super::outcome_error::{outcome_error, trap_id};
use super::{ExitStatus, Stats, results};
use crate::error::Error;
use crate::guest::{
    ElementValue, InvocationResult, Number, Outcome, ResultValue, SliceValue, Value as Wasm,
};
use crate::host::trace::CallCount;
use crate::insight::{Backtrace, Precision};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use std::time::Duration;

/// The resources that a run used.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// The time from the start of the process to the outcome.
    pub duration: Duration,
    /// The fuel used, if it was counted.
    pub fuel_used: Option<u64>,
    /// The peak size of all linear memories together, in bytes.
    pub peak_memory: u64,
    /// The statistics, if requested.
    pub stats: Option<Stats>,
}

#[derive(Serialize)]
struct Report<'a> {
    outcome: &'static str,
    status: i32,
    results: Vec<ReportedCall<'a>>,
    error: Option<ReportedError<'a>>,
    duration_seconds: f64,
    fuel_used: Option<Json>,
    peak_memory_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<ReportedStats>,
}

#[derive(Serialize)]
struct ReportedStats {
    load_seconds: f64,
    start_seconds: Option<f64>,
    run_seconds: Option<f64>,
    final_memory_bytes: u64,
    memory_growths: u64,
    memory_refusals: u64,
    garbage_collections: Option<u32>,
    calls: Vec<ReportedCount>,
}

#[derive(Serialize)]
struct ReportedCount {
    function: String,
    calls: u64,
    failed: u64,
    bytes: Json,
    seconds: f64,
}

#[derive(Serialize)]
struct ReportedCall<'a> {
    call: &'a str,
    values: Vec<ReportedValue<'a>>,
}

#[derive(Serialize)]
struct ReportedValue<'a> {
    r#type: String,
    value: ReportedContent<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ReportedContent<'a> {
    Json(Json),
    #[serde(serialize_with = "serialize_slice")]
    Slice(&'a SliceValue),
}

#[derive(Serialize)]
struct ReportedError<'a> {
    message: String,
    trap: Option<&'static str>,
    backtrace: Vec<ReportedFrame<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    main_wait: Vec<ReportedFrame<'a>>,
}

#[derive(Serialize)]
struct ReportedFrame<'a> {
    function: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    /// True if the line is not exact.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    approximate: bool,
    /// The number of repetitions in a recursion.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

/// Encodes the report of a run.
///
/// # Errors
///
/// `Runner` if it cannot be encoded.
pub fn encode(
    outcome: &Outcome,
    backtrace: Option<&Backtrace>,
    results: &[InvocationResult],
    context: &RunContext,
    usage: Usage,
) -> Result<Vec<u8>, Error> {
    let report = report(outcome, backtrace, results, context, usage);
    let mut text = serde_json::to_vec(&report)
        .map_err(|error| Error::runner("cannot encode the report").caused_by(error))?;
    text.push(b'\n');
    Ok(text)
}

fn report<'a>(
    outcome: &Outcome,
    backtrace: Option<&'a Backtrace>,
    results: &'a [InvocationResult],
    context: &RunContext,
    usage: Usage,
) -> Report<'a> {
    let calls = results.iter().map(|result| ReportedCall {
        call: &result.call,
        values: result.results.iter().flat_map(values).collect(),
    });
    let error = outcome_error(outcome, backtrace, context).map(|error| ReportedError {
        message: printable_lines(&error).join("\n"),
        trap: match outcome {
            Outcome::Trapped(trap) => Some(trap_id(&trap.kind)),
            _ => None,
        },
        backtrace: backtrace.map(stack).unwrap_or_default(),
        main_wait: backtrace
            .and_then(|backtrace| backtrace.main_wait.as_deref())
            .map(stack)
            .unwrap_or_default(),
    });
    Report {
        outcome: name(outcome),
        status: ExitStatus::of(outcome).code(),
        results: calls.collect(),
        error,
        duration_seconds: usage.duration.as_secs_f64(),
        fuel_used: usage.fuel_used.map(|fuel| integer(i128::from(fuel))),
        peak_memory_bytes: usage.peak_memory,
        stats: usage.stats.map(reported_stats),
    }
}

fn reported_stats(stats: Stats) -> ReportedStats {
    let count = |count: CallCount| ReportedCount {
        function: count.function,
        calls: count.calls,
        failed: count.failed,
        bytes: integer(i128::from(count.bytes)),
        seconds: count.time.as_secs_f64(),
    };
    ReportedStats {
        load_seconds: stats.phases.load.as_secs_f64(),
        start_seconds: stats.phases.start.map(|time| time.as_secs_f64()),
        run_seconds: stats.phases.run.map(|time| time.as_secs_f64()),
        final_memory_bytes: stats.final_memory,
        memory_growths: stats.growths,
        memory_refusals: stats.refusals,
        garbage_collections: stats.collections,
        calls: stats.calls.into_iter().map(count).collect(),
    }
}

/// The frames of a backtrace. Unknown files, lines and columns are null.
fn stack(backtrace: &Backtrace) -> Vec<ReportedFrame<'_>> {
    let if_known = |number: u32| (number > 0).then_some(number);
    let frames = backtrace.frames.iter().map(|frame| {
        let line = frame.line.as_ref();
        ReportedFrame {
            function: &frame.function,
            file: line.map(|line| &*line.file),
            line: line.and_then(|line| if_known(line.line)),
            column: line.and_then(|line| if_known(line.column)),
            approximate: frame.precision != Precision::Exact && line.is_some(),
            count: (frame.count > 1).then_some(frame.count),
        }
    });
    frames.collect()
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Returned => "returned",
        Outcome::Exited(_) | Outcome::ExitedBeforeCall { .. } => "exited",
        Outcome::Trapped(_) => "trapped",
        Outcome::OutOfFuel => "out-of-fuel",
        Outcome::TimedOut => "timed-out",
        Outcome::Interrupted(_) => "interrupted",
        Outcome::BrokenPipe => "broken-pipe",
        Outcome::Failed(_) => "failed",
    }
}

/// The values of a result: several for a tuple.
fn values(result: &ResultValue) -> Vec<ReportedValue<'_>> {
    match result {
        ResultValue::Tuple(fields) => fields.iter().flat_map(values).collect(),
        single => vec![value(single)],
    }
}

fn value(result: &ResultValue) -> ReportedValue<'_> {
    let content = match result {
        ResultValue::Wasm(value) => wasm_value(value, result),
        ResultValue::Number(_, number) => number_json(*number),
        ResultValue::Slice(slice) => {
            return ReportedValue {
                r#type: format!("[]{}", slice.element()),
                value: ReportedContent::Slice(slice),
            };
        }
        other => Json::from(results::text(other)),
    };
    ReportedValue {
        r#type: type_name(result).to_owned(),
        value: ReportedContent::Json(content),
    }
}

fn type_name(result: &ResultValue) -> &'static str {
    match result {
        ResultValue::Wasm(value) => match value {
            Wasm::I32(_) => "i32",
            Wasm::I64(_) => "i64",
            Wasm::F32(_) => "f32",
            Wasm::F64(_) => "f64",
            Wasm::V128(_) => "v128",
            Wasm::FuncRef(_) => "funcref",
            Wasm::ExternRef(_) => "externref",
        },
        ResultValue::Number(name, _) => name,
        ResultValue::Hex(_) => "hex",
        ResultValue::Text(_) => "string",
        ResultValue::Bytes(_) => "bytes",
        ResultValue::Slice(_) => "slice",
        ResultValue::Tuple(_) => "tuple",
    }
}

fn wasm_value(value: &Wasm, result: &ResultValue) -> Json {
    match *value {
        Wasm::I32(value) => integer(i128::from(value)),
        Wasm::I64(value) => integer(i128::from(value)),
        Wasm::F32(value) => number_json(Number::Float32(value)),
        Wasm::F64(value) => number_json(Number::Float64(value)),
        _ => Json::from(results::text(result)),
    }
}

/// Encodes a number as a JSON number, or as a string if JSON has no number for it, as for infinity.
fn number_json(number: Number) -> Json {
    let finite = match number {
        Number::Bool(value) => return Json::from(value),
        Number::Integer(value) => return integer(value),
        // Converted through text, so that 0.1 remains 0.1.
        Number::Float32(value) => value.to_string().parse().unwrap_or(f64::NAN),
        Number::Float64(value) => value,
    };
    if finite.is_finite() {
        Json::from(finite)
    } else {
        Json::from(results::number_text(number))
    }
}

/// Encodes the elements one by one: all of them as JSON values would take many times the memory of the slice.
fn serialize_slice<S: Serializer>(slice: &SliceValue, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(slice.elements().map(|element| match element {
        ElementValue::Number(number) => number_json(number),
        ElementValue::Text(text) => Json::from(String::from_utf8_lossy(text)),
    }))
}

/// Encodes an integer as a number, or as a string of digits if a double cannot represent it exactly.
fn integer(value: i128) -> Json {
    const MAX_SAFE_INTEGER: i128 = 1 << 53;
    match i64::try_from(value) {
        Ok(small) if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&value) => Json::from(small),
        _ => Json::from(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{integer, wasm_value};
    use crate::guest::{ResultValue, Value};

    #[test]
    fn numbers_keep_their_digits() {
        for (number, json) in [
            (3, "3"),
            (-1, "-1"),
            (1 << 53, "9007199254740992"),
            ((1 << 53) + 1, "\"9007199254740993\""),
            (i128::from(u64::MAX), "\"18446744073709551615\""),
        ] {
            assert_eq!(integer(number).to_string(), json);
        }
        for (number, json) in [
            (Value::F32(0.1), "0.1"),
            (Value::F64(1.5), "1.5"),
            (Value::F64(f64::NAN), "\"nan\""),
            (Value::F64(f64::NEG_INFINITY), "\"-inf\""),
        ] {
            let encoded = wasm_value(&number, &ResultValue::Wasm(number));
            assert_eq!(encoded.to_string(), json);
        }
    }
}
