//! The verdict of a rehearsal: what was measured, drawn and said.

use ironbird_report::{
    Better, Bound, Distribution, Event, Experiment, Hypothesis, Injection, Kind, Measure, Note, NoteKind,
    Plot, Point, Unit, Value, Variant, Verdict, WallTime,
};

use super::hunt::Hunt;
use super::{Case, Histories, Options, VARIANTS};

/// Lines of the program that may be left to read: what `too-large` allows a commit.
const READABLE: f64 = 600.0;
/// A test run is drawn as so many seconds.
const TEST: f64 = 60.0;
/// 2026-03-02T06:00:00Z, in nanoseconds since 1970: where the virtual clock of rehearsals begins.
const START: i64 = 1_772_431_200_000_000_000;

const IDS: [&str; VARIANTS] = ["squashed", "gaps", "fine"];

/// What one hunt left to do.
struct Left {
    /// Whether bisect named the commit that has the fault.
    is_found: bool,
    tested: f64,
    skipped: f64,
    suspects: f64,
    /// Lines changed by all suspected commits together.
    lines: f64,
}

/// Words, figures and plots for a rehearsal.
pub fn verdict(
    options: &Options,
    histories: &Histories,
    cases: &[Case],
    lines: &[Vec<u64>; 2],
    replay: &str,
) -> Verdict {
    let counts = [histories.squashed.steps.len(), histories.fine.steps.len(), histories.fine.steps.len()];
    let of_variant = |variant: usize| &lines[usize::from(variant > 0)];
    let left: Vec<Vec<Left>> = (0..VARIANTS)
        .map(|variant| {
            cases.iter().map(|case| left(case, variant, histories.size, of_variant(variant))).collect()
        })
        .collect();
    let longest = cases.iter().flat_map(|case| &case.hunts).map(|hunt| hunt.tested).max().unwrap_or(0);
    let seconds = longest as f64 * TEST;
    let measures = measures(&left, counts);
    Verdict {
        practice: crate::NAME.to_owned(),
        title: format!("{} faults hunted by git bisect in {} commits", cases.len(), counts[2]),
        seed: options.seed,
        software: crate::SOFTWARE.to_owned(),
        replay: replay.to_owned(),
        hypothesis: Hypothesis {
            statement: format!(
                "Bisect names the commit that has the fault, each time, in no more tests than halving takes, and leaves no more than {READABLE} \
                 lines to read in the middle case."
            ),
            measured: "`git bisect run` with your test on each planted history, from the commit before the first to the last."
                .to_owned(),
        },
        experiment: Experiment {
            summary: format!(
                "Into {} commits from {} on, {} faults are planted one at a time, each in a commit drawn by the seed and in all after it.",
                counts[2],
                histories.fine.steps[0].name(),
                cases.len()
            ),
            start: WallTime(START),
            seconds: seconds.max(TEST),
            injections: injections(histories, cases),
            template: None,
        },
        variants: variants(histories, counts),
        measures,
        plots: vec![suspects_plot(cases), lines_plot(cases, &of_variant)],
        timeline: timeline(histories, cases, &left),
        conclusion: conclusion(&left, counts),
        notes: notes(cases),
        seeds: None,
    }
}

fn left(case: &Case, variant: usize, size: usize, lines: &[u64]) -> Left {
    let hunt = &case.hunts[variant];
    let culprit = if variant == 0 { case.fault.at / size } else { case.fault.at };
    // Where bisect gave up, all that it had not ruled out is suspected.
    let suspects: Vec<usize> = match (hunt.suspects.is_empty(), hunt.course.last()) {
        (true, Some((first, last))) => (*first..=*last).collect(),
        _ => hunt.suspects.clone(),
    };
    Left {
        is_found: hunt.suspects == [culprit],
        tested: hunt.tested as f64,
        skipped: hunt.skipped as f64,
        suspects: suspects.len() as f64,
        lines: suspects.iter().map(|index| lines.get(*index).copied().unwrap_or(0) as f64).sum(),
    }
}

/// Tests that halving takes for so many commits: the logarithm to base 2, rounded up.
fn halvings(commits: usize) -> u32 {
    commits.next_power_of_two().trailing_zeros()
}

