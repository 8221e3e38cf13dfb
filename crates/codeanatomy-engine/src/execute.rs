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

/// Runs a compiled spec to its end: blocking. The timeout is the shorter of `timeout_s` and the spec's.
pub fn execute(
    profile: &Profile,
    compiled: &Compiled,
    token: &CancelToken,
    timeout_s: Option<f64>,
    mut progress: impl FnMut(Value),
) -> Result<Value> {
    token.check()?;
    let limits = profile.limits(&compiled.validated.spec.runtime);
    let timeout_s = [timeout_s, compiled.validated.spec.runtime.timeout_s].into_iter().flatten().reduce(f64::min);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits.partitions)
        .thread_name("codeanatomy")
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .map_err(|error| {
            EngineError::new(&code::EXECUTION, format!("cannot start a runtime: {error}"), "free threads or memory", json!({}))
        })?;
    let (sender, receiver) = mpsc::channel();
    let gate = Arc::new(CommitGate::default());
    let inner = CancelToken::new();
    let events = sender.clone();
    // Nobody listens any more once a run was given up.
    let report: Progress = Arc::new(move |event| drop(events.send(Message::Event(event))));
    let handle = runtime.handle().clone();
    let work = (compiled.clone(), limits, inner.clone(), gate.clone(), report);
    std::thread::spawn(move || {
        let (compiled, limits, token, gate, report) = work;
        let outcome = catch_unwind(AssertUnwindSafe(|| handle.block_on(run(compiled, limits, token, gate, report))));
        let outcome = outcome.unwrap_or_else(|payload| Err(EngineError::panic(payload.as_ref(), "run")));
        drop(sender.send(Message::End(outcome)));
    });
    let outcome = wait(&receiver, &Watch { outer: token, inner: &inner, gate: &gate, timeout_s }, &mut progress);
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
