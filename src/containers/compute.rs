//! Heavy computations: what a container asks of the machine outside the core, and what that costs in virtual time.

use std::fmt;
use std::str::FromStr;

use super::programs::pi;
use crate::base::Duration;

/// One heavy computation. A closed set, so that a Web Worker can be handed it as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ComputeRequest {
    /// The first `digits` significant decimal digits of pi, rounded to nearest; 1 to `pi::MAX_DIGITS`.
    Bpi { digits: u32 },
}

/// `bpi 2000`: what a Web Worker is handed.
impl fmt::Display for ComputeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComputeRequest::Bpi { digits } => write!(f, "bpi {digits}"),
        }
    }
}

/// The text is no request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown computation")]
pub struct UnknownRequest;

impl FromStr for ComputeRequest {
    type Err = UnknownRequest;

    fn from_str(text: &str) -> Result<ComputeRequest, UnknownRequest> {
        let digits = text.strip_prefix("bpi ").and_then(|digits| digits.parse().ok());
        digits.map(|digits| ComputeRequest::Bpi { digits }).ok_or(UnknownRequest)
    }
}

pub type ComputationId = u32;

/// A computation that a process asks its host to start now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Computation {
    pub id: ComputationId,
    pub request: ComputeRequest,
}

/// Output text, or the words of a crash.
pub type ComputeResult = Result<String, String>;

/// Computes the answer here and now. Pure: the same request gives the same text on every machine.
pub fn run(request: &ComputeRequest) -> ComputeResult {
    match request {
        ComputeRequest::Bpi { digits } => pi::significant_digits(*digits),
    }
}

/// How long the computation takes in virtual time, whatever the real machine needs.
pub fn virtual_duration(request: &ComputeRequest) -> Duration {
    match request {
        ComputeRequest::Bpi { digits } => Duration::from_millis(bpi_millis(u64::from(*digits))),
    }
}

/// `Math::BigFloat->bpi` holds the first 1,000 digits in a table and starts the arithmetic-geometric mean above that;
/// its schoolbook arithmetic makes the time grow with the square of the digits. 2,000 digits take 6.4 seconds: with the
/// pod's start, the notice of its end and the Job controller's second of batching, the course's Jobs follow each other
/// about every eight seconds, as its tables show.
fn bpi_millis(digits: u64) -> i64 {
    const START_MILLIS: u64 = 60;
    const TABLE_DIGITS: u64 = 1_000;
    if digits <= TABLE_DIGITS {
        return START_MILLIS as i64;
    }
    let square = digits.saturating_mul(digits);
    (START_MILLIS + square.saturating_mul(6_340) / 4_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_their_text() {
        let request = ComputeRequest::Bpi { digits: 2_000 };
        assert_eq!(request.to_string().parse(), Ok(request));
        assert_eq!("bpi -1".parse::<ComputeRequest>(), Err(UnknownRequest));
    }

    #[test]
    fn two_thousand_digits_take_six_and_a_half_seconds() {
        let millis = |digits| virtual_duration(&ComputeRequest::Bpi { digits }).as_millis();
        assert_eq!(millis(2_000), 6_400);
        assert_eq!(millis(50), 60);
        assert!(millis(4_000) > 3 * millis(2_000));
    }
}
