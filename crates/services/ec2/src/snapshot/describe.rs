//! DescribeSnapshots.

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::{Ctx, Result};

use super::{Snapshot, Snapshots, visible};
use crate::error;
use crate::filter::{Filters, Test, flag};
use crate::page::{USUAL, Window};
use crate::{resource, tag};

const FILTERS: &[&str] = &[
    "description",
    "encrypted",
    "owner-alias",
    "owner-id",
    "progress",
    "snapshot-id",
    "start-time",
    "status",
    "storage-tier",
    "volume-id",
    "volume-size",
];

fn state(ctx: &Ctx<'_>, snapshot: &Snapshot) -> &'static str {
    if snapshot.is_completed(ctx.now()) { "completed" } else { "pending" }
}

fn progress(ctx: &Ctx<'_>, snapshot: &Snapshot) -> String {
    let span = |from: i64, until: i64| until.saturating_sub(from).max(0);
    let whole = span(snapshot.started.nanos(), snapshot.completed.nanos()).max(1);
    let done = span(snapshot.started.nanos(), ctx.now().nanos());
    match snapshot.is_completed(ctx.now()) {
        true => "100%".to_owned(),
        false => format!("{}%", done.saturating_mul(100) / whole),
    }
}

/// What the API shows of a snapshot.
pub(super) fn view(ctx: &Ctx<'_>, snapshot: &Snapshot) -> ec2::Snapshot {
    let completed = snapshot.is_completed(ctx.now());
    ec2::Snapshot {
        tags: Some(tag::of(ctx, &snapshot.id).unwrap_or_default()),
        storage_tier: Some("standard".to_owned()),
        completion_time: completed.then_some(snapshot.completed),
        full_snapshot_size_in_bytes: completed.then(|| i64::from(snapshot.size) << 30),
        snapshot_id: Some(snapshot.id.clone()),
        volume_id: Some(snapshot.volume_id.clone()),
        state: Some(state(ctx, snapshot).to_owned()),
        start_time: Some(snapshot.started),
        progress: Some(progress(ctx, snapshot)),
        owner_id: Some(snapshot.owner.to_string()),
        description: Some(snapshot.description.clone()),
        volume_size: Some(snapshot.size),
        encrypted: Some(snapshot.encrypted),
        kms_key_id: snapshot.kms_key_id.clone(),
        ..Default::default()
    }
}

fn has(ctx: &Ctx<'_>, snapshot: &Snapshot, name: &str, test: Test<'_>) -> bool {
    match name {
        "description" => test(&snapshot.description),
        "encrypted" => test(flag(snapshot.encrypted)),
        "owner-id" => test(&snapshot.owner.to_string()),
        "progress" => test(&progress(ctx, snapshot)),
        "snapshot-id" => test(&snapshot.id),
        "start-time" => test(&snapshot.started.iso8601_millis()),
        "status" => test(state(ctx, snapshot)),
        "storage-tier" => test("standard"),
        "volume-id" => test(&snapshot.volume_id),
        "volume-size" => test(&snapshot.size.to_string()),
        // Nobody who has an alias owns any that are listed.
        _ => false,
    }
}

/// Whether one of the accounts that a request names owns it.
fn is_owned(snapshot: &Snapshot, owners: Option<&[String]>, own: Account) -> bool {
    let names = |owner: &String| match owner.as_str() {
        "self" => snapshot.owner == own,
        other => snapshot.owner.to_string() == other,
    };
    owners.filter(|owners| !owners.is_empty()).is_none_or(|owners| owners.iter().any(names))
}

/// Whether one of the users that a request names may make volumes of it.
fn is_restorable(snapshot: &Snapshot, users: Option<&[String]>, own: Account) -> bool {
    let names = |user: &String| match user.as_str() {
        "all" => snapshot.public,
        "self" => snapshot.users.contains(&own),
        other => Account::parse(other).is_some_and(|user| snapshot.users.contains(&user)),
    };
    users.filter(|users| !users.is_empty()).is_none_or(|users| users.iter().any(names))
}

pub(super) fn describe_snapshots(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeSnapshotsRequest,
) -> Result<ec2::DescribeSnapshotsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let account = ctx.scope().account;
    let named = input.snapshot_ids.as_deref().filter(|ids| !ids.is_empty());
    let mut snapshots: Vec<Snapshot> = match named {
        Some(ids) => ids.iter().map(|id| visible(ctx, id)).collect::<Result<_>>()?,
        None => {
            let own = ctx.scan::<Snapshots>(&ctx.scope().prefix()).map(|(_, snapshot)| snapshot);
            let given = resource::of_others::<Snapshots>(ctx).filter(|it| it.is_open_to(account));
            own.chain(given).cloned().collect()
        }
    };
    snapshots.retain(|snapshot| {
        is_owned(snapshot, input.owner_ids.as_deref(), account)
            && is_restorable(snapshot, input.restorable_by_user_ids.as_deref(), account)
            && filters.pass(ctx, &snapshot.id, |name, test| has(ctx, snapshot, name, test))
    });
    snapshots.sort_unstable_by(|left, right| left.id.cmp(&right.id));
    snapshots.dedup_by(|left, right| left.id == right.id);
    let page = window.list(snapshots.into_iter(), |snapshot| &snapshot.id);
    Ok(ec2::DescribeSnapshotsResult {
        next_token: page.next,
        snapshots: Some(page.items.iter().map(|snapshot| view(ctx, snapshot)).collect()),
    })
}
