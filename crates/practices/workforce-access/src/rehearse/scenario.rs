//! What a rehearsal is made of, as its user may set it, and what is wrong with a setting.

pub use ironbird_cloud::rehearsal::Problem;
use ironbird_cloud::rehearsal::{in_range, read, region};
use ironbird_rig::account::Region;
use serde::{Deserialize, Serialize};

/// A scenario: accounts, a policy that changes, somebody who leaves, and what is to hold. Times are minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Root of all randomness.
    pub seed: u64,
    /// Region: `us-east-1`.
    pub region: String,
    /// Member accounts in which people work.
    pub accounts: u32,
    /// Length of the run in hours.
    pub hours: f64,
    /// Minutes for one account where things are done by hand.
    pub by_hand: u32,
    /// The policy that changes.
    pub policy: Policy,
    /// Who leaves.
    pub leave: Leave,
    /// How long sessions of roles last.
    pub sessions: Sessions,
    /// What is to hold.
    pub goal: Goal,
}

/// A policy takes an action away from everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// When.
    pub at: u32,
}

/// Somebody leaves, and whoever has the laptop goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leave {
    /// When the laptop is in wrong hands.
    pub at: u32,
    /// Minutes from then on until it is noticed.
    pub notice: u32,
}

/// How long sessions of roles last, in hours: 1 to 12 ("Set session duration for AWS accounts", Identity Center User Guide).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Long ones.
    pub long: u32,
    /// Short ones.
    pub short: u32,
}

/// What is to hold where the practice is in place. Minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Goal {
    /// From the notice until nothing succeeds any more, in any account.
    pub gone: f64,
    /// From the change of a policy until it holds in all accounts.
    pub policy: f64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            region: "us-east-1".to_owned(),
            accounts: 5,
            hours: 16.0,
            by_hand: 10,
            policy: Policy::default(),
            leave: Leave::default(),
            sessions: Sessions::default(),
            goal: Goal::default(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { at: 30 }
    }
}

impl Default for Leave {
    fn default() -> Self {
        Self { at: 120, notice: 30 }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self { long: 12, short: 1 }
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self { gone: 15.0, policy: 5.0 }
    }
}

/// Most accounts: an organization has room for ten unless AWS gives more (Organizations quotas), nine beside the management
/// account.
const MOST_ACCOUNTS: u32 = 9;

/// Longest run, in hours: two days.
const MOST_HOURS: f64 = 48.0;

impl Scenario {
    /// Reads a scenario file. What it does not set has its default.
    ///
    /// # Errors
    /// Where the text is no TOML, or has a setting that there is not.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        read(text, crate::NAME)
    }

    /// Length of the run in minutes.
    pub fn minutes(&self) -> u32 {
        (self.hours * 60.0).round() as u32
    }

    /// The minute at which it is noticed that the laptop is in wrong hands.
    pub fn noticed(&self) -> u32 {
        self.leave.at + self.leave.notice
    }

    /// Checks that the settings make sense, each and together: the Region.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn validate(&self) -> Result<Region, Problem> {
        let region = region(&self.region, "us-east-1")?;
        in_range("accounts", self.accounts, (1, MOST_ACCOUNTS))?;
        in_range("hours", self.hours, (1.0, MOST_HOURS))?;
        in_range("by_hand", self.by_hand, (1, 1_440))?;
        let end = self.minutes();
        in_range("policy.at", self.policy.at, (1, end))?;
        in_range("leave.at", self.leave.at, (1, end))?;
        in_range("leave.notice", self.leave.notice, (0, end))?;
        in_range("sessions.short", self.sessions.short, (1, 12))?;
        in_range("sessions.long", self.sessions.long, (self.sessions.short, 12))?;
        in_range("goal.gone", self.goal.gone, (0.0, 10_000.0))?;
        in_range("goal.policy", self.goal.policy, (0.0, 10_000.0))?;
        if self.noticed() >= end {
            let wrong = format!("{} is over before the notice at minute {}", self.hours, self.noticed());
            return Err(Problem::new("hours", wrong, "give more hours, or an earlier leave.at"));
        }
        Ok(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_a_file_may_set_a_part() {
        assert!(Scenario::default().validate().is_ok());
        let read = Scenario::parse("accounts = 2\n[leave]\nnotice = 5\n").unwrap();
        assert_eq!((read.accounts, read.leave.notice, read.leave.at), (2, 5, 120));
    }

    #[test]
    fn nonsense_is_named_with_what_to_do() {
        for (text, setting) in [
            ("\naccount = 3", "line 2"),
            ("region = 'mars-1'", "region"),
            ("accounts = 0", "accounts"),
            ("hours = nan", "hours"),
            ("hours = 2.0", "hours"),
            ("by_hand = 0", "by_hand"),
            ("[policy]\nat = 0", "policy.at"),
            ("[leave]\nat = 5000", "leave.at"),
            ("[sessions]\nlong = 13", "sessions.long"),
            ("[sessions]\nshort = 0", "sessions.short"),
            ("[goal]\ngone = -1.0", "goal.gone"),
        ] {
            let problem = Scenario::parse(text).and_then(|read| read.validate().map(|_| ())).unwrap_err();
            assert!(problem.to_string().starts_with(&format!("{setting}: ")), "{text} gave {problem}");
        }
    }
}