fn measures(left: &[Vec<Left>], counts: [usize; VARIANTS]) -> Vec<Measure> {
    let all = |pick: &dyn Fn(&Left) -> f64| -> Vec<Value> {
        let of = |hunts: &Vec<Left>| Distribution::of(&hunts.iter().map(pick).collect::<Vec<_>>(), 0);
        left.iter().map(|hunts| of(hunts).map_or(Value::NotMeasured, Value::Distribution)).collect()
    };
    let single = |pick: &dyn Fn(usize) -> f64| {
        (0..VARIANTS).map(|index| Value::Single(pick(index))).collect::<Vec<_>>()
    };
    let found = |index: usize| {
        left[index].iter().filter(|hunt| hunt.is_found).count() as f64 / left[index].len().max(1) as f64
    };
    let beyond = |index: usize| {
        let most = left[index].iter().map(|hunt| hunt.tested).fold(0.0, f64::max);
        (most - f64::from(halvings(counts[index]))).max(0.0)
    };
    let middle = |index: usize| {
        let lines: Vec<f64> = left[index].iter().map(|hunt| hunt.lines).collect();
        Distribution::of(&lines, 0).map_or(0.0, |spread| spread.p50)
    };
    vec![
        Measure::new("Faulty commit named", Unit::Share, Better::Higher, single(&found))
            .required(Bound::AtLeast(1.0)),
        Measure::new("Tests beyond ⌈log₂ N⌉", Unit::Count, Better::Lower, single(&beyond))
            .required(Bound::AtMost(0.0))
            .with_note("In the longest hunt; N is the number of commits."),
        Measure::new("Lines left to read, middle case", Unit::Count, Better::Lower, single(&middle))
            .required(Bound::AtMost(READABLE))
            .with_note("Lines changed by the commits that are suspected in the end."),
        Measure::new("Lines left to read", Unit::Count, Better::Lower, all(&|hunt| hunt.lines)),
        Measure::new("Commits suspected in the end", Unit::Count, Better::Lower, all(&|hunt| hunt.suspects)),
        Measure::new("Commits tested", Unit::Count, Better::Lower, all(&|hunt| hunt.tested)),
        Measure::new("Commits skipped", Unit::Count, Better::Lower, all(&|hunt| hunt.skipped)),
        Measure::new("Commits", Unit::Count, Better::Neither, single(&|index| counts[index] as f64)),
        Measure::new(
            "⌈log₂ N⌉",
            Unit::Count,
            Better::Neither,
            single(&|index| f64::from(halvings(counts[index]))),
        ),
    ]
}

fn variants(histories: &Histories, counts: [usize; VARIANTS]) -> Vec<Variant> {
    let gaps = histories.gaps.iter().filter(|is_gap| **is_gap).count();
    let make = |id: &str, name: &str, practice: bool, description: String| Variant {
        id: id.to_owned(),
        name: name.to_owned(),
        practice,
        description,
    };
    vec![
        make(
            IDS[0],
            "Squashed",
            false,
            format!("The same work in {} commits: {} of yours at a time.", counts[0], histories.size),
        ),
        make(IDS[1], "Not atomic", false, format!("Your commits, of which {gaps} do not build (planted).")),
        make(IDS[2], "As committed", true, format!("Your {} commits, along first parents.", counts[2])),
    ]
}

fn injections(histories: &Histories, cases: &[Case]) -> Vec<Injection> {
    let of = |case: &Case| Injection {
        at: 0.0,
        until: None,
        action: case.fault.what.clone(),
        target: histories.fine.steps[case.fault.at].name(),
    };
    cases.iter().map(of).collect()
}

/// The mean over all hunts of a variant after each test.
fn mean_course(cases: &[Case], variant: usize, of: &dyn Fn(&Hunt, usize) -> f64) -> Vec<Point> {
    let longest = cases.iter().map(|case| case.hunts[variant].course.len()).max().unwrap_or(0);
    let mean = |step: usize| {
        let sum: f64 = cases.iter().map(|case| of(&case.hunts[variant], step)).sum();
        sum / cases.len().max(1) as f64
    };
    (0..longest).map(|step| Point::from((step as f64 * TEST, mean(step)))).collect()
}

/// The commits that a hunt suspects after so many tests; it stays with what it has at its end.
fn suspected(hunt: &Hunt, step: usize) -> (usize, usize) {
    let last = hunt.course.len().saturating_sub(1);
    hunt.course.get(step.min(last)).copied().unwrap_or((0, 0))
}

