//! Which resources a request is about, as ARNs.
//!
//! The Service Authorization Reference says what kinds of resources an action is about and how their ARNs are made. A request
//! names a resource by its ARN, or by a member called as the varying part of the ARN or as the kind: `InstanceIds`, `KeyName`.
//! What a request makes has no name yet, and stands as `instance/*`.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ironbird_iam::reference::{Action, ResourceType, Service};

use ironbird_wire::schema::{self, ShapeId};

use super::asked::Asked;
use super::need::Need;
use crate::arn::Arn;

/// A resource that a request is about.
pub(super) struct Named {
    /// The kind; none where the action has no resources.
    pub(super) kind: Option<&'static ResourceType>,
    /// Its ARN, or `*`.
    pub(super) arn: String,
}

/// Members that name resources and are called neither as the part of the ARN nor as the kind.
const CALLED: &[(&str, &str, &[&str])] = &[
    ("autoscaling", "autoScalingGroup", &["AutoScalingGroupName", "AutoScalingGroupNames", "ResourceId"]),
    ("autoscaling", "launchConfiguration", &["LaunchConfigurationName", "LaunchConfigurationNames"]),
    ("ec2", "dedicated-host", &["HostId", "HostIds"]),
    ("ec2", "elastic-ip", &["AllocationId", "AllocationIds"]),
    ("ec2", "key-pair", &["KeyName", "KeyNames"]),
    ("ec2", "placement-group", &["GroupName", "PlacementGroupName"]),
    ("ec2", "security-group", &["GroupId", "GroupIds", "Groups"]),
    ("ec2", "spot-instances-request", &["SpotInstanceRequestId", "SpotInstanceRequestIds"]),
    ("ec2", "vpc-flow-log", &["FlowLogIds"]),
    ("ec2", "vpn-gateway", &["VpnGatewayId", "VpnGatewayIds", "GatewayId"]),
    ("fis", "experiment", &["id", "experimentId"]),
    ("fis", "experiment-template", &["id", "experimentTemplateId"]),
    ("iam", "mfa", &["VirtualMFADeviceName", "SerialNumber"]),
    ("resource-groups", "group", &["Group", "GroupName"]),
    ("ssm", "parameter", &["Name", "Names", "Path"]),
];

/// The resources that the request names for an action; `*` where the action has none or the request names none.
pub(super) fn of_action(
    asked: &Asked<'_, '_>,
    service: &'static Service,
    action: &'static Action,
) -> Vec<Named> {
    let mut all = Vec::new();
    for used in &action.resources {
        let Some(kind) = service.resource(used.name) else { continue };
        let found = of_kind(asked, service.prefix, kind);
        if found.is_empty() && used.required {
            all.push(Named { kind: Some(kind), arn: unnamed(asked, kind) });
        }
        all.extend(found.into_iter().map(|arn| Named { kind: Some(kind), arn }));
    }
    if all.is_empty() {
        all.push(Named { kind: None, arn: "*".to_owned() });
    }
    all
}

/// The resource of an ARN.
pub(super) fn named(service: &'static Service, arn: String) -> Named {
    Named { kind: service.resources().iter().find(|kind| is_of(kind, &arn)), arn }
}

/// Roles that the request hands to the service: whoever does so has to be allowed to pass them.
pub(super) fn passed_roles(asked: &Asked<'_, '_>, needs: &mut Vec<Need>) {
    let name = asked.service.metadata.name.as_str();
    if matches!(name, "sts" | "iam") {
        return;
    }
    for leaf in asked.leaves() {
        let is_role = leaf.name.to_ascii_lowercase().ends_with("rolearn");
        if is_role && Arn::parse(&leaf.text).is_some_and(|arn| arn.service == "iam") {
            let to = format!("{}.amazonaws.com", asked.service.metadata.endpoint_prefix);
            needs.push(Need::new("iam:PassRole", &*leaf.text).with("iam:PassedToService", to));
        }
    }
}

fn of_kind(asked: &Asked<'_, '_>, prefix: &'static str, kind: &'static ResourceType) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let arns = asked.leaves().iter().filter(|leaf| leaf.text.starts_with("arn:") && is_of(kind, &leaf.text));
    found.extend(arns.map(|leaf| leaf.text.clone().into_owned()));
    if found.is_empty() {
        let names = members(prefix, kind);
        let named = names.iter().find(|name| asked.gives(name));
        let named = named.into_iter().flat_map(|name| asked.values(name));
        found.extend(named.filter(|text| !text.starts_with("arn:")).map(|text| arn(asked, kind, text)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The kinds of resources that an operation's action is about in any case and that nothing in its request could name, as
/// `action kind`: what it makes, and whatever this module does not find.
pub fn unnamed_kinds(service: &schema::Service, operation: &schema::Operation) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(shape) = operation.input {
        member_names(service, shape, 0, &mut names);
    }
    let mut missing = Vec::new();
    for action in &operation.iam_actions {
        let Some((prefix, name)) = action.split_once(':') else { continue };
        let Some(reference) = ironbird_iam::reference::service(prefix) else { continue };
        let Some(known) = reference.action(name) else { continue };
        for used in known.resources.iter().filter(|used| used.required) {
            let Some(kind) = reference.resource(used.name) else { continue };
            let by_name = members(reference.prefix, kind);
            let could_name = |name: &String| {
                by_name.iter().any(|by| by.eq_ignore_ascii_case(name))
                    || name.to_ascii_lowercase().contains("arn")
            };
            if !names.iter().any(could_name) {
                missing.push(format!("{action} {}", kind.name));
            }
        }
    }
    missing
}

fn member_names(service: &schema::Service, shape: ShapeId, depth: u8, names: &mut Vec<String>) {
    let found = service.shape(shape);
    for member in &found.members {
        names.push(member.name.clone());
    }
    if depth < 3 {
        for member in found.members.iter().chain(&found.elements) {
            member_names(service, member.target, depth + 1, names);
        }
    }
}

/// Members that name resources, by service and kind.
type Known = BTreeMap<(&'static str, &'static str), Arc<[String]>>;

/// The members that name a resource of a kind: the more telling first. Put together once for each kind of the reference.
fn members(prefix: &'static str, kind: &'static ResourceType) -> Arc<[String]> {
    static KNOWN: RwLock<Known> = RwLock::new(Known::new());
    let key = (prefix, kind.name);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(known);
    }
    let made = made_members(prefix, kind);
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&made));
    made
}

