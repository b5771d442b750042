//! CreateLoadBalancer.

use ironbird_api::elbv2 as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::record::{Kind, LoadBalancer, LoadBalancers};
use super::{lifecycle, network, save};
use crate::{arn, error, limits, tag};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    const IPV6: &str = "addresses of nodes are not chosen by IPv6";
    definition.write::<api::CreateLoadBalancer>(create_load_balancer).refuses::<api::CreateLoadBalancer>(&[
        ("CustomerOwnedIpv4Pool", "there are no Outposts"),
        ("EnablePrefixForIpv6SourceNat", IPV6),
        ("IpamPools", "there is no IP Address Manager"),
        ("SubnetMappings.IPv6Address", IPV6),
        ("SubnetMappings.SourceNatIpv6Prefix", IPV6),
    ])
}

/// Longest name of a load balancer or target group.
const LONGEST: usize = 32;

/// Checks a name; `what` is how errors call its bearer.
///
/// # Errors
/// `ValidationError`
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    let refused = if name.len() > LONGEST {
        format!("cannot be longer than '{LONGEST}' characters")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') || name.is_empty() {
        "can only contain characters that are alphanumeric characters or hyphens(-)".to_owned()
    } else if name.starts_with('-') || name.ends_with('-') {
        "cannot begin or end with '-'".to_owned()
    } else {
        return Ok(());
    };
    Err(error::validation(format!("{what} name '{name}' {refused}")))
}

/// The kind that a request names.
fn kind(word: Option<&str>) -> Result<Kind> {
    match word {
        None => Ok(Kind::Application),
        Some(word) => Kind::ALL
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| error::validation(format!("Load balancer type '{word}' is not valid"))),
    }
}

/// The address type that a load balancer of a kind is to have.
///
/// # Errors
/// `ValidationError` for one that the kind does not have.
pub(super) fn address_type(kind: Kind, asked: Option<&str>) -> Result<String> {
    match (kind, asked.unwrap_or("ipv4")) {
        (_, word @ ("ipv4" | "dualstack")) | (Kind::Application, word @ "dualstack-without-public-ipv4") => {
            Ok(word.to_owned())
        }
        (_, other) => {
            let message = format!("IP address type '{other}' is not supported for {}s", kind.title());
            Err(error::validation(message))
        }
    }
}

fn is_internal(kind: Kind, scheme: Option<&str>) -> Result<bool> {
    match (kind, scheme) {
        (Kind::Gateway, Some(_)) => {
            Err(error::validation("A scheme cannot be specified for gateway load balancers"))
        }
        (Kind::Gateway, None) => Ok(true),
        (_, scheme) => Ok(scheme == Some("internal")),
    }
}

fn create_load_balancer(
    ctx: &mut Ctx<'_>,
    input: &api::CreateLoadBalancerInput,
) -> Result<api::CreateLoadBalancerOutput> {
    let kind = kind(input.r#type.as_deref())?;
    check_name("Load balancer", &input.name)?;
    if input.name.starts_with("internal-") {
        let message = format!("Load balancer name '{}' cannot begin with 'internal-'", input.name);
        return Err(error::validation(message));
    }
    let internal = is_internal(kind, input.scheme.as_deref())?;
    let ip_address_type = address_type(kind, input.ip_address_type.as_deref())?;
    let tags = tag::read(input.tags.as_deref())?;
    let places = network::places(ctx, kind, input.subnets.as_deref(), input.subnet_mappings.as_deref())?;
    let vpc_id = places[0].vpc_id.clone();
    if !internal {
        network::needs_internet(ctx, &vpc_id)?;
    }
    let security_groups = network::groups(ctx, kind, &vpc_id, input.security_groups.as_deref())?;
    if let Some(same) = super::named(ctx, &input.name) {
        let stands_there =
            same.zones.iter().map(|zone| &zone.subnet_id).eq(places.iter().map(|it| &it.subnet_id));
        let alike = same.kind == kind
            && same.internal == internal
            && same.ip_address_type == ip_address_type
            && same.security_groups == security_groups
            && same.tags == tags
            && stands_there;
        return if alike { Ok(shown(ctx, same)) } else { Err(duplicate(&input.name)) };
    }
    check_limit(ctx, kind)?;
    let suffix = arn::fresh_suffix(ctx)?;
    let path = format!("{}/{}/{suffix}", kind.short(), input.name);
    let mut made = LoadBalancer {
        name: input.name.clone(),
        arn: arn::of(ctx, arn::What::LoadBalancer, &path),
        kind,
        internal,
        vpc_id,
        created: ctx.now(),
        active: lifecycle::active_from(ctx, &suffix),
        zones: Vec::with_capacity(places.len()),
        security_groups,
        ip_address_type,
        dns_name: dns_name(ctx, kind, internal, &input.name, &suffix),
        enforces_private_link: None,
        attributes: Default::default(),
        tags,
    };
    for place in &places {
        let zone = network::enter(ctx, &made, place)?;
        made.zones.push(zone);
    }
    // What is answered says `provisioning` even where that is over at once.
    let mut answer = shown(ctx, &made);
    let state = answer.load_balancers.iter_mut().flatten().filter_map(|it| it.state.as_mut());
    state.for_each(|state| state.code = Some("provisioning".to_owned()));
    let (name, active) = (made.name.clone(), made.active);
    save(ctx, made)?;
    lifecycle::begin(ctx, &name, active)?;
    Ok(answer)
}

fn shown(ctx: &Ctx<'_>, load_balancer: &LoadBalancer) -> api::CreateLoadBalancerOutput {
    api::CreateLoadBalancerOutput { load_balancers: Some(vec![load_balancer.view(ctx)]) }
}

fn duplicate(name: &str) -> Error {
    let message = format!("A load balancer with the same name '{name}' exists, but with different settings");
    Error::client("DuplicateLoadBalancerName", message)
}

fn check_limit(ctx: &Ctx<'_>, kind: Kind) -> Result<()> {
    let most = match kind {
        Kind::Gateway => limits::GATEWAY_LOAD_BALANCERS,
        Kind::Application | Kind::Network => limits::LOAD_BALANCERS,
    };
    let others = ctx.scan::<LoadBalancers>(&ctx.scope().prefix()).filter(|(_, other)| other.kind == kind);
    if others.count() < most {
        return Ok(());
    }
    let message = format!("The maximum number of {}s has been reached: {most}", kind.title());
    Err(Error::client("TooManyLoadBalancers", message))
}

fn dns_name(ctx: &Ctx<'_>, kind: Kind, internal: bool, name: &str, suffix: &str) -> Option<String> {
    let (region, domain) = (ctx.region().code(), ctx.region().facts().partition.dns_suffix);
    match kind {
        Kind::Application => {
            let digits = ctx.seed().child("elbv2.dns-name").child(suffix).bits() % 10_000_000_000;
            let internal = if internal { "internal-" } else { "" };
            Some(format!("{internal}{name}-{digits:010}.{region}.elb.{domain}"))
        }
        Kind::Network => Some(format!("{name}-{suffix}.elb.{region}.{domain}")),
        Kind::Gateway => None,
    }
}
