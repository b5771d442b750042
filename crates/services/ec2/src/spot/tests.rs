//! The Spot market through the API.

use ironbird_api::ec2;
use ironbird_rig::Timestamp;

use crate::instance::tests::set_free;
use crate::testing::{call, code, world};

fn history() -> ec2::DescribeSpotPriceHistoryRequest {
    ec2::DescribeSpotPriceHistoryRequest {
        instance_types: Some(vec!["m5.large".to_owned(), "c5.large".to_owned()]),
        product_descriptions: Some(vec!["Linux/UNIX".to_owned()]),
        ..Default::default()
    }
}

#[test]
fn the_history_has_the_price_of_every_pool() {
    let world = world();
    let now = world.clock().now();
    let current = ec2::DescribeSpotPriceHistoryRequest {
        start_time: Some(now),
        availability_zone: Some("us-east-1a".to_owned()),
        ..history()
    };
    let prices = call::<ec2::DescribeSpotPriceHistory>(&world, &current).unwrap().spot_price_history.unwrap();
    let names: Vec<&str> = prices.iter().map(|price| price.instance_type.as_deref().unwrap()).collect();
    assert_eq!(names, ["c5.large", "m5.large"]);
    assert!(prices.iter().all(|price| price.timestamp.unwrap() <= now));
    let day = ec2::DescribeSpotPriceHistoryRequest {
        start_time: Some(Timestamp::from_secs(now.secs() - 86_400)),
        ..current
    };
    let prices = call::<ec2::DescribeSpotPriceHistory>(&world, &day).unwrap().spot_price_history.unwrap();
    // Six prices a day, and the one that stood at its beginning.
    assert_eq!(prices.len(), 14);
}

#[test]
fn pages_of_the_history_join() {
    let world = world();
    let all = call::<ec2::DescribeSpotPriceHistory>(
        &world,
        &ec2::DescribeSpotPriceHistoryRequest {
            start_time: Some(Timestamp::from_secs(world.clock().now().secs() - 86_400)),
            ..history()
        },
    );
    let all = all.unwrap().spot_price_history.unwrap();
    let mut joined = Vec::new();
    let mut token = None;
    loop {
        let page = call::<ec2::DescribeSpotPriceHistory>(
            &world,
            &ec2::DescribeSpotPriceHistoryRequest {
                start_time: Some(Timestamp::from_secs(world.clock().now().secs() - 86_400)),
                max_results: Some(9),
                next_token: token,
                ..history()
            },
        );
        let page = page.unwrap();
        joined.extend(page.spot_price_history.unwrap());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert!(joined == all);
    assert!(all.len() > 60);
}

#[test]
fn a_filter_that_matches_little_ends_its_page_early() {
    let world = world();
    let pages = |filter: Option<(&str, &str)>, types: Option<&[&str]>, most: usize| {
        let mut input = ec2::DescribeSpotPriceHistoryRequest {
            instance_types: types.map(|types| types.iter().map(|name| (*name).to_owned()).collect()),
            filters: filter.map(|(name, value)| {
                vec![ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }]
            }),
            ..Default::default()
        };
        let mut pages = Vec::new();
        while pages.len() < most {
            let page = call::<ec2::DescribeSpotPriceHistory>(&world, &input).unwrap();
            pages.push(page.spot_price_history.unwrap());
            input.next_token = page.next_token;
            if input.next_token.is_none() {
                break;
            }
        }
        (pages, input.next_token)
    };
    // No price of the whole Region is this one; that is not found out in one call.
    let (found, token) = pages(Some(("spot-price", "0.5")), None, 1);
    assert!(found[0].is_empty() && token.is_some());
    let types = ["m5.large", "c5.large", "r5.large"];
    let (all, _) = pages(None, Some(&types), usize::MAX);
    let all = all.concat();
    let day = |shown: &ec2::SpotPrice| shown.timestamp.unwrap().iso8601().starts_with("2025-12-07T");
    let (of_day, _) = pages(Some(("timestamp", "2025-12-07T*")), Some(&types), usize::MAX);
    assert!(of_day.len() > 1 && of_day.iter().all(|page| page.len() < 1000));
    assert!(of_day.concat() == all.iter().filter(|shown| day(shown)).cloned().collect::<Vec<_>>());
    let some = &all[700];
    let exact = some.timestamp.unwrap().iso8601();
    let (at, _) = pages(Some(("timestamp", &exact)), Some(&types), usize::MAX);
    assert!(at.concat().contains(some));
    let amount = some.spot_price.clone().unwrap();
    let (at, _) = pages(Some(("spot-price", &amount)), Some(&types), usize::MAX);
    assert!(at.concat().contains(some) && at.concat().iter().all(|it| it.spot_price == some.spot_price));
}

#[test]
fn a_history_that_ends_before_it_starts_is_empty() {
    let world = world();
    let now = world.clock().now().secs();
    let rows = |start: i64, end: Option<i64>| {
        let input = ec2::DescribeSpotPriceHistoryRequest {
            start_time: Some(Timestamp::from_secs(now + start)),
            end_time: end.map(|end| Timestamp::from_secs(now + end)),
            ..history()
        };
        call::<ec2::DescribeSpotPriceHistory>(&world, &input).unwrap().spot_price_history.unwrap().len()
    };
    assert_eq!(rows(-3_600, Some(-7_200)), 0);
    assert_eq!(rows(60, Some(-60)), 0);
    // A caller whose clock is ahead still learns the prices of now.
    assert!(rows(60, None) > 0);
    assert_eq!(rows(60, None), rows(60, Some(120)));
}

#[test]
fn scores_follow_capacity() {
    let world = world();
    let ask = |target_capacity, single| ec2::GetSpotPlacementScoresRequest {
        instance_types: Some(["m5.large", "c5.large", "r5.large"].map(str::to_owned).to_vec()),
        target_capacity,
        single_availability_zone: Some(single),
        region_names: Some(vec!["us-east-1".to_owned()]),
        ..Default::default()
    };
    let scores = |target, single| {
        let answer = call::<ec2::GetSpotPlacementScores>(&world, &ask(target, single)).unwrap();
        answer.spot_placement_scores.unwrap()
    };
    assert_eq!(scores(10, false)[0].score, Some(10));
    for zone in ["a", "b", "c", "d", "f"] {
        for name in ["m5.large", "c5.large", "r5.large"] {
            set_free(&world, &format!("us-east-1{zone}"), name, if zone == "c" { 40 } else { 0 });
        }
    }
    let by_zone = scores(100, true);
    let zone = ironbird_rig::catalogue::geography::zone("us-east-1c").unwrap().id;
    let at = |id: &str| {
        by_zone.iter().find(|score| score.availability_zone_id.as_deref() == Some(id)).unwrap().score
    };
    assert_eq!(at(zone), Some(7));
    let empty = ironbird_rig::catalogue::geography::zone("us-east-1a").unwrap().id;
    assert_eq!(at(empty), Some(1));
    let mut none = ask(10, false);
    none.target_capacity = 0;
    assert_eq!(code::<ec2::GetSpotPlacementScores>(&world, &none), "InvalidParameterValue");
}
