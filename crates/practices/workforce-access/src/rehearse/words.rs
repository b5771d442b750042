//! The verdict in words: what was to hold, what was done, what happened, and what to take from it.

use ironbird_cloud::rehearsal::start;
use ironbird_report::{Event, Experiment, Hypothesis, Injection, Note, Outcome, Unit, Verdict};

use super::Seen;
use super::ground::{COLLEAGUE, LEAVER};
use super::measures;
use super::plots;
use super::scenario::Scenario;

/// Puts the verdict together.
pub fn verdict(scenario: &Scenario, courses: &[Seen], replay: &str) -> Verdict {
    let mut verdict = Verdict {
        practice: crate::NAME.to_owned(),
        title: "A policy changes, and somebody leaves with a laptop".to_owned(),
        seed: scenario.seed,
        software: crate::SOFTWARE.to_owned(),
        replay: replay.to_owned(),
        hypothesis: hypothesis(scenario),
        experiment: experiment(scenario),
        variants: courses.iter().map(|seen| variant(scenario, seen)).collect(),
        measures: measures::table(scenario, courses),
        plots: plots::plots(scenario, courses),
        timeline: timeline(scenario, courses),
        conclusion: String::new(),
        notes: notes(scenario),
        seeds: None,
    };
    verdict.conclusion = conclusion(scenario, &verdict, courses);
    verdict
}

fn written(minutes: u32) -> String {
    Unit::Seconds.write(f64::from(minutes) * 60.0)
}

fn variant(scenario: &Scenario, seen: &Seen) -> ironbird_report::Variant {
    ironbird_report::Variant {
        id: seen.variant.id.to_owned(),
        name: seen.variant.name.to_owned(),
        practice: seen.variant.is_practice,
        description: seen.variant.description(scenario),
    }
}

fn hypothesis(scenario: &Scenario) -> Hypothesis {
    let goal = &scenario.goal;
    let minutes = |minutes: f64| Unit::Seconds.write(minutes * 60.0);
    Hypothesis {
        statement: format!(
            "Within {} of the notice nothing that is on the laptop gets anything done in any account; nobody else is denied \
             anything meanwhile; and a policy that changes holds in every account within {}.",
            minutes(goal.gone),
            minutes(goal.policy),
        ),
        measured: "Answers of calls in every account in every minute, decided by the policies there, with what is on the laptop and \
                   with what a colleague has; answers of GetRoleCredentials."
            .to_owned(),
    }
}

fn experiment(scenario: &Scenario) -> Experiment {
    let Scenario { accounts, policy, leave, .. } = scenario;
    let second = |minute: u32| f64::from(minute) * 60.0;
    let injection = |at: u32, action: &str, target: &str| Injection {
        at: second(at),
        until: None,
        action: action.to_owned(),
        target: target.to_owned(),
    };
    Experiment {
        summary: format!(
            "{LEAVER} and {COLLEAGUE} work in {accounts} accounts. After {} a policy takes an action away from both. After {} the \
             laptop of {LEAVER}, who has left, is in wrong hands, with everything that is on it; whoever has it gets fresh \
             credentials in every account as long as there are any. After {} more it is noticed.",
            written(policy.at),
            written(leave.at),
            written(leave.notice),
        ),
        start: start(),
        seconds: second(scenario.minutes()),
        injections: vec![
            injection(policy.at, "a policy takes an action away", "both people, in all accounts"),
            injection(leave.at, "somebody else goes on working", &format!("the laptop of {LEAVER}")),
        ],
        template: None,
    }
}

fn timeline(scenario: &Scenario, courses: &[Seen]) -> Vec<Event> {
    let second = |minute: u32| f64::from(minute) * 60.0;
    let mut events = vec![
        Event::shared(second(scenario.policy.at), "a policy is to take an action away"),
        Event::shared(second(scenario.leave.at), "the laptop is in wrong hands"),
        Event::shared(second(scenario.noticed()), "it is noticed"),
    ];
    for seen in courses {
        let id = seen.variant.id;
        for (minute, what) in &seen.course.events {
            events.push(Event::of(id, second(*minute), what.clone(), ""));
        }
        if let Some(minutes) = seen.course.gone_after(scenario) {
            let at = second(scenario.noticed() + minutes);
            events.push(Event::of(id, at, "access is gone in every account", ""));
        }
    }
    events
}

fn conclusion(scenario: &Scenario, verdict: &Verdict, courses: &[Seen]) -> String {
    let mut sentences = Vec::new();
    for (index, seen) in courses.iter().enumerate() {
        let gone = match seen.course.gone_after(scenario) {
            Some(minutes) => format!("access gone everywhere after {}", written(minutes)),
            None => "access not gone when the run ended".to_owned(),
        };
        let calls = Unit::Count.write(f64::from(seen.course.after_notice));
        sentences.push(format!(
            "{}: {} ({gone}; {calls} calls after the notice).",
            seen.variant.name,
            verdict.outcome(index).verb()
        ));
    }
    let practice = courses.iter().position(|seen| seen.variant.is_practice);
    let advice = match practice.map(|index| verdict.outcome(index)) {
        Some(Outcome::Holds) => {
            "The practice holds: one deletion ends what is fresh, in every account, and a denial in the permission set ends the \
             sessions that are left, without a colleague noticing. Without it, access lasts as long as a session does: keep \
             sessions short."
        }
        Some(Outcome::DoesNotHold) => {
            "The practice does not hold here: look at how long provisioning took, and at whom the denial met."
        }
        _ => "Whether the practice holds could not be decided.",
    };
    sentences.push(advice.to_owned());
    sentences.join(" ")
}

fn notes(scenario: &Scenario) -> Vec<Note> {
    [
        "A session of a role lasts as long as its permission set says, 1 to 12 h, whatever becomes of the user meanwhile \
         (Identity Center User Guide, session duration)."
            .to_owned(),
        "Somebody who is deleted gets no fresh credentials at once. AWS says that it can take up to an hour until a session of \
         the AWS CLI that was deleted ends (Identity Center User Guide, manage access portal sessions)."
            .to_owned(),
        "Policies hold at once. AWS says that a change may take a few minutes to take effect (IAM User Guide, disabling permissions \
         for temporary security credentials)."
            .to_owned(),
        "The denial names the person by aws:userid (Identity Center User Guide, deny user access) and sessions up to that moment by \
         aws:TokenIssueTime. identitystore:userId, which AWS recommends, is not among the keys that the rig fills."
            .to_owned(),
        "How long provisioning a role takes is a model of ours.".to_owned(),
        format!(
            "By hand, an account takes {}. A new version of a customer managed policy is made in all accounts by one script.",
            written(scenario.by_hand)
        ),
    ]
    .into_iter()
    .map(Note::assumption)
    .collect()
}