fn suspects_plot(cases: &[Case]) -> Plot {
    let mut plot = Plot::new("Commits still suspected", "commits", Unit::Count, Kind::Step);
    for (variant, id) in IDS.into_iter().enumerate() {
        let points = mean_course(cases, variant, &|hunt, step| {
            let (first, last) = suspected(hunt, step);
            (last + 1).saturating_sub(first) as f64
        });
        plot.add("suspected", Some(id), points);
    }
    plot.caption = "Mean over all hunts. A test is drawn as one minute.".to_owned();
    plot
}

fn lines_plot<'a>(cases: &[Case], of_variant: &dyn Fn(usize) -> &'a Vec<u64>) -> Plot {
    let mut plot = Plot::new("Lines in the suspected commits", "changed lines", Unit::Count, Kind::Step);
    for (variant, id) in IDS.into_iter().enumerate() {
        let lines = of_variant(variant);
        let points = mean_course(cases, variant, &|hunt, step| {
            let (first, last) = suspected(hunt, step);
            lines.iter().take(last + 1).skip(first).sum::<u64>() as f64
        });
        plot.add("lines", Some(id), points);
    }
    plot.limit(READABLE, "what a commit may ask for");
    plot.caption =
        "What would have to be read if the hunt stopped here. A test is drawn as one minute.".to_owned();
    plot
}

fn timeline(histories: &Histories, cases: &[Case], left: &[Vec<Left>]) -> Vec<Event> {
    let mut events = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        for (variant, id) in IDS.into_iter().enumerate() {
            let hunt = &case.hunts[variant];
            let outcome = &left[variant][number];
            let what = match (outcome.is_found, &hunt.trouble) {
                (true, _) => "named".to_owned(),
                (false, Some(trouble)) => format!("given up: {trouble}"),
                (false, None) if outcome.suspects > 1.0 => {
                    format!("in doubt between {} commits", outcome.suspects)
                }
                (false, None) => "another commit is blamed".to_owned(),
            };
            events.push(Event {
                at: outcome.tested * TEST,
                variant: Some(id.to_owned()),
                what,
                detail: format!(
                    "fault {} in {}: {} tests, {} skipped, {} lines to read",
                    number + 1,
                    histories.fine.steps[case.fault.at].name(),
                    outcome.tested,
                    outcome.skipped,
                    outcome.lines
                ),
            });
        }
    }
    events
}

fn conclusion(left: &[Vec<Left>], counts: [usize; VARIANTS]) -> String {
    let mean = |variant: usize, pick: &dyn Fn(&Left) -> f64| {
        left[variant].iter().map(pick).sum::<f64>() / left[variant].len().max(1) as f64
    };
    let found = |variant: usize| left[variant].iter().filter(|hunt| hunt.is_found).count();
    let of = left[2].len();
    format!(
        "In your {} commits bisect names {} of {of} faults and leaves {:.0} lines to read on average. Squashed into {} it takes \
         {:.1} tests instead of {:.1}, and leaves {:.0} lines. Where commits do not build it names {} of {of}, and is left with {:.1} \
         commits to doubt.",
        counts[2],
        found(2),
        mean(2, &|hunt| hunt.lines),
        counts[0],
        mean(0, &|hunt| hunt.tested),
        mean(2, &|hunt| hunt.tested),
        mean(0, &|hunt| hunt.lines),
        found(1),
        mean(1, &|hunt| hunt.suspects),
    )
}

fn notes(cases: &[Case]) -> Vec<Note> {
    let assume = |text: String| Note { kind: NoteKind::Assumption, text };
    let mut notes = vec![
        assume(
            "A fault is a line of the program that the commit brought and that stands to the end; it is lost in that commit and all after it."
                .to_owned(),
        ),
        assume("Merges count as one commit of the line along first parents.".to_owned()),
        assume("How long a test takes depends on the machine, and is told on standard error: here tests are counted.".to_owned()),
    ];
    let unseen: usize = cases.iter().map(|case| case.unseen).sum();
    if unseen > 0 {
        notes.push(assume(format!(
            "{unseen} other lines were lost first without the test's noticing; those are not counted."
        )));
    }
    let marked = cases.iter().filter(|case| case.fault.what.starts_with("a mark")).count();
    if marked > 0 {
        notes.push(assume(format!(
            "For {marked} faults the test saw none of the lines that were tried: a mark that the run script looks for stands in for them."
        )));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::halvings;

    #[test]
    fn halving_is_the_logarithm_rounded_up() {
        let expected = [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (100, 7), (1024, 10), (1025, 11)];
        assert!(expected.into_iter().all(|(commits, tests)| halvings(commits) == tests));
    }
}
