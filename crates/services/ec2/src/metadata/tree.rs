//! Everything but credentials, as a tree of names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::ec2;
use ironbird_rig::Ctx;
use serde_json::{Map, Value, json};

use super::{devices, interfaces};
use crate::instance::record::{Instance, Launch};
use crate::instance::shared;
use crate::tag;

/// What `latest/` has for an instance; its tags only where they are to be seen.
pub(super) fn of(ctx: &Ctx<'_>, found: &Instance, launch: &Launch, tags: bool) -> Value {
    let Some(shown) = shared(ctx, &found.id) else { return Value::Null };
    let monitoring = shown.monitoring.as_ref().and_then(|monitoring| monitoring.state.clone());
    let mut latest = json!({
        "dynamic": {
            "fws": { "instance-monitoring": monitoring.unwrap_or_default() },
            // What is inside is answered apart; this is for the listing.
            "instance-identity": {},
        },
        "meta-data": meta_data(ctx, found, launch, &shown, tags),
    });
    let data = found.settings(launch).user_data.as_deref().and_then(|text| STANDARD.decode(text).ok());
    if let Some(data) = data {
        latest["user-data"] = String::from_utf8_lossy(&data).into();
    }
    latest
}

fn meta_data(ctx: &Ctx<'_>, found: &Instance, launch: &Launch, shown: &ec2::Instance, tags: bool) -> Value {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let placement = shown.placement.clone().unwrap_or_default();
    let groups = shown.security_groups.iter().flatten().filter_map(|group| group.group_name.clone());
    let mut all = json!({
        "ami-id": launch.image_id,
        "ami-launch-index": found.index.to_string(),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": devices::of(shown),
        // Nothing is ever scheduled for instances here.
        "events": { "maintenance": { "history": "[]", "scheduled": "[]" } },
        "hostname": text(&shown.private_dns_name),
        "instance-action": "none",
        "instance-id": found.id,
        "instance-life-cycle": if launch.market.is_spot() { "spot" } else { "on-demand" },
        "instance-type": text(&shown.instance_type),
        "local-hostname": text(&shown.private_dns_name),
        "local-ipv4": text(&shown.private_ip_address),
        "network": { "interfaces": { "macs": interfaces::of(ctx, shown) } },
        "placement": {
            "availability-zone": text(&placement.availability_zone),
            "availability-zone-id": text(&placement.availability_zone_id),
            "region": ctx.region().code(),
        },
        "reservation-id": found.reservation_id,
        "security-groups": groups.collect::<Vec<_>>().join("\n"),
        "services": { "domain": "amazonaws.com", "partition": ctx.region().partition() },
    });
    if let Some(group) = placement.group_name.filter(|name| !name.is_empty()) {
        all["placement"]["group-name"] = group.into();
    }
    if let Some(host) = placement.host_id {
        all["placement"]["host-id"] = host.into();
    }
    if let Some(number) = placement.partition_number {
        all["placement"]["partition-number"] = number.to_string().into();
    }
    let macs = shown.network_interfaces.iter().flatten();
    if let Some(mac) = macs.filter_map(|interface| interface.mac_address.clone()).next() {
        all["mac"] = mac.into();
    }
    if let Some(address) = shown.ipv6_address.as_ref() {
        all["ipv6"] = address.as_str().into();
    }
    if let Some(address) = shown.public_ip_address.as_ref() {
        all["public-ipv4"] = address.as_str().into();
        all["public-hostname"] = text(&shown.public_dns_name).into();
    }
    if found.profile(launch).is_some() {
        // What is inside is answered apart; this is for the listing.
        all["iam"] = json!({});
    }
    if let Some(key) = &launch.public_key {
        let name = launch.key_name.as_deref().unwrap_or_default();
        all["public-keys"] = json!({ format!("0={name}"): { "openssh-key": format!("{key} {name}") } });
    }
    if tags {
        let own: Map<String, Value> =
            tag::pairs(ctx, &found.id).map(|(key, value)| (key.to_owned(), value.into())).collect();
        all["tags"] = json!({ "instance": own });
    }
    notice(found, &mut all);
    all
}

/// What EC2 tells a Spot Instance before it takes it back.
fn notice(found: &Instance, all: &mut Value) {
    let Some(notice) = found.notice.as_deref() else { return };
    let recommended = json!({ "noticeTime": notice.recommended.iso8601() });
    all["events"]["recommendations"] = json!({ "rebalance": recommended.to_string() });
    if let (Some((behavior, at)), Some(_)) = (notice.action, notice.warned) {
        let action = json!({ "action": behavior.name(), "time": at.iso8601() });
        all["spot"] = json!({ "instance-action": action.to_string() });
        if behavior.name() == "terminate" {
            all["spot"]["termination-time"] = at.iso8601().into();
        }
    }
}
