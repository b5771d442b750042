//! Events: numbered over the whole world, bounded in each account and Region, and none where none are kept.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use ironbird_rig::events::{self, Event, Happening};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Region, Scope, Timestamp};
use serde_json::json;

fn world(events: u64) -> World {
    let settings = Settings { events, ..Settings::default() };
    World::rehearsal(Vec::new(), settings, Timestamp::from_nanos(1_500_000_000))
}

fn scope(region: &str) -> Scope {
    Scope { account: Account::DEFAULT, region: Region::parse(region).unwrap() }
}

fn publish(world: &World, region: &str, count: u64) {
    for number in 0..count {
        let detail = json!({ "instance-id": format!("i-{number}"), "state": "running" });
        let happening = Happening { resources: vec![format!("arn:aws:ec2:::{number}")], detail };
        world
            .within(scope(region), |ctx| {
                events::publish(ctx, "aws.ec2", "EC2 Instance State-change Notification", |_| Ok(happening))
            })
            .unwrap();
    }
}

fn after(world: &World, number: u64) -> Vec<Event> {
    world.look(scope("us-east-1"), |ctx| Ok(events::after(ctx, number).cloned().collect())).unwrap()
}

fn last(world: &World) -> u64 {
    world.look(scope("us-east-1"), |ctx| Ok(events::last(ctx))).unwrap()
}

#[test]
fn the_oldest_of_an_account_and_region_go_first() {
    let world = world(3);
    publish(&world, "us-east-1", 2);
    publish(&world, "eu-west-1", 5);
    let numbers =
        |after_number| after(&world, after_number).iter().map(|event| event.number).collect::<Vec<_>>();
    assert_eq!(numbers(0), [1, 2, 5, 6, 7], "those of another Region stay");
    assert_eq!(numbers(5), [6, 7]);
    assert_eq!(numbers(7), [0_u64; 0]);
    assert_eq!(last(&world), 7);
    world.reset().unwrap();
    assert_eq!((last(&world), numbers(0)), (0, Vec::new()), "a new world numbers anew");
}

#[test]
fn an_event_is_as_eventbridge_delivers_it() {
    let world = world(1);
    publish(&world, "eu-west-1", 1);
    let envelope = serde_json::to_value(after(&world, 0)[0].envelope()).unwrap();
    let id = envelope["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    let expected = json!({
        "version": "0",
        "id": id,
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": Account::DEFAULT.to_string(),
        "time": "1970-01-01T00:00:01Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:ec2:::0"],
        "detail": { "instance-id": "i-0", "state": "running" },
    });
    assert_eq!(envelope, expected);
}

#[test]
fn a_world_that_keeps_none_does_not_even_make_them() {
    let world = world(0);
    world
        .within(scope("us-east-1"), |ctx| {
            events::publish(ctx, "aws.ec2", "EC2 Instance State-change Notification", |_| {
                unreachable!("nobody wants it")
            })
        })
        .unwrap();
    assert!(after(&world, 0).is_empty());
    let dump = world.store().dump().unwrap();
    assert!(dump.is_empty(), "{dump:?}");
}