fn made_members(prefix: &str, kind: &'static ResourceType) -> Arc<[String]> {
    let called = CALLED.iter().find(|(service, name, _)| *service == prefix && *name == kind.name);
    if let Some((_, _, names)) = called {
        return names.iter().map(|name| (*name).to_owned()).collect();
    }
    let part = own_parts(kind).last().unwrap_or_default();
    let part = part.strip_suffix("WithPath").unwrap_or(part);
    let plain: String = kind.name.split(['-', '_', '/']).collect();
    let singular =
        [part.to_owned(), format!("{plain}Id"), format!("{plain}Name"), format!("{plain}Identifier")];
    let named = singular.into_iter().filter(|name| !name.is_empty());
    named.flat_map(|name| [format!("{name}s"), name]).collect()
}

/// The parts of a kind's ARN that its resources differ in.
fn own_parts(kind: &'static ResourceType) -> impl Iterator<Item = &'static str> {
    kind.parts().filter(|part| !matches!(*part, "Partition" | "Region" | "Account"))
}

/// The ARN of the resource of that name.
fn arn(asked: &Asked<'_, '_>, kind: &'static ResourceType, name: &str) -> String {
    let known =
        asked.ctx.world().authority().arn(asked.ctx, &asked.service.metadata.name, kind.name, Some(name));
    known.unwrap_or_else(|| filled(asked, kind, name))
}

/// The ARN of what the request does not name.
fn unnamed(asked: &Asked<'_, '_>, kind: &'static ResourceType) -> String {
    let known = asked.ctx.world().authority().arn(asked.ctx, &asked.service.metadata.name, kind.name, None);
    known.unwrap_or_else(|| filled(asked, kind, "*"))
}

/// An ARN of a kind's form; parts before the last that the request does not say stand as `*`.
fn filled(asked: &Asked<'_, '_>, kind: &'static ResourceType, name: &str) -> String {
    let scope = asked.ctx.scope();
    let account = scope.account.to_string();
    let last = own_parts(kind).last().unwrap_or_default();
    // A parameter's ARN has no slash twice: `parameter/a` is the one called `/a`.
    let name = if last.ends_with("WithoutLeadingSlash") { name.trim_start_matches('/') } else { name };
    let filled = kind.fill(|part| {
        Some(match part {
            "Partition" => scope.region.partition(),
            "Region" => scope.region.code(),
            "Account" => &account,
            _ if part == last => name,
            _ => "*",
        })
    });
    filled.unwrap_or_else(|| "*".to_owned())
}

/// Whether an ARN has the form of a kind's.
fn is_of(kind: &ResourceType, arn: &str) -> bool {
    let mut rest = arn;
    let mut form = kind.arn;
    while let Some((before, after)) = form.split_once("${") {
        let Some((part, after)) = after.split_once('}') else { return false };
        let Some(found) = rest.strip_prefix(before) else { return false };
        let next = after.split("${").next().unwrap_or_default();
        let end = if next.is_empty() { Some(found.len()) } else { found.find(next) };
        let Some(end) = end else { return false };
        let value = &found[..end];
        let deep = part.contains("Path") || part.contains("Slash");
        if !deep && value.contains('/') {
            return false;
        }
        rest = &found[end..];
        form = after;
    }
    rest == form
}

#[cfg(test)]
mod tests {
    use ironbird_iam::reference::service;

    use super::{is_of, members};

    #[test]
    fn arns_are_told_apart_by_their_form() {
        let elb = service("elasticloadbalancing").unwrap();
        let app = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
        assert!(is_of(elb.resource("loadbalancer/app/").unwrap(), app));
        assert!(!is_of(elb.resource("loadbalancer/net/").unwrap(), app));
        assert!(!is_of(elb.resource("targetgroup").unwrap(), app));
        let iam = service("iam").unwrap();
        assert!(is_of(iam.resource("role").unwrap(), "arn:aws:iam::123456789012:role/teams/a/Deploy"));
        assert!(!is_of(iam.resource("user").unwrap(), "arn:aws:iam::123456789012:role/Deploy"));
        assert!(!is_of(iam.resource("role").unwrap(), "arn:aws:iam::123456789012"));
    }

    #[test]
    fn resources_are_named_by_the_part_of_their_arn_or_by_their_kind() {
        let instance = members("ec2", service("ec2").unwrap().resource("instance").unwrap());
        assert!(instance.contains(&"InstanceIds".to_owned()) && instance.contains(&"InstanceId".to_owned()));
        let user = members("iam", service("iam").unwrap().resource("user").unwrap());
        assert!(user.contains(&"UserName".to_owned()), "{user:?}");
        let group =
            members("autoscaling", service("autoscaling").unwrap().resource("autoScalingGroup").unwrap());
        assert!(group.iter().any(|name| name.eq_ignore_ascii_case("AutoScalingGroupName")), "{group:?}");
    }
}
