//! Flow logs, as their owner describes them. No packets flow here, so nothing is ever logged.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::filter::Test;
use crate::network_interface::NetworkInterfaces;
use crate::once::Once;
use crate::resource::{self, Ask, Kind, Resource};
use crate::subnet::Subnets;
use crate::vpc::Vpcs;
use crate::{error, kinds, tag};

/// All flow logs.
struct FlowLogs;

impl Table for FlowLogs {
    const NAME: &'static str = "ec2.flow-logs";
    type Record = FlowLog;
}

/// A flow log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FlowLog {
    /// `fl-…`
    id: String,
    created: Timestamp,
    /// VPC, subnet or network interface.
    resource_id: String,
    traffic_type: String,
    destination_type: String,
    destination: Option<String>,
    group_name: Option<String>,
    permission_arn: Option<String>,
    cross_account_role: Option<String>,
    format: String,
    /// Seconds.
    interval: i32,
    /// File format, Hive-compatible, by the hour.
    files: Option<(String, bool, bool)>,
}

/// Fields of a log whose owner names none. Source: "Flow log records" in the VPC user guide.
const FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<FlowLogs>()
        .read::<ec2::DescribeFlowLogs>(describe_flow_logs)
        .write::<ec2::CreateFlowLogs>(create_flow_logs)
        // No packets flow.
        .records::<ec2::CreateFlowLogs>(&[
            "DeliverCrossAccountRole",
            "DeliverLogsPermissionArn",
            "DestinationOptions",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceIds",
            "ResourceType",
            "TrafficType",
        ])
        .write::<ec2::DeleteFlowLogs>(delete_flow_logs)
}

impl Resource for FlowLogs {
    const KIND: Kind = kinds::FLOW_LOG;
    const FILTERS: &'static [&'static str] = &[
        "deliver-log-status",
        "flow-log-id",
        "log-destination-type",
        "log-group-name",
        "resource-id",
        "traffic-type",
    ];
    type View = ec2::FlowLog;

    fn id(log: &FlowLog) -> &str {
        &log.id
    }

    fn has(_: &Ctx<'_>, log: &FlowLog, name: &str, test: Test<'_>) -> bool {
        match name {
            "deliver-log-status" => test("SUCCESS"),
            "flow-log-id" => test(&log.id),
            "log-destination-type" => test(&log.destination_type),
            "log-group-name" => log.group_name.as_deref().is_some_and(test),
            "resource-id" => test(&log.resource_id),
            "traffic-type" => test(&log.traffic_type),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, log: &FlowLog) -> ec2::FlowLog {
        let files = log.files.as_ref().map(|(format, hive, hour)| ec2::DestinationOptionsResponse {
            file_format: Some(format.clone()),
            hive_compatible_partitions: Some(*hive),
            per_hour_partition: Some(*hour),
        });
        ec2::FlowLog {
            creation_time: Some(log.created),
            deliver_logs_permission_arn: log.permission_arn.clone(),
            deliver_cross_account_role: log.cross_account_role.clone(),
            deliver_logs_status: Some("SUCCESS".to_owned()),
            flow_log_id: Some(log.id.clone()),
            flow_log_status: Some("ACTIVE".to_owned()),
            log_group_name: log.group_name.clone(),
            resource_id: Some(log.resource_id.clone()),
            traffic_type: Some(log.traffic_type.clone()),
            log_destination_type: Some(log.destination_type.clone()),
            log_destination: log.destination.clone(),
            log_format: Some(log.format.clone()),
            tags: Some(tag::of(ctx, &log.id).unwrap_or_default()),
            max_aggregation_interval: Some(log.interval),
            destination_options: files,
            ..Default::default()
        }
    }
}

/// Forgets the logs of a resource that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
fn remove(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<FlowLogs>(&ctx.scope().key(id))?;
    tag::remove_all(ctx, id)
}

fn describe_flow_logs(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeFlowLogsRequest,
) -> Result<ec2::DescribeFlowLogsResult> {
    error::dry_run(input.dry_run)?;
    let page = resource::describe::<FlowLogs>(
        ctx,
        &Ask {
            ids: input.flow_log_ids.as_deref(),
            filters: input.filter.as_deref(),
            max_results: input.max_results,
            next_token: input.next_token.as_deref(),
        },
    )?;
    Ok(ec2::DescribeFlowLogsResult { flow_logs: Some(page.items), next_token: page.next })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::client("InvalidParameter", message)
}

/// Whether the resource is there.
fn check_resource(ctx: &Ctx<'_>, resource_type: &str, id: &str) -> Result<()> {
    match resource_type {
        "VPC" => resource::find::<Vpcs>(ctx, id).map(drop),
        "Subnet" => resource::find::<Subnets>(ctx, id).map(drop),
        "NetworkInterface" => resource::find::<NetworkInterfaces>(ctx, id).map(drop),
        other @ ("TransitGateway" | "TransitGatewayAttachment" | "RegionalNatGateway") => {
            Err(Ctx::unsupported(&format!("ResourceType={other}"), "there are none"))
        }
        other => Err(error::invalid_parameter_value(other, "resourceType")),
    }
}

