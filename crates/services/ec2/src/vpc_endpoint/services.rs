//! The services that endpoints lead to: DescribeVpcEndpointServices, and the host names of endpoints.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use super::VpcEndpoint;
use crate::error;
use crate::filter::Filters;
use crate::page::Window;

/// Services with gateway endpoints.
const GATEWAYS: [&str; 2] = ["dynamodb", "s3"];

/// Services with interface endpoints: last part of the name, and the host name that it goes by in a Region, without the
/// Region and what follows, where that is another. Source: "AWS services that integrate with AWS PrivateLink" in the
/// PrivateLink guide; it is not all of them, and every Region here has the same ones.
const INTERFACES: [(&str, &str); 78] = [
    ("access-analyzer", ""),
    ("account", ""),
    ("acm-pca", ""),
    ("airflow.api", "api.airflow"),
    ("application-autoscaling", ""),
    ("athena", ""),
    ("autoscaling", ""),
    ("backup", ""),
    ("batch", ""),
    ("bedrock", ""),
    ("bedrock-runtime", ""),
    ("cloudformation", ""),
    ("cloudtrail", ""),
    ("codeartifact.api", "codeartifact"),
    ("codeartifact.repositories", "d.codeartifact"),
    ("codebuild", ""),
    ("codecommit", ""),
    ("codedeploy", ""),
    ("codepipeline", ""),
    ("config", ""),
    ("datasync", ""),
    ("dynamodb", ""),
    ("ebs", ""),
    ("ec2", ""),
    ("ec2messages", ""),
    ("ecr.api", "api.ecr"),
    ("ecr.dkr", "*.dkr.ecr"),
    ("ecs", ""),
    ("ecs-agent", "ecs-a"),
    ("ecs-telemetry", "ecs-t"),
    ("eks", ""),
    ("elasticbeanstalk", ""),
    ("elasticfilesystem", ""),
    ("elasticloadbalancing", ""),
    ("elasticmapreduce", ""),
    ("events", ""),
    ("execute-api", "*.execute-api"),
    ("fis", ""),
    ("git-codecommit", ""),
    ("glue", ""),
    ("greengrass", ""),
    ("imagebuilder", ""),
    ("inspector2", ""),
    ("iot.credentials", "credentials.iot"),
    ("iot.data", "data.iot"),
    ("kinesis-firehose", "firehose"),
    ("kinesis-streams", "kinesis"),
    ("kms", ""),
    ("lambda", ""),
    ("license-manager", ""),
    ("logs", ""),
    ("monitoring", ""),
    ("organizations", ""),
    ("outposts", ""),
    ("profile", ""),
    ("rds", ""),
    ("rds-data", ""),
    ("redshift", ""),
    ("redshift-data", ""),
    ("rekognition", ""),
    ("resource-groups", ""),
    ("s3", "*.s3"),
    ("sagemaker.api", "api.sagemaker"),
    ("sagemaker.runtime", "runtime.sagemaker"),
    ("scheduler", ""),
    ("secretsmanager", ""),
    ("servicecatalog", ""),
    ("sns", ""),
    ("sqs", ""),
    ("ssm", ""),
    ("ssmmessages", ""),
    ("states", ""),
    ("storagegateway", ""),
    ("sts", ""),
    ("sync-states", ""),
    ("synthetics", ""),
    ("transfer", ""),
    ("xray", ""),
];

/// A service in the call's Region.
pub(super) struct Service {
    /// `com.amazonaws.us-east-1.s3`
    pub(super) name: String,
    pub(super) gateway: bool,
    /// Last part of its name.
    short: &'static str,
    /// Host name that it goes by.
    host: Option<String>,
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<ec2::DescribeVpcEndpointServices>(describe_vpc_endpoint_services)
}

fn all(ctx: &Ctx<'_>) -> impl Iterator<Item = Service> {
    let region = ctx.region().code();
    let suffix = ctx.region().facts().partition.dns_suffix;
    let name = move |short: &str| format!("com.amazonaws.{region}.{short}");
    let gateways =
        GATEWAYS.iter().map(move |short| Service { name: name(short), gateway: true, short, host: None });
    let interfaces = INTERFACES.iter().map(move |(short, host)| {
        let host = if host.is_empty() { short } else { host };
        // S3's usual names lead to the gateway unless the endpoint says otherwise; DynamoDB's always do.
        let host = (*short != "dynamodb").then(|| format!("{host}.{region}.{suffix}"));
        Service { name: name(short), gateway: false, short, host }
    });
    gateways.chain(interfaces)
}

/// The service of that name and kind.
///
/// # Errors
/// `InvalidServiceName`.
pub(super) fn find(ctx: &Ctx<'_>, name: &str, gateway: bool) -> Result<Service> {
    all(ctx).find(|service| service.name == name && service.gateway == gateway).ok_or_else(|| {
        let message = format!("The Vpc Endpoint Service '{name}' does not exist");
        Error::client("InvalidServiceName", message)
    })
}

impl Service {
    /// Whether its usual host names can lead to an endpoint.
    pub(super) const fn has_private_dns(&self) -> bool {
        self.host.is_some()
    }
}

