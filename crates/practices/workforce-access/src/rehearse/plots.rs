//! What is drawn of each variant.

use ironbird_cloud::rehearsal::plot;
use ironbird_report::{Kind, Plot, Unit, steps};

use super::Seen;
use super::course::Course;
use super::scenario::Scenario;

/// All plots.
pub fn plots(scenario: &Scenario, courses: &[Seen]) -> Vec<Plot> {
    let second = |minute: u32| f64::from(minute) * 60.0;
    let mut open = counts("Accounts open to whoever has the laptop", courses, |course| &course.open);
    open.mark(second(scenario.leave.at), "the laptop is in wrong hands");
    open.mark(second(scenario.noticed()), "it is noticed");
    open.caption = "In which a call succeeds, by the policies of the account.".to_owned();
    let mut risky = counts("Accounts in which the policy does not hold yet", courses, |course| &course.risky);
    risky.mark(second(scenario.policy.at), "the policy changes");
    risky.caption = "In which the colleague may still do what it takes away.".to_owned();
    vec![open, risky]
}

/// A count of accounts in every minute, a panel for each variant.
fn counts(title: &str, courses: &[Seen], of: impl Fn(&Course) -> &Vec<u32>) -> Plot {
    let mut plot = plot(title, "accounts", Unit::Count, Kind::Step);
    plot.panels = true;
    for seen in courses {
        let samples = of(&seen.course).iter().enumerate();
        let points = steps(samples.map(|(minute, count)| (minute as f64 * 60.0, f64::from(*count))));
        plot.add("accounts", Some(seen.variant.id), points);
    }
    plot
}