/// A log of a request, without resource and id.
fn described(ctx: &Ctx<'_>, input: &ec2::CreateFlowLogsRequest) -> Result<FlowLog> {
    let Some(traffic_type) = input.traffic_type.clone() else {
        return Err(error::missing_parameter("TrafficType"));
    };
    if !["ACCEPT", "REJECT", "ALL"].contains(&traffic_type.as_str()) {
        return Err(error::invalid_parameter_value(&traffic_type, "trafficType"));
    }
    let destination_type =
        input.log_destination_type.clone().unwrap_or_else(|| "cloud-watch-logs".to_owned());
    let to_logs = destination_type == "cloud-watch-logs";
    match destination_type.as_str() {
        "cloud-watch-logs" => {
            if input.log_destination.is_some() && input.log_group_name.is_some() {
                return Err(invalid("Please only provide LogGroupName or only provide LogDestination."));
            }
            if input.log_destination.is_none() && input.log_group_name.is_none() {
                return Err(invalid(
                    "LogGroupName can't be empty if LogDestinationType is cloud-watch-logs.",
                ));
            }
            if input.deliver_logs_permission_arn.is_none() {
                return Err(invalid(
                    "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
                ));
            }
        }
        "s3" | "kinesis-data-firehose" => {
            if input.log_destination.is_none() {
                return Err(invalid(format!(
                    "LogDestination can't be empty if LogDestinationType is {destination_type}."
                )));
            }
            if input.log_group_name.is_some() {
                return Err(invalid(
                    "LogDestination type must be cloud-watch-logs if LogGroupName is provided.",
                ));
            }
        }
        other => return Err(error::invalid_parameter_value(other, "logDestinationType")),
    }
    let interval = input.max_aggregation_interval.unwrap_or(600);
    if ![60, 600].contains(&interval) {
        return Err(invalid("Invalid Flow Log Max Aggregation Interval"));
    }
    let files = input.destination_options.as_ref().map(|options| {
        let format = options.file_format.clone().unwrap_or_else(|| "plain-text".to_owned());
        let hive = options.hive_compatible_partitions.unwrap_or(false);
        (format, hive, options.per_hour_partition.unwrap_or(false))
    });
    if files.is_some() && destination_type != "s3" {
        return Err(invalid("DestinationOptions are for the LogDestinationType s3 only."));
    }
    let group = input.log_group_name.as_ref().map(|name| {
        let (partition, scope) = (ctx.region().partition(), ctx.scope());
        format!("arn:{partition}:logs:{}:{}:log-group:{name}", scope.region, scope.account)
    });
    Ok(FlowLog {
        id: String::new(),
        created: ctx.now(),
        resource_id: String::new(),
        traffic_type,
        destination: input.log_destination.clone().or(group),
        group_name: input.log_group_name.clone().filter(|_| to_logs),
        destination_type,
        permission_arn: input.deliver_logs_permission_arn.clone(),
        cross_account_role: input.deliver_cross_account_role.clone(),
        format: input.log_format.clone().unwrap_or_else(|| FORMAT.to_owned()),
        interval,
        files,
    })
}

fn create_flow_logs(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateFlowLogsRequest,
) -> Result<ec2::CreateFlowLogsResult> {
    let client_token = input.client_token.clone();
    let once = Once::of::<ec2::CreateFlowLogs>(ctx, client_token.as_deref(), input);
    if let Some(ids) = once.earlier(ctx)? {
        let flow_log_ids = Some(ids.split(',').map(str::to_owned).collect());
        return Ok(ec2::CreateFlowLogsResult { client_token, flow_log_ids, unsuccessful: Some(Vec::new()) });
    }
    if input.resource_ids.is_empty() {
        return Err(error::missing_parameter("ResourceIds"));
    }
    let plain = described(ctx, input)?;
    let specifications = input.tag_specifications.as_deref();
    tag::check_types(specifications, &[kinds::FLOW_LOG.resource_type])?;
    let mut ids: Vec<String> = Vec::new();
    let mut unsuccessful = Vec::new();
    for resource_id in &input.resource_ids {
        check_resource(ctx, &input.resource_type, resource_id)?;
        let same = |other: &FlowLog| {
            other.resource_id == *resource_id
                && other.destination == plain.destination
                && other.destination_type == plain.destination_type
                && other.traffic_type == plain.traffic_type
        };
        if resource::all::<FlowLogs>(ctx).any(same) {
            let message =
                "Error. There is an existing Flow Log with the same configuration and log destination.";
            unsuccessful.push(ec2::UnsuccessfulItem {
                error: Some(ec2::UnsuccessfulItemError {
                    code: Some("FlowLogAlreadyExists".to_owned()),
                    message: Some(message.to_owned()),
                }),
                resource_id: Some(resource_id.clone()),
            });
            continue;
        }
        let id = ctx.fresh_id("fl")?;
        let log = FlowLog { id: id.clone(), resource_id: resource_id.clone(), ..plain.clone() };
        ctx.put::<FlowLogs>(ctx.scope().key(&id), log)?;
        tag::apply(ctx, specifications, kinds::FLOW_LOG.resource_type, &id)?;
        ids.push(id);
    }
    if !ids.is_empty() {
        once.keep(ctx, &ids.join(","))?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::CreateFlowLogsResult { client_token, flow_log_ids: Some(ids), unsuccessful: Some(unsuccessful) })
}

fn delete_flow_logs(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteFlowLogsRequest,
) -> Result<ec2::DeleteFlowLogsResult> {
    let unknown: Vec<&str> = input
        .flow_log_ids
        .iter()
        .filter(|id| ctx.peek::<FlowLogs>(&ctx.scope().key(id)).is_none())
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        let message = format!(
            "These flow log ids in the input list are not found: [TotalCount: {}] {}",
            unknown.len(),
            unknown.join(" ")
        );
        return Err(Error::client(kinds::FLOW_LOG.not_found, message));
    }
    for id in &input.flow_log_ids {
        remove(ctx, id)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ec2::DeleteFlowLogsResult { unsuccessful: Some(Vec::new()) })
}
