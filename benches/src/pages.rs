//! Whether a page costs the same whatever is stored: DescribeInstances, 100 at a time, of a thousand to a hundred thousand.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::load::{self, Load};
use crate::process::Server;
use crate::requests::{self, Message};

/// How many instances there are, one after the other.
const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

/// Most instances of one RunInstances call here.
const AT_ONCE: u32 = 1_000;

/// Instances in a subnet of 65,536 addresses here.
const OF_SUBNET: u32 = 50_000;

/// Where they all are.
const ZONE: &str = "us-east-1a";

/// How long each page is asked for.
const SPAN: Duration = Duration::from_secs(2);

/// Prints what the first page and one in the middle cost.
///
/// # Errors
/// When the rig does not answer as it should.
pub async fn measure(rig: &Path) -> anyhow::Result<()> {
    println!("\nec2 DescribeInstances, a page of 100, one connection");
    let server = Server::rig(rig, &["--transitions", "instant"])?;
    load::fetch(&server, &requests::room(ZONE, SIZES[SIZES.len() - 1])).await?;
    let image = requests::image(&server).await?;
    let (mut there, mut subnet, mut costs) = (0, String::new(), Vec::new());
    for size in SIZES {
        while there < size {
            if there.is_multiple_of(OF_SUBNET) {
                subnet = new_subnet(&server, there / OF_SUBNET).await?;
            }
            let count = AT_ONCE.min(size - there);
            let parameters = format!(
                "&ImageId={image}&InstanceType=m5.large&MinCount={count}&MaxCount={count}&SubnetId={subnet}"
            );
            load::fetch(&server, &ec2("RunInstances", &parameters)).await?;
            there += count;
        }
        let first = cost(&server, "").await?;
        let middle = cost(&server, &token_in_the_middle(&server, size).await?).await?;
        println!("  of {size:>7}: the first {first:>7.1} us CPU, one in the middle {middle:>7.1} us CPU");
        costs.push((first, middle));
    }
    let [few, .., many] = costs.as_slice() else { return Ok(()) };
    println!("  ratio of most to fewest: {:.2} and {:.2}", many.0 / few.0, many.1 / few.1);
    println!("  resident after it: {:.1} MiB", server.resident_mib()?);
    Ok(())
}

async fn cost(server: &Server, token: &str) -> anyhow::Result<f64> {
    let request = ec2("DescribeInstances", &format!("&MaxResults=100{token}"));
    Ok(Load { server, request: &request, connections: 1, span: SPAN }.run().await?.cpu_micros)
}

/// The parameter that asks for the page in the middle.
async fn token_in_the_middle(server: &Server, size: u32) -> anyhow::Result<String> {
    let (mut seen, mut token) = (0, String::new());
    while seen < size / 2 {
        let count = (size / 2 - seen).min(1_000);
        let page =
            load::fetch(server, &ec2("DescribeInstances", &format!("&MaxResults={count}{token}"))).await?;
        token = format!("&NextToken={}", part(&page, "nextToken").context("there is no further page")?);
        seen += count;
    }
    Ok(token)
}

async fn new_subnet(server: &Server, number: u32) -> anyhow::Result<String> {
    let block = format!("&CidrBlock=10.{number}.0.0%2F16");
    let vpc = load::fetch(server, &ec2("CreateVpc", &block)).await?;
    let vpc = part(&vpc, "vpcId").context("CreateVpc gives no VPC")?;
    let subnet =
        load::fetch(server, &ec2("CreateSubnet", &format!("&VpcId={vpc}{block}&AvailabilityZone={ZONE}")))
            .await?;
    part(&subnet, "subnetId").context("CreateSubnet gives no subnet")
}

fn ec2(action: &str, parameters: &str) -> Message {
    requests::query("ec2", "2016-11-15", action, parameters)
}

/// What stands in the first element of that name.
fn part(answer: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(answer);
    let rest = text.split_once(&format!("<{name}>"))?.1;
    Some(rest.split('<').next()?.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
}
