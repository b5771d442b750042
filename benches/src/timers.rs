//! How many timers a rehearsal's world runs a second: as many resources as a large fleet has, each woken over and over.

use ironbird_rig::clock::HostClock;
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Ctx, Region, Result, Scope, ServiceDef, Table, Timestamp};

/// Resources that wait for their timers at once: what fits the processor's caches, and what does not.
const RESOURCES: [u64; 2] = [10_000, 100_000];
/// Timers that are run.
const EVENTS: u64 = 2_000_000;
/// What a rehearsal should do a second.
const TARGET: f64 = 1e6;

const BEGIN: i64 = 1_772_000_000;
const SCOPE: Scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
/// Timer handlers, by their names.
const BARE: &str = "bench.bare";
const KEEPING: &str = "bench.keeping";

/// How often each resource was woken.
struct Wakes;

impl Table for Wakes {
    const NAME: &'static str = "bench.wakes";
    type Record = u64;
}

/// Sets the resource's next timer, from a second to a good quarter of an hour ahead, so that timers of many instants mix.
fn again(ctx: &mut Ctx<'_>, target: &'static str, resource: &str) -> Result<()> {
    let stride = resource.len() as i64 + i64::from(resource.as_bytes()[resource.len() - 1]) * 17;
    let due = Timestamp::from_nanos(ctx.now().nanos() + stride * 1_000_000_007);
    ctx.wake_at(due, target, resource).map(drop)
}

fn bare(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    again(ctx, BARE, resource)
}

/// Also reads and writes a record, as a resource that changes does.
fn keeping(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let key = ctx.scope().key(resource);
    let woken = ctx.peek::<Wakes>(&key).copied().unwrap_or_default() + 1;
    ctx.put::<Wakes>(key, woken)?;
    again(ctx, KEEPING, resource)
}

/// Runs timers that do nothing but set the next one, and timers that change a record too; prints how many a second.
///
/// # Errors
/// When the world cannot be written to.
pub fn measure() -> anyhow::Result<()> {
    for resources in RESOURCES {
        println!("\ntimers of a rehearsal, {resources} resources");
        for (target, what) in [(BARE, "set the next one"), (KEEPING, "change a record and set the next one")]
        {
            let rate = rate(resources, target)?;
            println!("  that {what}: {:.2} million a second; {:.2} of the target", rate / 1e6, rate / TARGET);
        }
    }
    Ok(())
}

fn rate(resources: u64, target: &'static str) -> anyhow::Result<f64> {
    let service = ServiceDef::new("sts").timer(BARE, bare).timer(KEEPING, keeping).table::<Wakes>();
    let world = World::rehearsal(vec![service], Settings::default(), Timestamp::from_secs(BEGIN));
    world.within(SCOPE, |ctx| {
        for number in 0..resources {
            let due = Timestamp::from_nanos(ctx.now().nanos() + number.cast_signed() * 1_000_003);
            ctx.wake_at(due, target, &format!("i-{number:017x}"))?;
        }
        Ok(())
    })?;
    let begin = HostClock::monotonic();
    for _ in 0..EVENTS {
        anyhow::ensure!(world.run_next_timer(Timestamp::from_nanos(i64::MAX)), "the timers ended");
    }
    Ok(EVENTS as f64 / begin.elapsed().as_secs_f64())
}
