//! One variant's run: the clock goes on, people work, a policy changes, somebody leaves and the laptop goes on.

use ironbird_cloud::rehearsal::{RehearseError, START};
use ironbird_rig::Timestamp;

use super::ground::Ground;
use super::keeper::{self, Events};
use super::scenario::Scenario;
use super::variant::Variant;

/// Everything seen of a variant. Minutes count from the begin of the run.
#[derive(Default)]
pub struct Course {
    /// In how many accounts whoever has the laptop gets something done, in each minute from the first on.
    pub open: Vec<u32>,
    /// The last minute in which the portal gave credentials to the laptop; none where it was not asked.
    pub last_fresh: Option<u32>,
    /// Calls with the laptop that succeeded after it was noticed.
    pub after_notice: u32,
    /// Calls of the colleague that were denied.
    pub denied: u32,
    /// Calls of the colleague.
    pub calls: u32,
    /// In how many accounts the colleague could do what the policy takes away, in each minute.
    pub risky: Vec<u32>,
    /// What was done.
    pub events: Events,
}

impl Course {
    /// Minutes from the notice until nothing succeeds any more, in any account; none where something does to the end.
    pub fn gone_after(&self, scenario: &Scenario) -> Option<u32> {
        settled(&self.open, scenario.noticed())
    }

    /// Minutes from the change of the policy until it holds in all accounts; none where it never does.
    pub fn holds_after(&self, scenario: &Scenario) -> Option<u32> {
        settled(&self.risky, scenario.policy.at)
    }
}

/// Minutes from `from` on until a count is zero for good; none where it is not at the end.
fn settled(counts: &[u32], from: u32) -> Option<u32> {
    let last = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last as u32 + 1);
    (last < counts.len() as u32).then(|| last.saturating_sub(from))
}

/// Runs a variant to its end.
///
/// # Errors
/// When the world refuses what the scenario needs.
pub fn run(scenario: &Scenario, variant: &Variant, ground: &mut Ground) -> Result<Course, RehearseError> {
    let mut course = Course::default();
    for minute in 0..=scenario.minutes() {
        ground.world.run_until(Timestamp::from_secs(START.secs() + i64::from(minute) * 60));
        keeper::act(minute, scenario, variant, ground, &mut course.events)?;
        // What was begun in this second, provisioning of a role among it, has not happened yet for who calls now.
        work(minute, scenario, variant, ground, &mut course);
    }
    Ok(course)
}

fn work(minute: u32, scenario: &Scenario, variant: &Variant, ground: &mut Ground, course: &mut Course) {
    let is_assigned = variant.is_assigned();
    let (place, [leaver, colleague], accounts) = ground.at_work();
    if is_assigned && minute == 0 {
        leaver.sign_in(&place);
        colleague.sign_in(&place);
    }
    let (mut open, mut risky) = (0, 0);
    for account in accounts {
        // Whoever has the laptop keeps what it has as fresh as it can.
        if is_assigned && leaver.renew(&place, *account) {
            course.last_fresh = Some(minute);
        }
        open += u32::from(leaver.work(&place, *account));
        if is_assigned && !colleague.has_credentials(&place, *account) && !colleague.renew(&place, *account) {
            // The sign-in is over after its eight hours.
            colleague.sign_in(&place);
            colleague.renew(&place, *account);
        }
        course.calls += 1;
        course.denied += u32::from(!colleague.work(&place, *account));
        risky += u32::from(colleague.risk(&place, *account));
    }
    if minute >= scenario.noticed() {
        course.after_notice += open;
    }
    course.open.push(open);
    course.risky.push(risky);
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn what_is_zero_for_good_has_settled() {
        assert_eq!(settled(&[2, 2, 2, 1, 0, 0], 2), Some(2));
        assert_eq!(settled(&[2, 0, 1, 0], 1), Some(2));
        assert_eq!(settled(&[0, 0], 1), Some(0));
        assert_eq!(settled(&[1, 1], 0), None);
    }
}
