//! Bills of many spans in one pass.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use ironbird_rig::metering::{self, Usage};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Region, Scope, Timestamp};

#[test]
fn bills_of_successive_spans_are_those_of_each_span() {
    let at = Timestamp::from_secs;
    let world = World::rehearsal(Vec::new(), Settings::default(), at(10_000));
    let scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
    let uses = [
        (0, Some(30)),
        (90, Some(450)),
        (100, Some(100)),
        (250, None),
        (999, Some(1000)),
        (2000, Some(9000)),
    ];
    world
        .within(scope, |ctx| {
            for (index, (from, until)) in uses.into_iter().enumerate() {
                let usage = Usage {
                    service: "AmazonEC2".to_owned(),
                    usage_type: format!("BoxUsage:{}", index % 2),
                    operation: "RunInstances".to_owned(),
                    resource: format!("i-{index}"),
                    unit: "Hrs".to_owned(),
                    hourly: Some(3_600_000_000_000),
                    units: 1,
                    minimum_seconds: 60,
                    from: at(from),
                    until: until.map(at),
                };
                metering::open(ctx, usage)?;
            }
            Ok(())
        })
        .unwrap();
    let bounds: Vec<Timestamp> = [0, 100, 101, 300, 1000, 1030, 5000].map(at).to_vec();
    let looked = world.look(scope, |ctx| {
        let together = metering::bills(ctx, None, &bounds);
        let each: Vec<_> =
            bounds.windows(2).map(|span| metering::bill(ctx, None, span[0], span[1])).collect();
        let seconds =
            |lines: &Vec<metering::BillLine>| lines.iter().map(|line| line.milliseconds / 1000).sum::<i64>();
        assert_eq!(together, each);
        // 0-60 and 90-100, then all that runs: the minute that is charged at least included.
        let paid = |lines: &Vec<metering::BillLine>| lines.iter().filter_map(|line| line.cost).sum::<i64>();
        let course = metering::course(ctx, &bounds, 1, |_| 0);
        assert_eq!(course.costs, [Some(together.iter().map(paid).collect::<Vec<_>>())]);
        assert_eq!(together.iter().map(seconds).collect::<Vec<_>>(), [70, 2, 308, 851, 60, 6999]);
        Ok(())
    });
    looked.unwrap();
}
