//! The world's clock: read it, move it ahead, let it run faster.

use std::time::Duration;

use ironbird_rig::World;
use serde::{Deserialize, Serialize};

use super::{Problem, written};

/// Furthest step in one request: ten years.
const MOST_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Fastest rate, in world seconds per host second.
const MOST_RATE: f64 = 1_000_000.0;

/// How the clock stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockState {
    /// Time in the world.
    pub now: String,
    /// World seconds per host second.
    pub rate: f64,
    /// When the next timer is due; none where nothing waits.
    pub next_timer: Option<String>,
}

/// The body of `POST clock/advance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// World seconds to go ahead.
    pub seconds: f64,
}

/// The body of `POST clock/rate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRate {
    /// World seconds per host second; 0 stands still.
    pub rate: f64,
}

/// How the clock stands.
pub fn show(world: &World) -> ClockState {
    ClockState {
        now: written(world.clock().now()),
        rate: world.clock().rate().unwrap_or(0.0),
        next_timer: world.next_due().map(written),
    }
}

/// Moves the clock ahead; timers due on the way have run when this returns.
pub(super) fn advance(world: &World, step: &Advance) -> Result<ClockState, Problem> {
    let Advance { seconds } = *step;
    if !(0.0..=MOST_SECONDS).contains(&seconds) {
        return Err(Problem::invalid(format!(
            "seconds {seconds} is not between 0 and {MOST_SECONDS}; time only goes ahead, ten years at most in one step"
        )));
    }
    world.advance(Duration::from_secs_f64(seconds))?;
    Ok(show(world))
}

/// Lets the clock run at another rate.
pub(super) fn set_rate(world: &World, step: &SetRate) -> Result<ClockState, Problem> {
    let SetRate { rate } = *step;
    if !(0.0..=MOST_RATE).contains(&rate) {
        return Err(Problem::invalid(format!(
            "rate {rate} is not between 0 (stand still) and {MOST_RATE} world seconds per second"
        )));
    }
    world.set_rate(rate)?;
    Ok(show(world))
}
