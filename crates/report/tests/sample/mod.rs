//! Reports to render in tests: one like capacity-flexibility makes, with everything a report can hold.

#![allow(dead_code, reason = "each test file uses its part")]

use ironbird_report::*;

pub const SOFTWARE: &str = "ironbird 0.1.0";

pub const SINGLE_TYPE: Rule = Rule::new(
    "capacity-flexibility/single-type-group",
    Severity::Error,
    "Group can draw on one instance type only",
    "A group of one type stops growing when the pools of that type run dry. Reads the launch template and the mixed instances policy.",
);
pub const UNUSED_ZONES: Rule = Rule::new(
    "capacity-flexibility/unused-zones",
    Severity::Warning,
    "Zones of the Region are not used",
    "Every zone adds pools. Reads the subnets of the group and the zones of the Region.",
);
pub const UNCOVERED: Rule = Rule::new(
    "capacity-flexibility/uncovered-baseline",
    Severity::Note,
    "On-Demand baseline is not covered by a reservation",
    "Capacity that must be there is reserved before it is needed.",
);
pub const FAILED_LAUNCHES: Rule = Rule::new(
    "capacity-flexibility/failed-launches",
    Severity::Error,
    "Launches failed for lack of capacity and were not retried",
    "Reads the audit log of the last 90 days.",
);

pub fn findings() -> Findings {
    let target = Target::account("111122223333", "us-east-1").at("http://127.0.0.1:4566");
    let rules = [SINGLE_TYPE, UNUSED_ZONES, UNCOVERED, FAILED_LAUNCHES];
    let mut result = Findings::new("capacity-flexibility", SOFTWARE, target, &rules);
    let arn = |name: &str| {
        format!(
            "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:7c1f0e1e:autoScalingGroupName/{name}"
        )
    };
    for name in ["batch", "orders", "web"] {
        result.examine(&SINGLE_TYPE, arn(name));
        result.examine(&UNUSED_ZONES, arn(name));
    }
    result.find(
        Finding::new(
            &UNUSED_ZONES,
            arn("orders"),
            "The group spans us-east-1a and us-east-1b; the Region has six zones.",
            "Add a subnet in each further zone, or say why data must stay in these two.",
        )
        .with_figure("zones used of six", 2.0, Unit::Count),
    );
    result.find(
        Finding::new(
            &SINGLE_TYPE,
            arn("orders"),
            "The group launches r6i.2xlarge and nothing else, from 2 pools (1 type × 2 zones).",
            "Describe what it needs (at least 8 vCPU and 64 GiB, 8 GiB per vCPU) and let attribute-based selection choose: 73 types fit.",
        )
        .with_figure("pools it can draw from", 2.0, Unit::Named("pools".into())),
    );
    result.find(
        Finding::new(
            &SINGLE_TYPE,
            arn("batch"),
            "The template <batch & nightly> names p4d.24xlarge only.",
            "Add p4de.24xlarge and p5.48xlarge with weights.",
        )
        .with_severity(Severity::Warning)
        .at("infra/batch group.yaml", Some(42)),
    );
    result.read("autoscaling:DescribeAutoScalingGroups", Some(3));
    result.read("ec2:DescribeInstanceTypeOfferings", Some(1_204));
    result.read("ec2:DescribeAvailabilityZones", None);
    result.could_not_read(
        "cloudtrail:LookupEvents",
        "AccessDeniedException: User is not authorized to perform: cloudtrail:LookupEvents",
        &[&FAILED_LAUNCHES],
    );
    result
}

pub const START: &str = "2026-03-02T09:00:00Z";
const VARIANTS: [&str; 4] = ["narrow-big", "narrow-small", "wide-big", "wide-small"];

/// How many instances each variant has at a minute: the pools of r6i run dry in minute 40, everywhere in minute 70,
/// and come back in minute 150.
fn capacity(variant: usize, minute: u32) -> f64 {
    let wanted = wanted(minute);
    let small_steps = variant % 2 == 1;
    let ahead = if small_steps { self::wanted(minute + 6) } else { self::wanted(minute.saturating_sub(4)) };
    let free = ahead.min(wanted + 6.0);
    match variant {
        0 | 1 if (40..150).contains(&minute) => {
            capacity(variant, 39).max(if minute < 70 { 52.0 } else { 0.0 }).min(free)
        }
        0 | 1 => free,
        _ if (70..74).contains(&minute) => free - 7.0,
        _ => free,
    }
}

