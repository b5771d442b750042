//! Key pairs.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::{Filters, Test};
use crate::{error, kinds, tag};

mod material;
#[cfg(test)]
mod tests;

use material::PublicKey;

/// All key pairs: (scope, name).
pub struct KeyPairs;

impl Table for KeyPairs {
    const NAME: &'static str = "ec2.key-pairs";
    type Record = KeyPair;
}

/// A key pair. Only its public half is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPair {
    /// `key-…`
    pub id: String,
    /// Name, unique in the account and Region.
    pub name: String,
    /// `rsa` or `ed25519`.
    pub key_type: String,
    /// As AWS computes it.
    pub fingerprint: String,
    /// `ssh-rsa AAAA…`, without a comment.
    pub public_key: String,
    /// When it was made or imported.
    pub created: Timestamp,
}

/// Key pairs of an account in a Region: the quota of a new account.
const MAX: usize = 5_000;

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<KeyPairs>()
        .write::<ec2::CreateKeyPair>(create_key_pair)
        .write::<ec2::ImportKeyPair>(import_key_pair)
        .read::<ec2::DescribeKeyPairs>(describe_key_pairs)
        .write::<ec2::DeleteKeyPair>(delete_key_pair)
}

/// The key pair of that name.
///
/// # Errors
/// `InvalidKeyPair.NotFound`
pub fn find<'t>(ctx: &'t Ctx<'_>, name: &str) -> Result<&'t KeyPair> {
    ctx.peek::<KeyPairs>(&ctx.scope().key(name)).ok_or_else(|| {
        Error::client("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))
    })
}

/// Checks that there is a key pair of that name.
///
/// # Errors
/// `InvalidKeyPair.NotFound`
pub fn check(ctx: &Ctx<'_>, name: &str) -> Result<()> {
    find(ctx, name).map(drop)
}

fn all<'t, 'w>(ctx: &'t Ctx<'w>) -> impl Iterator<Item = &'t KeyPair> + use<'t, 'w> {
    ctx.scan::<KeyPairs>(&ctx.scope().prefix()).map(|(_, pair)| pair)
}

fn by_id<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t KeyPair> {
    all(ctx).find(|pair| pair.id == id).ok_or_else(|| kinds::KEY_PAIR.not_found(id))
}

/// Checks the name of a new key pair.
fn check_new(ctx: &Ctx<'_>, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(error::missing_parameter("KeyName"));
    }
    if name.len() > 255 || !name.is_ascii() || name.trim() != name {
        let reason = "It must be up to 255 ASCII characters, without leading or trailing spaces.";
        return Err(error::invalid_parameter_value_because(name, "KeyName", reason));
    }
    if find(ctx, name).is_ok() {
        return Err(Error::client("InvalidKeyPair.Duplicate", "The keypair already exists"));
    }
    if all(ctx).nth(MAX - 1).is_some() {
        let message = format!("Maximum of {MAX} keypairs reached.");
        return Err(Error::client("KeyPairLimitExceeded", message));
    }
    Ok(())
}

fn keep(
    ctx: &mut Ctx<'_>,
    name: &str,
    key: PublicKey,
    tags: Option<&[ec2::TagSpecification]>,
) -> Result<KeyPair> {
    tag::check_types(tags, &[kinds::KEY_PAIR.resource_type])?;
    let pair = KeyPair {
        id: ctx.fresh_id("key")?,
        name: name.to_owned(),
        key_type: key.key_type.to_owned(),
        fingerprint: key.fingerprint,
        public_key: key.openssh,
        created: ctx.now(),
    };
    ctx.put::<KeyPairs>(ctx.scope().key(name), pair.clone())?;
    tag::apply(ctx, tags, kinds::KEY_PAIR.resource_type, &pair.id)?;
    Ok(pair)
}

