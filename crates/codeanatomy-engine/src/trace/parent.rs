//! The caller's span, as W3C Trace Context writes it, and the caller's clock. Nothing is made up where it has none.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::code;
use crate::error::{EngineError, Result};

/// Whoever runs a spec: the span that the run stands in, and nanoseconds since 1970 by its own clock.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub traceparent: Option<String>,
    pub now_ns: Option<u64>,
}

/// The parts of a traceparent that a run needs.
#[derive(Debug, PartialEq)]
pub struct TraceParent {
    pub span_id: String,
    /// Whether the trace is kept.
    pub sampled: bool,
}

impl Caller {
    /// The caller's span; none where it has no trace.
    pub fn parent(&self) -> Result<Option<TraceParent>> {
        self.traceparent.as_deref().map(|text| parse(text).ok_or_else(|| refuse(text))).transpose()
    }

    /// A clock that goes on from the caller's, so that spans of both sides nest.
    pub fn clock(&self) -> Clock {
        let now = self.now_ns.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64));
        Clock { epoch: now, began: Instant::now() }
    }
}

/// Nanoseconds since 1970 that never go back.
pub struct Clock {
    epoch: u64,
    began: Instant,
}

impl Clock {
    pub fn now(&self) -> u64 {
        self.epoch + self.began.elapsed().as_nanos() as u64
    }
}

/// `version-traceid-spanid-flags`; later versions may append parts.
fn parse(text: &str) -> Option<TraceParent> {
    let mut parts = text.split('-');
    let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_id = |part: &str, length: usize| is_hex(part, length) && part.bytes().any(|byte| byte != b'0');
    let well_formed = is_hex(version, 2) && version != "ff" && is_id(trace_id, 32) && is_id(span_id, 16) && is_hex(flags, 2);
    if !well_formed || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    Some(TraceParent { span_id: span_id.to_owned(), sampled })
}

fn refuse(text: &str) -> EngineError {
    let hint = "pass 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, or none";
    EngineError::new(&code::TRACEPARENT, format!("{text:?} is no traceparent"), hint, json!({"traceparent": text}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_traceparent() {
        let parent = |sampled| Some(TraceParent { span_id: "b7ad6b7169203331".to_owned(), sampled });
        assert_eq!(parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), parent(true));
        assert_eq!(parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"), parent(false));
        assert_eq!(parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more"), parent(true));
        for wrong in [
            "",
            "00",
            "00-0-0-0",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"), None);
        assert_eq!(parse("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), None);
    }
}
