//! How a world treats calls, timers and time, seen through a service that is made for it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

use ironbird_api::sts::{
    AssumeRole, AssumeRoleRequest, AssumeRoleResponse, GetAccessKeyInfo, GetAccessKeyInfoRequest,
    GetAccessKeyInfoResponse,
};
use ironbird_rig::fault::{FaultRule, Matcher};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{
    Account, Ctx, Error, Key, Principal, Region, Result, Scope, ServiceDef, Table, Timestamp,
};

/// What happened, by time: the made-up service's only table.
struct Notes;

impl Table for Notes {
    const NAME: &'static str = "test.notes";
    type Record = String;
}

fn note(ctx: &mut Ctx<'_>, text: &str) -> Result<()> {
    let number = ctx.next_number("test")?;
    let at = ctx.now().secs();
    ctx.put::<Notes>(Key::new().number(number), format!("{at} {text}"))
}

/// Writes a note, then fails if the session is named so, then sets a timer.
fn assume_role(ctx: &mut Ctx<'_>, input: &AssumeRoleRequest) -> Result<AssumeRoleResponse> {
    note(ctx, &input.role_session_name)?;
    if input.role_session_name == "fail" {
        return Err(Error::client("Refused", "as asked"));
    }
    if input.role_session_name == "panic" {
        panic!("as asked");
    }
    let due = Timestamp::from_secs(ctx.now().secs() + 60);
    ctx.wake_at(due, "sts.test", &input.role_session_name)?;
    Ok(AssumeRoleResponse::default())
}

/// Reads, or tries to write if the key is named so; or calls the other operation as a service.
fn get_access_key_info(
    ctx: &mut Ctx<'_>,
    input: &GetAccessKeyInfoRequest,
) -> Result<GetAccessKeyInfoResponse> {
    if input.access_key_id == "write" {
        note(ctx, "written while reading")?;
    }
    Ok(GetAccessKeyInfoResponse { account: Some(ctx.scope().account.to_string()) })
}

fn wake(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    note(ctx, &format!("woke {resource}"))?;
    match resource {
        "emit" => ctx.emit("test.topic", "someone"),
        "broken" => Err(Error::client("Broken", "timers fail too")),
        "call" => {
            let mut input = AssumeRoleRequest { role_session_name: "fail".to_owned(), ..Default::default() };
            let refused = ctx.call::<AssumeRole>("test.amazonaws.com", &input).err();
            note(ctx, refused.map_or("accepted".to_owned(), |error| error.code().to_owned()).as_str())?;
            input.role_session_name = "called".to_owned();
            ctx.call::<AssumeRole>("test.amazonaws.com", &input).map(drop)
        }
        _ => Ok(()),
    }
}

fn heard(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    note(ctx, &format!("heard of {resource}"))
}

fn services() -> Vec<ServiceDef> {
    let service = ServiceDef::new("sts")
        .write::<AssumeRole>(assume_role)
        .records::<AssumeRole>(&["Policy", "Tags.Key"])
        .refuses::<AssumeRole>(&[("SerialNumber", "there are no MFA devices")])
        .read::<GetAccessKeyInfo>(get_access_key_info)
        .timer("sts.test", wake)
        .timer("sts.heard", heard)
        .listen("test.topic", "sts.heard")
        .table::<Notes>();
    vec![service]
}

const SCOPE: Scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
const ROOT: Principal = Principal::Root { account: Account::DEFAULT };

fn world() -> World {
    World::rehearsal(services(), Settings::default(), Timestamp::from_secs(1000))
}

fn request(session: &str) -> AssumeRoleRequest {
    AssumeRoleRequest { role_session_name: session.to_owned(), ..Default::default() }
}

fn assume(world: &World, session: &str) -> Result<AssumeRoleResponse> {
    world.call::<AssumeRole>(SCOPE, ROOT, &request(session))
}

fn notes(world: &World) -> Vec<String> {
    world
        .look(SCOPE, |ctx| Ok(ctx.scan::<Notes>(&Key::new()).map(|(_, text)| text.clone()).collect()))
        .unwrap()
}