fn detail(ctx: &Ctx<'_>, service: &Service) -> ec2::ServiceDetail {
    let (region, suffix) = (ctx.region().code(), ctx.region().facts().partition.dns_suffix);
    let seed = ctx.seed().child("ec2.vpc-endpoint-service").child(&service.name);
    let zones = || ctx.region().facts().availability_zones();
    let base = match service.gateway {
        true => format!("{}.{region}.{suffix}", service.short),
        false => format!("{}.{region}.vpce.{suffix}", service.short),
    };
    let private = |name: &String| ec2::PrivateDnsDetails { private_dns_name: Some(name.clone()) };
    ec2::ServiceDetail {
        service_name: Some(service.name.clone()),
        service_id: Some(format!("vpce-svc-0{:016x}", seed.nth(u64::from(service.gateway)).bits())),
        service_type: Some(vec![ec2::ServiceTypeDetail {
            service_type: Some(super::kind(service.gateway).to_owned()),
        }]),
        service_region: Some(region.to_owned()),
        availability_zone_ids: Some(zones().map(|zone| zone.id.to_owned()).collect()),
        availability_zones: Some(zones().map(|zone| zone.name.to_owned()).collect()),
        owner: Some("amazon".to_owned()),
        base_endpoint_dns_names: Some(vec![base]),
        private_dns_name: service.host.clone(),
        private_dns_names: service.host.as_ref().map(|name| vec![private(name)]),
        vpc_endpoint_policy_supported: Some(true),
        acceptance_required: Some(false),
        manages_vpc_endpoints: Some(false),
        private_dns_name_verification_state: service.host.as_ref().map(|_| "verified".to_owned()),
        supported_ip_address_types: (!service.gateway).then(|| vec!["ipv4".to_owned()]),
        tags: Some(Vec::new()),
        ..Default::default()
    }
}

fn describe_vpc_endpoint_services(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeVpcEndpointServicesRequest,
) -> Result<ec2::DescribeVpcEndpointServicesResult> {
    error::dry_run(input.dry_run)?;
    let region = ctx.region().code();
    if let Some(other) = input.service_regions.iter().flatten().find(|wanted| *wanted != region) {
        return Err(Ctx::unsupported(
            &format!("ServiceRegions={other}"),
            "endpoints lead to services of their Region",
        ));
    }
    let names = ["owner", "service-name", "service-region", "service-type", "supported-ip-address-types"];
    let filters = Filters::read(input.filters.as_deref(), &names, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let mut services: Vec<Service> = all(ctx).collect();
    if let Some(wanted) = input.service_names.as_deref().filter(|wanted| !wanted.is_empty()) {
        if let Some(unknown) = wanted.iter().find(|name| !services.iter().any(|it| it.name == **name)) {
            let message = format!("The Vpc Endpoint Service '{unknown}' does not exist");
            return Err(Error::client("InvalidServiceName", message));
        }
        services.retain(|service| wanted.contains(&service.name));
    }
    services.retain(|service| {
        filters.pass(ctx, &service.name, |name, test| match name {
            "owner" => test("amazon"),
            "service-name" => test(&service.name),
            "service-region" => test(region),
            "service-type" => test(super::kind(service.gateway)),
            _ => !service.gateway && test("ipv4"),
        })
    });
    let order = |service: &Service| format!("{}/{}", service.name, u8::from(!service.gateway));
    services.sort_by_key(order);
    let keyed: Vec<(String, Service)> = services.into_iter().map(|it| (order(&it), it)).collect();
    let page = window.list(keyed.into_iter(), |(key, _)| key);
    let mut service_names: Vec<String> = page.items.iter().map(|(_, service)| service.name.clone()).collect();
    service_names.dedup();
    Ok(ec2::DescribeVpcEndpointServicesResult {
        service_names: Some(service_names),
        service_details: Some(page.items.iter().map(|(_, service)| detail(ctx, service)).collect()),
        next_token: page.next,
    })
}

/// The host names of an interface endpoint: its own, those of its zones, and the service's if they are to lead here.
pub(super) fn dns_entries(ctx: &Ctx<'_>, endpoint: &VpcEndpoint) -> Vec<ec2::DnsEntry> {
    let Ok(service) = find(ctx, &endpoint.service_name, false) else { return Vec::new() };
    if endpoint.gateway {
        return Vec::new();
    }
    let (region, suffix) = (ctx.region().code(), ctx.region().facts().partition.dns_suffix);
    let seed = ctx.seed().child("ec2.vpc-endpoint-dns").child(&endpoint.id);
    let code = format!("{:08x}", seed.bits() >> 32);
    let zone = |seed: ironbird_rig::seed::Seed| format!("Z{:012X}", seed.bits() >> 16);
    let public_zone = zone(ctx.seed().child("ec2.vpc-endpoint-zone").child(region));
    let entry = |dns_name: String, hosted_zone_id: String| ec2::DnsEntry {
        dns_name: Some(dns_name),
        hosted_zone_id: Some(hosted_zone_id),
    };
    let stem = format!("{}-{code}", endpoint.id);
    let short = service.short;
    let mut entries = vec![entry(format!("{stem}.{short}.{region}.vpce.{suffix}"), public_zone.clone())];
    for (subnet, _) in &endpoint.subnets {
        let home = ctx.peek::<crate::subnet::Subnets>(&ctx.scope().key(subnet));
        let Some(home) = home else { continue };
        let name = format!("{stem}-{}.{short}.{region}.vpce.{suffix}", home.zone);
        entries.push(entry(name, public_zone.clone()));
    }
    if let Some(host) = service.host.filter(|_| endpoint.private_dns) {
        entries.push(entry(host, zone(seed.child("private"))));
    }
    entries
}
