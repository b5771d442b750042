//! Spot requests and interruptions through the API, on the clock.

use ironbird_api::ec2;
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::catalogue::market::price;
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Timestamp, World, metering};
use serde_json::json;

use crate::instance::record::Instances;
use crate::instance::tests::{free, image, set_free};
use crate::testing::{call, code, scope, world, world_with};

const ZONE: &str = "us-east-1a";

fn ask(world: &World) -> ec2::RequestSpotInstancesRequest {
    ec2::RequestSpotInstancesRequest {
        launch_specification: Some(ec2::RequestSpotLaunchSpecification {
            image_id: Some(image(world)),
            instance_type: Some("m5.large".to_owned()),
            placement: Some(ec2::SpotPlacement {
                availability_zone: Some(ZONE.to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn persistent(world: &World) -> ec2::RequestSpotInstancesRequest {
    ec2::RequestSpotInstancesRequest { r#type: Some("persistent".to_owned()), ..ask(world) }
}

fn request(world: &World, input: &ec2::RequestSpotInstancesRequest) -> String {
    let answer = call::<ec2::RequestSpotInstances>(world, input).unwrap();
    answer.spot_instance_requests.unwrap()[0].spot_instance_request_id.clone().unwrap()
}

fn show(world: &World, id: &str) -> ec2::SpotInstanceRequest {
    let input = ec2::DescribeSpotInstanceRequestsRequest {
        spot_instance_request_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let answer = call::<ec2::DescribeSpotInstanceRequests>(world, &input).unwrap();
    answer.spot_instance_requests.unwrap().remove(0)
}

/// State and status code.
fn stands(world: &World, id: &str) -> (String, String) {
    let shown = show(world, id);
    (shown.state.unwrap(), shown.status.unwrap().code.unwrap())
}

fn at(state: &str, code: &str) -> (String, String) {
    (state.to_owned(), code.to_owned())
}

fn instance_state(world: &World, id: &str) -> String {
    let input =
        ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let answer = call::<ec2::DescribeInstances>(world, &input).unwrap();
    answer.reservations.unwrap()[0].instances.as_ref().unwrap()[0].state.clone().unwrap().name.unwrap()
}

fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

fn interrupt(world: &World, id: &str, seconds: i64) {
    let given = json!({ "instance": id, "seconds": seconds });
    world.within(scope(), |ctx| ctx.pull("ec2.interrupt-spot", &given)).unwrap();
}

fn told(world: &World, id: &str) -> Option<super::interruption::Notice> {
    let key = scope().key(id);
    world
        .look(scope(), |ctx| Ok(ctx.peek::<Instances>(&key).and_then(|it| it.notice.as_deref().copied())))
        .unwrap()
}

#[test]
fn a_request_is_evaluated_and_then_fulfilled() {
    let world = world_with(Settings { transitions: Transitions::Realistic, ..Settings::default() });
    let id = request(&world, &ask(&world));
    assert_eq!(stands(&world, &id), at("open", "pending-evaluation"));
    later(&world, 10);
    let shown = show(&world, &id);
    assert_eq!(stands(&world, &id), at("active", "fulfilled"));
    assert_eq!(shown.launched_availability_zone.as_deref(), Some(ZONE));
    assert_eq!(shown.r#type.as_deref(), Some("one-time"));
    let launch = shown.launch_specification.unwrap();
    assert_eq!(launch.instance_type.as_deref(), Some("m5.large"));
    assert_eq!(instance_state(&world, &shown.instance_id.unwrap()), "pending");
}

#[test]
fn a_request_waits_for_capacity_and_for_its_time() {
    let world = world();
    set_free(&world, ZONE, "m5.large", 0);
    let dry = request(&world, &ask(&world));
    assert_eq!(stands(&world, &dry), at("open", "capacity-not-available"));
    let from = Timestamp::from_secs(world.clock().now().secs() + 3600);
    let until = Timestamp::from_secs(world.clock().now().secs() + 7200);
    let dated =
        ec2::RequestSpotInstancesRequest { valid_from: Some(from), valid_until: Some(until), ..ask(&world) };
    let dated = request(&world, &dated);
    assert_eq!(stands(&world, &dated), at("open", "not-scheduled-yet"));
    later(&world, 3601);
    assert_eq!(stands(&world, &dated), at("open", "capacity-not-available"));
    set_free(&world, ZONE, "m5.large", 1);
    later(&world, 61);
    let fulfilled = [stands(&world, &dry), stands(&world, &dated)];
    assert!(fulfilled.contains(&at("active", "fulfilled")), "{fulfilled:?}");
    assert!(fulfilled.contains(&at("open", "capacity-not-available")), "{fulfilled:?}");
    later(&world, 3600);
    let both = [stands(&world, &dry), stands(&world, &dated)];
    assert!(both.iter().all(|(state, _)| state != "closed"), "{both:?}");
    assert!(stands(&world, &dated).0 == "cancelled");
}

#[test]
fn an_empty_price_is_none() {
    let world = world();
    let asked = |price: Option<&str>| {
        let input = ec2::RequestSpotInstancesRequest { spot_price: price.map(str::to_owned), ..ask(&world) };
        show(&world, &request(&world, &input)).spot_price
    };
    // Terraform sends an empty one where its user gives none: the limit is then the On-Demand price.
    assert_eq!(asked(Some("")), asked(None));
    assert!(asked(None).is_some());
}

#[test]
fn a_price_below_the_markets_waits() {
    let world = world();
    let low = ec2::RequestSpotInstancesRequest { spot_price: Some("0.0001".to_owned()), ..ask(&world) };
    let id = request(&world, &low);
    assert_eq!(stands(&world, &id), at("open", "price-too-low"));
    assert_eq!(show(&world, &id).spot_price.as_deref(), Some("0.000100"));
    let cancel = ec2::CancelSpotInstanceRequestsRequest {
        spot_instance_request_ids: vec![id.clone()],
        ..Default::default()
    };
    let answer = call::<ec2::CancelSpotInstanceRequests>(&world, &cancel).unwrap();
    let cancelled = &answer.cancelled_spot_instance_requests.unwrap()[0];
    assert_eq!(cancelled.state.as_deref(), Some("cancelled"));
    assert_eq!(stands(&world, &id), at("cancelled", "canceled-before-fulfillment"));
    later(&world, 3601);
    let gone = ec2::DescribeSpotInstanceRequestsRequest {
        spot_instance_request_ids: Some(vec![id]),
        ..Default::default()
    };
    assert_eq!(
        code::<ec2::DescribeSpotInstanceRequests>(&world, &gone),
        "InvalidSpotInstanceRequestID.NotFound"
    );
}

#[test]
fn an_interruption_is_announced_two_minutes_before() {
    let world = world();
    let id = request(&world, &ask(&world));
    let instance = show(&world, &id).instance_id.unwrap();
    interrupt(&world, &instance, 300);
    let recommended = told(&world, &instance).unwrap();
    assert_eq!((recommended.recommended, recommended.warned), (world.clock().now(), None));
    later(&world, 179);
    assert_eq!(stands(&world, &id), at("active", "fulfilled"));
    later(&world, 2);
    assert!(told(&world, &instance).unwrap().warned.is_some());
    assert_eq!(stands(&world, &id), at("active", "marked-for-termination-by-experiment"));
    assert_eq!(instance_state(&world, &instance), "running");
    later(&world, 118);
    assert_eq!(instance_state(&world, &instance), "running");
    later(&world, 2);
    assert_eq!(instance_state(&world, &instance), "terminated");
    assert_eq!(stands(&world, &id), at("closed", "instance-terminated-by-experiment"));
}

#[test]
fn a_persistent_request_stops_its_instance_and_gets_it_back() {
    let world = world();
    let stops = ec2::RequestSpotInstancesRequest {
        instance_interruption_behavior: Some("stop".to_owned()),
        ..persistent(&world)
    };
    let id = request(&world, &stops);
    let instance = show(&world, &id).instance_id.unwrap();
    interrupt(&world, &instance, 120);
    later(&world, 121);
    assert_eq!(instance_state(&world, &instance), "stopped");
    assert_eq!(stands(&world, &id), at("disabled", "instance-stopped-by-experiment"));
    let start = ec2::StartInstancesRequest { instance_ids: vec![instance.clone()], ..Default::default() };
    assert_eq!(code::<ec2::StartInstances>(&world, &start), "IncorrectSpotRequestState");
    later(&world, 121);
    assert_eq!(instance_state(&world, &instance), "running");
    assert_eq!(stands(&world, &id), at("active", "fulfilled"));
    // The user stops it, and may start it.
    let stop = ec2::StopInstancesRequest { instance_ids: vec![instance.clone()], ..Default::default() };
    call::<ec2::StopInstances>(&world, &stop).unwrap();
    assert_eq!(stands(&world, &id), at("disabled", "instance-stopped-by-user"));
    later(&world, 600);
    assert_eq!(instance_state(&world, &instance), "stopped");
    call::<ec2::StartInstances>(&world, &start).unwrap();
    assert_eq!(stands(&world, &id), at("active", "fulfilled"));
}

#[test]
fn a_persistent_request_asks_again_until_it_is_cancelled() {
    let world = world();
    let id = request(&world, &persistent(&world));
    let first = show(&world, &id).instance_id.unwrap();
    let terminate = |instance: &str| ec2::TerminateInstancesRequest {
        instance_ids: vec![instance.to_owned()],
        ..Default::default()
    };
    call::<ec2::TerminateInstances>(&world, &terminate(&first)).unwrap();
    assert_eq!(stands(&world, &id), at("open", "instance-terminated-by-user"));
    later(&world, 61);
    let second = show(&world, &id).instance_id.unwrap();
    assert_ne!(first, second);
    let cancel = ec2::CancelSpotInstanceRequestsRequest {
        spot_instance_request_ids: vec![id.clone()],
        ..Default::default()
    };
    call::<ec2::CancelSpotInstanceRequests>(&world, &cancel).unwrap();
    assert_eq!(stands(&world, &id), at("cancelled", "request-canceled-and-instance-running"));
    assert_eq!(instance_state(&world, &second), "running");
    call::<ec2::TerminateInstances>(&world, &terminate(&second)).unwrap();
    later(&world, 61);
    assert_eq!(stands(&world, &id), at("cancelled", "instance-terminated-by-user"));
}

#[test]
fn a_pool_that_is_taken_back_interrupts_spot_only() {
    let world = world();
    let run = |market: Option<&str>, count| ec2::RunInstancesRequest {
        image_id: Some(image(&world)),
        instance_type: Some("m5.large".to_owned()),
        min_count: count,
        max_count: count,
        placement: Some(ec2::Placement { availability_zone: Some(ZONE.to_owned()), ..Default::default() }),
        instance_market_options: market.map(|market| ec2::InstanceMarketOptionsRequest {
            market_type: Some(market.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    call::<ec2::RunInstances>(&world, &run(None, 2)).unwrap();
    let spot = call::<ec2::RunInstances>(&world, &run(Some("spot"), 5)).unwrap().instances.unwrap();
    assert!(spot.iter().all(|instance| instance.spot_instance_request_id.is_some()));
    set_free(&world, ZONE, "m5.large", 1);
    let pool =
        PoolId { region: scope().region, zone: ZONE, instance_type: "m5.large", tenancy: Tenancy::Default };
    world.within(scope(), |ctx| capacity::reclaim(ctx, pool, 4)).unwrap();
    later(&world, 1);
    let warned = |world: &World| {
        spot.iter().filter(|it| told(world, it.instance_id.as_deref().unwrap()).is_some()).count()
    };
    assert_eq!(warned(&world), 3);
    later(&world, 700);
    let states: Vec<String> =
        spot.iter().map(|it| instance_state(&world, it.instance_id.as_deref().unwrap())).collect();
    assert_eq!(states.iter().filter(|state| *state == "terminated").count(), 3, "{states:?}");
    // What was taken back is gone.
    assert_eq!(free(&world, ZONE, "m5.large"), 0);
    let codes: Vec<String> = spot
        .iter()
        .map(|it| stands(&world, it.spot_instance_request_id.as_deref().unwrap()).1)
        .filter(|code| code == "instance-terminated-no-capacity")
        .collect();
    assert_eq!(codes.len(), 3);
}

#[test]
fn a_price_above_the_limit_ends_an_instance() {
    let world = world();
    let history = ec2::DescribeSpotPriceHistoryRequest {
        instance_types: Some(vec!["m5.large".to_owned()]),
        product_descriptions: Some(vec!["Linux/UNIX".to_owned()]),
        availability_zone: Some(ZONE.to_owned()),
        start_time: Some(world.clock().now()),
        ..Default::default()
    };
    let price = |world: &World| -> f64 {
        let input =
            ec2::DescribeSpotPriceHistoryRequest { start_time: Some(world.clock().now()), ..history.clone() };
        let answer = call::<ec2::DescribeSpotPriceHistory>(world, &input).unwrap();
        answer.spot_price_history.unwrap()[0].spot_price.as_ref().unwrap().parse().unwrap()
    };
    let limit = price(&world);
    let exact = ec2::RequestSpotInstancesRequest { spot_price: Some(limit.to_string()), ..ask(&world) };
    let id = request(&world, &exact);
    assert_eq!(stands(&world, &id), at("active", "fulfilled"));
    for _ in 0..24 * 30 {
        later(&world, 3600);
        if price(&world) > limit {
            break;
        }
    }
    assert!(price(&world) > limit, "the price never rose");
    later(&world, 121);
    assert_eq!(stands(&world, &id), at("closed", "instance-terminated-by-price"));
}

#[test]
fn the_bill_follows_the_price() {
    let world = world();
    let start = world.clock().now();
    request(&world, &ask(&world));
    later(&world, 48 * 3600);
    let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, start, ctx.now()))).unwrap();
    let billed = lines.iter().find(|line| line.usage_type == "SpotUsage:m5.large").unwrap();
    let mut expected = 0.0;
    let mut prices = std::collections::BTreeSet::new();
    for minute in 0..48 * 60 {
        let at = Timestamp::from_secs(start.secs() + minute * 60);
        let price = price(world.seed(), ZONE, "m5.large", "Linux/UNIX", at).unwrap();
        prices.insert(price);
        expected += price.0 as f64 / 60.0;
    }
    assert!(prices.len() > 1, "the price never moved");
    let cost = billed.cost.unwrap() as f64;
    assert!((cost - expected).abs() / expected < 1e-6, "{cost} {expected}");
    assert!((billed.hours() - 48.0).abs() < 1e-9);
}

#[test]
fn nonsense_is_refused() {
    let world = world();
    let base = ask(&world);
    let stop = ec2::RequestSpotInstancesRequest {
        instance_interruption_behavior: Some("stop".to_owned()),
        ..base.clone()
    };
    assert_eq!(code::<ec2::RequestSpotInstances>(&world, &stop), "InvalidParameterCombination");
    let kind = ec2::RequestSpotInstancesRequest { r#type: Some("forever".to_owned()), ..base.clone() };
    assert_eq!(code::<ec2::RequestSpotInstances>(&world, &kind), "InvalidParameterValue");
    let none = ec2::RequestSpotInstancesRequest { instance_count: Some(0), ..base.clone() };
    assert_eq!(code::<ec2::RequestSpotInstances>(&world, &none), "InvalidParameterValue");
    let price = ec2::RequestSpotInstancesRequest { spot_price: Some("cheap".to_owned()), ..base.clone() };
    assert_eq!(code::<ec2::RequestSpotInstances>(&world, &price), "InvalidParameterValue");
    let empty = ec2::RequestSpotInstancesRequest { launch_specification: None, ..base };
    assert_eq!(code::<ec2::RequestSpotInstances>(&world, &empty), "MissingParameter");
    let cancel = ec2::CancelSpotInstanceRequestsRequest {
        spot_instance_request_ids: vec!["sir-12345678".to_owned()],
        ..Default::default()
    };
    assert_eq!(
        code::<ec2::CancelSpotInstanceRequests>(&world, &cancel),
        "InvalidSpotInstanceRequestID.NotFound"
    );
}
