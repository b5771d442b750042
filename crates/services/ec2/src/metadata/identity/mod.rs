//! `dynamic/instance-identity/`: the identity document and its signatures.
//!
//! `signature` is made with an RSA key over the SHA-256 digest; `rsa2048` (the same key) and `pkcs7` (a DSA key) are PKCS #7
//! signed data that hold the document, without PEM's first and last line. AWS prints the certificates of each Region's keys
//! in its user guide; those of a world are had from the lever `ec2.identity-certificates`. Source: "Instance identity documents for Amazon EC2
//! instances" and "Verify instance identity document" in the EC2 user guide.

mod certificate;
mod key;
mod signed;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::{Value, json};

use super::Answer;
use crate::instance::record::{Instance, Launch};
use crate::instance::shared;
use certificate::Owner;
use key::Key;

/// Adds this module's lever.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<key::Keys>().lever("ec2.identity-certificates", pull)
}

/// The lever: nothing to `{"dsa": "-----BEGIN CERTIFICATE…", "rsa": "…"}`.
fn pull(ctx: &mut Ctx<'_>, _: &Value) -> Result<Value> {
    let rsa = certificate::pem(&Key::rsa(ctx)?, &owner(ctx, "rsa"));
    Ok(json!({ "dsa": certificate::pem(&Key::dsa(ctx), &owner(ctx, "dsa")), "rsa": rsa }))
}

fn owner(ctx: &Ctx<'_>, kind: &str) -> Owner {
    let region = ctx.region().code().to_owned();
    let serial = ctx.seed().child("ec2.identity-serial").child(kind).child(&region).bits();
    Owner { region, serial }
}

/// Answers a path below `dynamic/instance-identity`; none for any other.
///
/// # Errors
/// Internal ones.
pub(super) fn read(
    ctx: &mut Ctx<'_>,
    found: &Instance,
    launch: &Launch,
    path: &str,
) -> Result<Option<Answer>> {
    let Some(rest) = path.strip_prefix("latest/dynamic/instance-identity") else { return Ok(None) };
    let Some(shown) = shared(ctx, &found.id) else { return Ok(None) };
    let document = format!("{:#}", document(ctx, &shown, launch));
    Ok(Some(match rest.trim_matches('/') {
        "" => Answer::text("document\npkcs7\nrsa2048\nsignature"),
        "document" => Answer::text(document),
        "pkcs7" => {
            let data = signed::signed(&Key::dsa(ctx), &owner(ctx, "dsa"), document.as_bytes());
            Answer::text(lines(&data, 64))
        }
        "rsa2048" => {
            let data = signed::signed(&Key::rsa(ctx)?, &owner(ctx, "rsa"), document.as_bytes());
            Answer::text(lines(&data, 64))
        }
        "signature" => Answer::text(lines(&Key::rsa(ctx)?.sign(document.as_bytes()), 76)),
        _ => super::missing(),
    }))
}

/// Base64 in lines of `width` characters.
fn lines(bytes: &[u8], width: usize) -> String {
    let encoded: Vec<char> = STANDARD.encode(bytes).chars().collect();
    encoded.chunks(width).map(String::from_iter).collect::<Vec<_>>().join("\n")
}

/// The instance identity document.
fn document(ctx: &Ctx<'_>, shown: &ec2::Instance, launch: &Launch) -> Value {
    json!({
        "accountId": ctx.scope().account.to_string(),
        "architecture": launch.architecture,
        "availabilityZone": launch.zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "marketplaceProductCodes": null,
        "imageId": launch.image_id,
        "instanceId": shown.instance_id,
        "instanceType": shown.instance_type,
        "kernelId": null,
        "pendingTime": shown.launch_time.map(|at| at.iso8601()),
        "privateIp": shown.private_ip_address,
        "ramdiskId": null,
        "region": ctx.region().code(),
        "version": "2017-09-30",
    })
}
