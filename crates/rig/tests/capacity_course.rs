//! How pools went: by steps, in bounded memory, and not at all where nobody looks.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

use ironbird_rig::capacity::course::{self, MOST, Span};
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Region, Scope, Timestamp};

const POOL: PoolId<'static> = PoolId {
    region: Region::DEFAULT,
    zone: "us-east-1a",
    instance_type: "m5.large",
    tenancy: Tenancy::Default,
};

fn world(events: u64) -> World {
    World::rehearsal(Vec::new(), Settings { events, ..Settings::default() }, at(1000))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(second)
}

fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

fn set_free(world: &World, free: u64, per_hour: Option<u64>) {
    world.within(scope(), |ctx| capacity::set_free(ctx, POOL, free, per_hour)).unwrap();
}

fn take(world: &World, count: u64) {
    world.within(scope(), |ctx| capacity::take(ctx, POOL, count)).unwrap().unwrap();
}

fn give_back(world: &World, count: u64) {
    world.within(scope(), |ctx| capacity::give_back(ctx, POOL, count)).unwrap();
}

fn pass(world: &World, seconds: u64) {
    world.advance(Duration::from_secs(seconds)).unwrap();
}

/// Size, used and least free in each span.
fn spans(world: &World, bounds: &[i64]) -> Vec<Option<(u64, u64, u64)>> {
    let bounds: Vec<Timestamp> = bounds.iter().map(|second| at(*second)).collect();
    let spans = world.look(scope(), |ctx| Ok(course::spans(ctx, POOL, &bounds))).unwrap();
    spans
        .into_iter()
        .map(|span| span.map(|Span { size, used, least_free }| (size, used, least_free)))
        .collect()
}

#[test]
fn a_span_shows_how_it_ended_and_how_scarce_it_was() {
    let world = world(1);
    set_free(&world, 10, None);
    pass(&world, 5);
    take(&world, 10);
    give_back(&world, 4);
    pass(&world, 10);
    assert_eq!(
        spans(&world, &[980, 990, 1001, 1003, 1006, 1010, 1015]),
        [None, Some((10, 0, 10)), Some((10, 0, 10)), Some((10, 6, 0)), Some((10, 6, 4)), Some((10, 6, 4))],
        "it was dry within one second"
    );
    assert_eq!(spans(&world, &[1006, 1010]), [Some((10, 6, 4))], "what came before counts as it was left");
    assert_eq!(world.look(scope(), |ctx| Ok(course::begin(ctx))).unwrap(), Some(at(1000)));
}

#[test]
fn a_pool_that_refills_grows_between_its_steps() {
    let world = world(1);
    take(&world, 5);
    set_free(&world, 0, Some(60));
    pass(&world, 600);
    assert_eq!(spans(&world, &[1000, 1300, 1600]), [Some((10, 5, 0)), Some((15, 5, 5))]);
}

#[test]
fn steps_are_bounded_and_the_first_and_the_last_stay() {
    let world = world(1);
    set_free(&world, 5000, None);
    for _ in 0..3 * MOST {
        pass(&world, 1);
        take(&world, 1);
    }
    let steps = world.store().dump().unwrap().iter().filter(|(table, ..)| *table == "rig.pool-steps").count();
    assert!((MOST / 2..=MOST).contains(&(steps as u64)), "{steps} steps");
    let taken = i64::try_from(3 * MOST).unwrap();
    let course = spans(&world, &[990, 1100, 1000 + taken / 2, 1001 + taken]);
    let used: Vec<i64> = course.iter().flatten().map(|(_, used, _)| i64::try_from(*used).unwrap()).collect();
    assert_eq!((used.len(), used[2]), (3, taken), "the newest is exact");
    let near = |found: i64, expected: i64| (found - expected).abs() <= 16;
    assert!(near(used[0], 99) && near(used[1], taken / 2 - 1), "what is old is coarser, not wrong: {used:?}");
}

#[test]
fn nothing_is_kept_where_no_events_are() {
    let world = world(0);
    take(&world, 1);
    assert!(world.store().dump().unwrap().iter().all(|(table, ..)| !table.starts_with("rig.pool-step")));
    assert_eq!(spans(&world, &[1000, 1001]), [None]);
}
