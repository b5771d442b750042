//! Whether new volumes and copies of snapshots are encrypted, and with which key, unless their request says so.

use ironbird_api::ec2;
use ironbird_rig::context::uuid;
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::Shape;
use crate::error;

/// Each account's defaults in a Region.
struct Defaults;

impl Table for Defaults {
    const NAME: &'static str = "ec2.ebs-defaults";
    type Record = OwnDefaults;
}

/// An account's defaults in a Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OwnDefaults {
    encrypted: bool,
    /// None: the key that AWS keeps for the account.
    key: Option<String>,
}

/// What a request says of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// As in the shape, or as by default.
    AsItIs,
    /// Certainly.
    Wanted,
}

/// The name of the key that AWS keeps for each account.
const AMAZONS: &str = "alias/aws/ebs";

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Defaults>()
        .read::<ec2::GetEbsEncryptionByDefault>(get_ebs_encryption_by_default)
        .write::<ec2::EnableEbsEncryptionByDefault>(enable_ebs_encryption_by_default)
        .write::<ec2::DisableEbsEncryptionByDefault>(disable_ebs_encryption_by_default)
        .read::<ec2::GetEbsDefaultKmsKeyId>(get_ebs_default_kms_key_id)
        .write::<ec2::ModifyEbsDefaultKmsKeyId>(modify_ebs_default_kms_key_id)
        // No bytes are kept that could be encrypted.
        .records::<ec2::ModifyEbsDefaultKmsKeyId>(&["KmsKeyId"])
        .write::<ec2::ResetEbsDefaultKmsKeyId>(reset_ebs_default_kms_key_id)
}

fn own(ctx: &Ctx<'_>) -> OwnDefaults {
    ctx.peek::<Defaults>(&ctx.scope().prefix()).cloned().unwrap_or_default()
}

/// The ARN of a key that a request names by ARN, alias or id.
fn key_arn(ctx: &Ctx<'_>, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    let kind = if key.starts_with("alias/") { "" } else { "key/" };
    ctx.arn("kms", &format!("{kind}{key}"))
}

/// The ARN of the key that AWS keeps for the account.
fn amazons_key(ctx: &Ctx<'_>) -> String {
    let scope = ctx.scope();
    let seed = ctx.seed().child("kms.aws-ebs").child(&scope.account.to_string()).child(scope.region.code());
    ctx.arn("kms", &format!("key/{}", uuid(seed)))
}

/// Encrypts a volume or snapshot to be, if that is wanted or the account's default, and gives it its key.
pub(crate) fn encrypt(ctx: &Ctx<'_>, shape: &mut Shape, encryption: Encryption) {
    let defaults = own(ctx);
    shape.encrypted |= encryption == Encryption::Wanted || defaults.encrypted;
    if !shape.encrypted {
        return;
    }
    let key = shape.kms_key_id.take().or(defaults.key).map(|key| key_arn(ctx, &key));
    shape.kms_key_id = Some(key.unwrap_or_else(|| amazons_key(ctx)));
}

fn get_ebs_encryption_by_default(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetEbsEncryptionByDefaultRequest,
) -> Result<ec2::GetEbsEncryptionByDefaultResult> {
    error::dry_run(input.dry_run)?;
    let encrypted = own(ctx).encrypted;
    Ok(ec2::GetEbsEncryptionByDefaultResult {
        ebs_encryption_by_default: Some(encrypted),
        sse_type: encrypted.then(|| "sse-kms".to_owned()),
    })
}

fn set(ctx: &mut Ctx<'_>, change: impl FnOnce(&mut OwnDefaults)) -> Result<()> {
    let mut defaults = own(ctx);
    change(&mut defaults);
    ctx.put::<Defaults>(ctx.scope().prefix(), defaults)
}

fn enable_ebs_encryption_by_default(
    ctx: &mut Ctx<'_>,
    input: &ec2::EnableEbsEncryptionByDefaultRequest,
) -> Result<ec2::EnableEbsEncryptionByDefaultResult> {
    set(ctx, |defaults| defaults.encrypted = true)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::EnableEbsEncryptionByDefaultResult { ebs_encryption_by_default: Some(true) })
}

fn disable_ebs_encryption_by_default(
    ctx: &mut Ctx<'_>,
    input: &ec2::DisableEbsEncryptionByDefaultRequest,
) -> Result<ec2::DisableEbsEncryptionByDefaultResult> {
    set(ctx, |defaults| defaults.encrypted = false)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DisableEbsEncryptionByDefaultResult { ebs_encryption_by_default: Some(false) })
}

fn shown_key(ctx: &Ctx<'_>) -> String {
    own(ctx).key.unwrap_or_else(|| AMAZONS.to_owned())
}

fn get_ebs_default_kms_key_id(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetEbsDefaultKmsKeyIdRequest,
) -> Result<ec2::GetEbsDefaultKmsKeyIdResult> {
    error::dry_run(input.dry_run)?;
    Ok(ec2::GetEbsDefaultKmsKeyIdResult { kms_key_id: Some(shown_key(ctx)) })
}

fn modify_ebs_default_kms_key_id(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyEbsDefaultKmsKeyIdRequest,
) -> Result<ec2::ModifyEbsDefaultKmsKeyIdResult> {
    let key = key_arn(ctx, &input.kms_key_id);
    set(ctx, |defaults| defaults.key = Some(key))?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ModifyEbsDefaultKmsKeyIdResult { kms_key_id: Some(shown_key(ctx)) })
}

fn reset_ebs_default_kms_key_id(
    ctx: &mut Ctx<'_>,
    input: &ec2::ResetEbsDefaultKmsKeyIdRequest,
) -> Result<ec2::ResetEbsDefaultKmsKeyIdResult> {
    set(ctx, |defaults| defaults.key = None)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::ResetEbsDefaultKmsKeyIdResult { kms_key_id: Some(shown_key(ctx)) })
}