fn create_key_pair(ctx: &mut Ctx<'_>, input: &ec2::CreateKeyPairRequest) -> Result<ec2::KeyPair> {
    check_new(ctx, &input.key_name)?;
    match input.key_format.as_deref() {
        None | Some("pem") => {}
        Some("ppk") => {
            return Err(Ctx::unsupported("KeyFormat ppk", "ask for pem and convert it with puttygen"));
        }
        Some(other) => return Err(error::invalid_parameter_value(other, "KeyFormat")),
    }
    // Drawing a key takes a while, so a dry run ends before.
    error::dry_run(input.dry_run)?;
    let seed = ctx.fresh_seed("ec2.key-pair")?;
    let (public, private) = material::draw(input.key_type.as_deref().unwrap_or("rsa"), seed)?;
    let pair = keep(ctx, &input.key_name, public, input.tag_specifications.as_deref())?;
    Ok(ec2::KeyPair {
        tags: tag::of(ctx, &pair.id),
        key_pair_id: Some(pair.id),
        key_name: Some(pair.name),
        key_fingerprint: Some(pair.fingerprint),
        key_material: Some(private),
    })
}

fn import_key_pair(ctx: &mut Ctx<'_>, input: &ec2::ImportKeyPairRequest) -> Result<ec2::ImportKeyPairResult> {
    check_new(ctx, &input.key_name)?;
    let public = material::read(&input.public_key_material.0)?;
    let pair = keep(ctx, &input.key_name, public, input.tag_specifications.as_deref())?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ImportKeyPairResult {
        tags: tag::of(ctx, &pair.id),
        key_fingerprint: Some(pair.fingerprint),
        key_name: Some(pair.name),
        key_pair_id: Some(pair.id),
    })
}

fn describe_key_pairs(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeKeyPairsRequest,
) -> Result<ec2::DescribeKeyPairsResult> {
    error::dry_run(input.dry_run)?;
    let filters = Filters::read(input.filters.as_deref(), &["fingerprint", "key-name", "key-pair-id"], true)?;
    let names = input.key_names.as_deref().unwrap_or_default();
    let ids = input.key_pair_ids.as_deref().unwrap_or_default();
    let mut pairs: Vec<&KeyPair> = Vec::new();
    for name in names {
        pairs.push(find(ctx, name)?);
    }
    for id in ids {
        pairs.push(by_id(ctx, id)?);
    }
    if names.is_empty() && ids.is_empty() {
        pairs.extend(all(ctx));
    }
    pairs.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    pairs.dedup_by(|left, right| left.name == right.name);
    let has = |pair: &KeyPair, name: &str, test: Test<'_>| match name {
        "fingerprint" => test(&pair.fingerprint),
        "key-name" => test(&pair.name),
        _ => test(&pair.id),
    };
    let passing =
        pairs.into_iter().filter(|pair| filters.pass(ctx, &pair.id, |name, test| has(pair, name, test)));
    let shown = passing.map(|pair| ec2::KeyPairInfo {
        key_pair_id: Some(pair.id.clone()),
        key_type: Some(pair.key_type.clone()),
        tags: tag::of(ctx, &pair.id),
        public_key: (input.include_public_key == Some(true))
            .then(|| format!("{} {}\n", pair.public_key, pair.name)),
        create_time: Some(pair.created),
        key_name: Some(pair.name.clone()),
        key_fingerprint: Some(pair.fingerprint.clone()),
    });
    Ok(ec2::DescribeKeyPairsResult { key_pairs: Some(shown.collect()) })
}

fn delete_key_pair(ctx: &mut Ctx<'_>, input: &ec2::DeleteKeyPairRequest) -> Result<ec2::DeleteKeyPairResult> {
    // A key pair that does not exist is deleted without a word, as on AWS.
    let pair = match (&input.key_name, &input.key_pair_id) {
        (Some(_), Some(_)) => return Err(error::exclusive("KeyName", "KeyPairId")),
        (None, None) => return Err(error::missing_parameter("KeyName")),
        (Some(name), None) => find(ctx, name).ok().cloned(),
        (None, Some(id)) => by_id(ctx, id).ok().cloned(),
    };
    if let Some(pair) = &pair {
        ctx.delete::<KeyPairs>(&ctx.scope().key(&pair.name))?;
        tag::remove_all(ctx, &pair.id)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteKeyPairResult { r#return: Some(true), key_pair_id: pair.map(|pair| pair.id) })
}
