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

#[test]
fn uses_are_split_where_tags_change() {
    let at = Timestamp::from_secs;
    let world = World::rehearsal(Vec::new(), Settings::default(), at(0));
    let scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
    let span = std::time::Duration::from_secs(7);
    let tag = |team: &'static str| {
        world
            .within(scope, |ctx| {
                metering::tags_changed(
                    ctx,
                    "i-1",
                    metering::Tags::from([("team".to_owned(), team.to_owned())]),
                )
            })
            .unwrap();
    };
    let usage = Usage {
        service: "AmazonEC2".to_owned(),
        usage_type: "BoxUsage:m5.large".to_owned(),
        operation: "RunInstances".to_owned(),
        resource: "i-1".to_owned(),
        unit: "Hrs".to_owned(),
        hourly: Some(96_000_001),
        units: 1,
        minimum_seconds: 60,
        from: at(0),
        until: None,
    };
    world.within(scope, |ctx| metering::open(ctx, usage)).unwrap();
    for team in ["a", "a", "b"] {
        world.advance(span).unwrap();
        tag(team);
    }
    world.advance(span).unwrap();
    world.within(scope, |ctx| metering::close(ctx, "i-1", None)).unwrap();
    let looked = world.look(scope, |ctx| {
        assert_eq!(ctx.count::<metering::TagSpans>(), 2, "the same tags again are not kept");
        let column = metering::TagColumn::always("team");
        let lines = |columns: &[metering::TagColumn]| {
            metering::tagged_bills(ctx, None, &[at(0), at(1000)], columns).remove(0)
        };
        let split = lines(&[column]);
        let seconds: Vec<_> =
            split.iter().map(|line| (line.tags[0].as_deref(), line.milliseconds / 1000)).collect();
        // The minute that is charged at least goes to the tags that were last.
        assert_eq!(seconds, [(None, 7), (Some("a"), 14), (Some("b"), 39)]);
        let [whole] = lines(&[]).try_into().unwrap();
        assert_eq!(split.iter().map(|line| line.cost.unwrap()).sum::<i64>(), whole.cost.unwrap());
        let seen = vec![(at(10), at(20))];
        let active = lines(&[metering::TagColumn { key: "team".to_owned(), seen }]);
        let seconds: Vec<_> =
            active.iter().map(|line| (line.tags[0].as_deref(), line.milliseconds / 1000)).collect();
        assert_eq!(seconds, [(None, 50), (Some("a"), 10)], "what was not activated counts as untagged");
        Ok(())
    });
    looked.unwrap();
}