fn wanted(minute: u32) -> f64 {
    match minute {
        0..20 => 24.0,
        20..110 => 24.0 + f64::from((minute - 20) / 5) * 4.0,
        110..160 => 96.0,
        _ => (96.0 - f64::from((minute - 160) / 5) * 12.0).max(24.0),
    }
}

pub fn verdict() -> Verdict {
    let start = WallTime::parse(START).unwrap();
    let minutes = 210u32;
    let seconds = |minute: u32| f64::from(minute) * 60.0;
    let over_time = |value: &dyn Fn(u32) -> f64| -> Vec<Point> {
        (0..=minutes).map(|minute| Point::from((seconds(minute), value(minute)))).collect()
    };

    let mut in_service =
        Plot::new("Capacity in service", "instances", Unit::Count, Kind::Step).by_wall_clock(start);
    in_service.add_reference("wanted by the workload", over_time(&wanted));
    let mut availability = Plot::new("Requests answered", "share of requests", Unit::Share, Kind::Line);
    availability = availability.by_wall_clock(start);
    availability.scale = Scale::Fit;
    availability.limit(0.95, "steady state");
    let mut errors =
        Plot::new("Launch errors", "InsufficientInstanceCapacity per 5 min", Unit::Count, Kind::Bars)
            .by_wall_clock(start);
    let mut pools = Plot::new("Where the capacity comes from", "instances", Unit::Count, Kind::StackedArea)
        .by_wall_clock(start);
    let mut cost =
        Plot::new("Running cost", "On-Demand price of what runs", Unit::DollarsPerHour, Kind::Step);
    for (index, id) in VARIANTS.into_iter().enumerate() {
        in_service.add("in service", Some(id), over_time(&|minute| capacity(index, minute)));
        availability.add(
            "answered",
            Some(id),
            over_time(&|minute| (capacity(index, minute) / wanted(minute)).min(1.0)),
        );
        cost.add("cost", Some(id), over_time(&|minute| capacity(index, minute) * 0.504));
        let failed = |minute: u32| {
            if index < 2 && (40..150).contains(&minute) {
                f64::from(6 - index as u32 * 2 + minute % 3)
            } else {
                0.0
            }
        };
        let bars = (0..minutes / 5).map(|slot| Point::from((seconds(slot * 5), failed(slot * 5)))).collect();
        errors.add("errors", Some(id), bars);
    }
    for (index, id) in [(0, "narrow-big"), (3, "wide-small")] {
        let others = if index == 0 { 0.0 } else { 0.55 };
        let share = |minute: u32, part: f64| (capacity(index, minute) * part).floor();
        pools.add("r6i.2xlarge", Some(id), over_time(&|minute| share(minute, 1.0 - others)));
        pools.add("r5.2xlarge", Some(id), over_time(&|minute| share(minute, others * 0.6)));
        pools.add("r6a.2xlarge", Some(id), over_time(&|minute| share(minute, others * 0.4)));
    }
    pools.add_reference("wanted by the workload", over_time(&wanted));
    for plot in [&mut in_service, &mut availability, &mut errors, &mut pools] {
        plot.span(seconds(40), seconds(150), "r6i drained in us-east-1a");
        plot.mark(seconds(70), "drained everywhere");
        plot.mark(seconds(110), "peak");
    }
    cost.caption = "Prices of us-east-1, without reservations and Savings Plans.".to_string();

    let shortfall =
        |variant: usize| (0..=minutes).filter(|m| capacity(variant, *m) < wanted(*m)).count() as f64;
    let all = [0, 1, 2, 3];
    let availability_of = |variant: usize| {
        let answered: f64 = (0..=minutes).map(|m| capacity(variant, m).min(wanted(m))).sum();
        answered / (0..=minutes).map(wanted).sum::<f64>()
    };
    let each =
        |value: &dyn Fn(usize) -> Value| all.iter().map(|variant| value(*variant)).collect::<Vec<Value>>();
    let recover = [Value::Never, Value::Never, Value::Single(245.0), Value::Single(92.0)];

    Verdict {
        practice: "capacity-flexibility".into(),
        title: "A shortage of one instance type in the middle of a scale-out".into(),
        seed: 7,
        software: SOFTWARE.into(),
        replay: "ironbird rehearse capacity-flexibility --seed 7 --html report.html".into(),
        hypothesis: Hypothesis {
            statement: "While pools run dry, at least 95% of the requests are answered, and capacity is back at what the workload wants within ten minutes.".into(),
            measured: "Requests answered over wanted, sampled every minute of virtual time; recovery counts from the drain to the first minute without shortfall.".into(),
        },
        experiment: Experiment {
            summary: "The workload grows from 24 to 96 instances in 90 minutes. In minute 40 the r6i pools of us-east-1a run dry, in minute 70 those of every zone.".into(),
            start,
            seconds: seconds(minutes),
            injections: vec![
                Injection { at: seconds(70), until: Some(seconds(150)), action: "aws:ec2:asg-insufficient-instance-capacity-error".into(), target: "group orders, all zones".into() },
                Injection { at: seconds(40), until: Some(seconds(150)), action: "aws:ec2:asg-insufficient-instance-capacity-error".into(), target: "group orders, us-east-1a".into() },
            ],
            template: Some("{\n  \"description\": \"drain r6i\",\n  \"actions\": { \"drain\": { \"actionId\": \"aws:ec2:asg-insufficient-instance-capacity-error\" } }\n}".into()),
        },
        variants: vec![
            Variant { id: "narrow-big".into(), name: "One type, one big step".into(), practice: false, description: "r6i.2xlarge in two zones; the alarm adds what is missing at once.".into() },
            Variant { id: "narrow-small".into(), name: "One type, small early steps".into(), practice: false, description: "r6i.2xlarge in two zones; batches begin before they are needed.".into() },
            Variant { id: "wide-big".into(), name: "73 types, one big step".into(), practice: true, description: "Attribute-based selection in six zones; the alarm adds what is missing at once.".into() },
            Variant { id: "wide-small".into(), name: "73 types, small early steps".into(), practice: true, description: "Attribute-based selection in six zones; batches begin before they are needed.".into() },
        ],
        measures: vec![
            Measure::new("Availability", Unit::Share, Better::Higher, each(&|v| Value::Single(availability_of(v)))).required(Bound::AtLeast(0.95)),
            Measure::new("Time to recover", Unit::Seconds, Better::Lower, recover.to_vec()).required(Bound::AtMost(600.0)),
            Measure::new("Shortfall", Unit::Seconds, Better::Lower, each(&|v| Value::Single(shortfall(v) * 60.0)))
                .with_note("time with less capacity than wanted"),
            Measure::new("Launch errors", Unit::Count, Better::Lower, each(&|v| Value::Single([1_312.0, 874.0, 12.0, 0.0][v]))),
            Measure::new("Cost", Unit::Dollars, Better::Lower, each(&|v| Value::Single((0..minutes).map(|m| capacity(v, m) * 0.504 / 60.0).sum()))),
            Measure::new("Pools drawn from", Unit::Count, Better::Neither, each(&|v| Value::Single([2.0, 2.0, 31.0, 38.0][v]))),
        ],
        plots: vec![in_service, availability, pools, errors, cost],
        timeline: vec![
            Event { at: seconds(40), variant: None, what: "pool drained".into(), detail: "r6i.2xlarge in us-east-1a".into() },
            Event { at: seconds(40) + 31.5, variant: Some("narrow-big".into()), what: "launch failed".into(), detail: "InsufficientInstanceCapacity: there is no Spot or On-Demand capacity for r6i.2xlarge in us-east-1a".into() },
            Event { at: seconds(70), variant: None, what: "pools drained".into(), detail: "r6i.2xlarge everywhere".into() },
            Event { at: seconds(74), variant: Some("wide-small".into()), what: "capacity is back".into(), detail: "on r5.2xlarge and r6a.2xlarge".into() },
            Event { at: seconds(20), variant: None, what: "scale-out begins".into(), detail: String::new() },
            Event { at: seconds(150), variant: None, what: "pools refilled".into(), detail: String::new() },
        ],
        conclusion: "A group that may draw on many types and zones rides through the shortage; a group of one type loses a third of its requests until the pool is refilled. Small early steps save minutes, but do not help where there is only one pool.".into(),
        notes: vec![
            Note { kind: NoteKind::Recorded, text: "CapacityRebalance is stored and has no effect.".into() },
            Note { kind: NoteKind::Assumption, text: "An instance is in service 90 s after its launch.".into() },
            Note { kind: NoteKind::Unsupported, text: "Spot interruptions are not part of this experiment.".into() },
        ],
        seeds: None,
    }
}