#[test]
fn a_failed_call_leaves_nothing_but_its_audit_record() {
    let world = world();
    let error = assume(&world, "fail").err().unwrap();
    assert_eq!((error.code(), error.status()), ("Refused", 400));
    assert_eq!(notes(&world), Vec::<String>::new());
    let events = world.look(SCOPE, |ctx| Ok(ironbird_rig::audit::events(ctx))).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].error, Some(("Refused".to_owned(), "as asked".to_owned())));
    assert!(events[0].request.contains(r#""roleSessionName":"fail""#), "{}", events[0].request);
}

#[test]
fn a_panicking_handler_leaves_the_world_usable() {
    let world = world();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assume(&world, "panic").is_ok()));
    assert!(panicked.is_err());
    assume(&world, "after").unwrap();
    assert_eq!(notes(&world), ["1000 after"]);
}

#[test]
fn an_operation_that_reads_cannot_write() {
    let world = world();
    let input = GetAccessKeyInfoRequest { access_key_id: "write".to_owned() };
    let error = world.call::<GetAccessKeyInfo>(SCOPE, ROOT, &input).err().unwrap();
    assert_eq!((error.code(), error.status()), ("InternalFailure", 500));
    assert!(notes(&world).is_empty());
}

#[test]
fn timers_run_in_order_each_at_its_own_time() {
    let world = world();
    assume(&world, "a").unwrap();
    world.run_until(Timestamp::from_secs(1030));
    assume(&world, "emit").unwrap();
    world.run_until(Timestamp::from_secs(2000));
    let expected = ["1000 a", "1030 emit", "1060 woke a", "1090 woke emit", "1090 heard of someone"];
    assert_eq!(notes(&world), expected);
    assert_eq!(world.clock().now(), Timestamp::from_secs(2000));
}

#[test]
fn a_timer_that_fails_is_undone_and_the_next_one_runs() {
    let world = world();
    assume(&world, "broken").unwrap();
    assume(&world, "fine").unwrap();
    world.run_until(Timestamp::from_secs(1100));
    assert_eq!(notes(&world), ["1000 broken", "1000 fine", "1060 woke fine"]);
}

#[test]
fn a_service_calls_another_in_its_own_transaction() {
    let world = world();
    assume(&world, "call").unwrap();
    world.run_until(Timestamp::from_secs(1060));
    assert_eq!(notes(&world), ["1000 call", "1060 woke call", "1060 Refused", "1060 called"]);
    let events = world.look(SCOPE, |ctx| Ok(ironbird_rig::audit::events(ctx))).unwrap();
    let called = events.iter().filter(|event| event.source == "test.amazonaws.com").count();
    assert_eq!(called, 2);
}

#[test]
fn recorded_parameters_are_named_and_refused_ones_stop_the_call() {
    let world = world();
    let mut input = request("a");
    input.policy = Some("{}".to_owned());
    input.tags = Some(vec![ironbird_api::sts::Tag { key: "team".to_owned(), value: "x".to_owned() }]);
    let outcome = world.invoke(origin(&world), "sts", "AssumeRole", &input);
    assert!(outcome.result.is_ok());
    assert_eq!(outcome.no_effect, ["AssumeRole.Policy", "AssumeRole.Tags.Key"]);

    input.serial_number = Some("GAHT12345678".to_owned());
    let refused = world.invoke(origin(&world), "sts", "AssumeRole", &input).result.err().unwrap();
    assert_eq!(refused.code(), "UnsupportedOperation");
    assert!(refused.message().contains("SerialNumber"), "{refused}");
}

