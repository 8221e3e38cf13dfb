//! A run seen from the thread that waits for it: its own Tokio runtime, the deadline, cancelling, giving up. It computes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cancel::CancelToken;
use crate::code;
use crate::compile::Compiled;
use crate::error::{EngineError, Result};
use crate::gate::CommitGate;
use crate::run::{Progress, run};
use crate::session::Profile;
use crate::trace::{Caller, Detail, Trace};

/// How often the waiting thread looks at the token; work itself looks at every batch.
const POLL: Duration = Duration::from_millis(10);
/// How long a stopped run may take to clean up before it is left to itself.
const GRACE: Duration = Duration::from_millis(1500);
/// Plans of deep views recurse.
const STACK: usize = 8 << 20;

enum Message {
    Event(Value),
    End(Result<Value>),
}

/// Runs a compiled spec to its end: blocking. What is to be told of its spans is an event too, if the caller has a trace. The timeout is
/// the shorter of `timeout_s` and the spec's.
pub fn execute(
    profile: &Profile,
    compiled: &Compiled,
    token: &CancelToken,
    timeout_s: Option<f64>,
    caller: &Caller,
    mut progress: impl FnMut(Value),
) -> Result<Value> {
    token.check()?;
    let limits = profile.limits(&compiled.validated.spec.runtime);
    let timeout_s = [timeout_s, compiled.validated.spec.runtime.timeout_s].into_iter().flatten().reduce(f64::min);
    let (sender, receiver) = mpsc::channel();
    let events = sender.clone();
    // Nobody listens any more once a run was given up.
    let report: Progress = Arc::new(move |event| drop(events.send(Message::Event(event))));
    let kept = caller.parent()?.is_some_and(|parent| parent.sampled);
    let detail = Detail::of(&compiled.validated.spec.runtime.tracing, kept);
    let trace = Trace::begin(&detail, caller, report.clone())?.map(Arc::new);
    let entered = trace.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(move || entered.iter().for_each(|trace| trace.enter()))
        .on_thread_stop(Trace::leave)
        .worker_threads(limits.partitions)
        .thread_name("codeanatomy")
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(|error| {
            EngineError::new(&code::EXECUTION, format!("cannot start a runtime: {error}"), "free threads or memory", json!({}))
        })?;
    let gate = Arc::new(CommitGate::default());
    let inner = CancelToken::new();
    let handle = runtime.handle().clone();
    let work = (compiled.clone(), limits, detail, inner.clone(), gate.clone(), report, trace.clone());
    std::thread::spawn(move || {
        let (compiled, limits, detail, token, gate, report, trace) = work;
        trace.iter().for_each(|trace| trace.enter());
        let outcome = catch_unwind(AssertUnwindSafe(|| handle.block_on(run(compiled, limits, detail, token, gate, report))));
        Trace::leave();
        let outcome = outcome.unwrap_or_else(|payload| Err(EngineError::panic(payload.as_ref(), "run")));
        drop(sender.send(Message::End(outcome)));
    });
    let outcome = wait(&receiver, &Watch { outer: token, inner: &inner, gate: &gate, timeout_s }, &mut progress);
    if let Some(trace) = &trace {
        // What was reported before comes first; the run may have ended while it still waited.
        let rest = trace.finish();
        let reported = receiver.try_iter().filter_map(|message| if let Message::Event(event) = message { Some(event) } else { None });
        reported.chain([rest]).for_each(&mut progress);
    }
    // A task that does not look at the token must not hold the caller: its thread ends by itself.
    runtime.shutdown_background();
    outcome
}

struct Watch<'a> {
    outer: &'a CancelToken,
    inner: &'a CancelToken,
    gate: &'a CommitGate,
    timeout_s: Option<f64>,
}

fn wait(receiver: &mpsc::Receiver<Message>, watch: &Watch<'_>, progress: &mut impl FnMut(Value)) -> Result<Value> {
    let deadline = watch.timeout_s.and_then(|seconds| Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?));
    let mut stopped: Option<(Instant, EngineError)> = None;
    loop {
        match receiver.recv_timeout(POLL) {
            Ok(Message::Event(event)) => progress(event),
            Ok(Message::End(Ok(result))) => return Ok(result),
            Ok(Message::End(Err(error))) => return Err(stopped.map_or(error, |(_, reason)| reason)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(EngineError::panic(&"the run ended without a result", "run")),
        }
        match &stopped {
            None => stopped = stop(watch, deadline).map(|reason| (Instant::now(), reason)),
            Some((since, reason)) if since.elapsed() > GRACE && watch.gate.abandon() => return Err(reason.clone()),
            Some(_) => {}
        }
    }
}

/// Sets the run's own token when the caller's is set or the time is over; the reason.
fn stop(watch: &Watch<'_>, deadline: Option<Instant>) -> Option<EngineError> {
    if let Err(error) = watch.outer.check() {
        watch.inner.cancel();
        return Some(error);
    }
    if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
        watch.inner.time_out();
        return Some(EngineError::timeout(watch.timeout_s));
    }
    None
}