fn origin(world: &World) -> ironbird_rig::world::Origin {
    ironbird_rig::world::Origin {
        scope: SCOPE,
        principal: ROOT,
        access_key: None,
        request_id: world.request_id(),
        source: "127.0.0.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

#[test]
fn a_fault_hits_its_share_of_the_calls_in_its_span() {
    let world = world();
    let rule = FaultRule {
        id: "half".to_owned(),
        matching: Matcher { operation: Some("AssumeRole".to_owned()), ..Matcher::default() },
        share: 0.5,
        from: Timestamp::from_secs(1000),
        until: Some(Timestamp::from_secs(2000)),
        code: "InternalError".to_owned(),
        message: "injected".to_owned(),
        status: 500,
    };
    world.within(SCOPE, |ctx| rule.clone().keep(ctx)).unwrap();
    let failed = (0..200).filter(|_| assume(&world, "x").is_err()).count();
    assert!((70..130).contains(&failed), "{failed} of 200");
    let input = GetAccessKeyInfoRequest { access_key_id: "x".to_owned() };
    assert!(world.call::<GetAccessKeyInfo>(SCOPE, ROOT, &input).is_ok());
    world.run_until(Timestamp::from_secs(2000));
    assert!((0..50).all(|_| assume(&world, "x").is_ok()));

    let absurd = FaultRule { share: 1.5, ..rule };
    assert!(world.within(SCOPE, |ctx| absurd.keep(ctx)).is_err());
}

#[test]
fn a_fault_may_ask_what_the_request_mentions() {
    let world = world();
    let rule = FaultRule {
        id: "one".to_owned(),
        matching: Matcher { mentions: vec!["victim".to_owned()], ..Matcher::default() },
        share: 1.0,
        from: Timestamp::from_secs(0),
        until: None,
        code: "InternalError".to_owned(),
        message: "injected".to_owned(),
        status: 500,
    };
    world.within(SCOPE, |ctx| rule.keep(ctx)).unwrap();
    assert!(assume(&world, "victim").is_err());
    assert!(assume(&world, "other").is_ok());
}

#[test]
fn a_seed_gives_the_same_state_to_the_byte() {
    let run = |seed| {
        let settings = Settings { seed, ..Settings::default() };
        let world = World::rehearsal(services(), settings, Timestamp::from_secs(1000));
        for session in ["a", "call", "emit", "fail"] {
            drop(assume(&world, session));
        }
        world.run_until(Timestamp::from_secs(5000));
        world.store().dump().unwrap()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8), "request ids come from the seed");
}

#[test]
fn a_fork_has_a_future_of_its_own() {
    let world = world();
    assume(&world, "a").unwrap();
    let fork = world.fork();
    fork.run_until(Timestamp::from_secs(1100));
    assert_eq!(notes(&fork), ["1000 a", "1060 woke a"]);
    assert_eq!(notes(&world), ["1000 a"]);
}

#[test]
fn a_restart_keeps_timers_and_the_lead_of_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let open = || World::live(services(), Settings::default(), Some(directory.path())).unwrap();
    let world = open();
    assume(&world, "a").unwrap();
    let before = world.advance(Duration::from_secs(30)).unwrap();
    drop(world);

    let world = open();
    assert!(world.clock().now() >= before);
    assert_eq!(notes(&world).len(), 1);
    world.advance(Duration::from_secs(60)).unwrap();
    let after = notes(&world);
    assert_eq!(after.len(), 2, "{after:?}");
    assert!(after[1].ends_with("woke a"), "{after:?}");
}

#[test]
fn a_handler_works_in_another_scope_and_comes_back() {
    let elsewhere = Scope { account: Account::parse("222222222222").unwrap(), ..SCOPE };
    let failed = world().within(SCOPE, |ctx| {
        let caller = ctx.caller().clone();
        ctx.within(elsewhere, |ctx| {
            assert_eq!((ctx.scope(), ctx.caller()), (elsewhere, &caller));
            ctx.within(SCOPE, |ctx| {
                assert_eq!(ctx.scope(), SCOPE);
                Ok(())
            })?;
            assert_eq!(ctx.scope(), elsewhere);
            Err::<(), _>(Error::client("Refused", "as asked"))
        })
        .inspect_err(|_| assert_eq!(ctx.scope(), SCOPE))
    });
    assert_eq!(failed.unwrap_err().code(), "Refused");
}
