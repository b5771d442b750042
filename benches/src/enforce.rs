//! What it costs that signatures are verified and policies decide: the same call of a rig that asks nobody, and of one that
//! enforces, by a user with as many and as long policies as one may have.

use std::path::Path;

use crate::load::{self, Figures, Load};
use crate::process::Server;
use crate::requests::{self, Message, ROOT};
use crate::{CONNECTIONS, ROUNDS, SPAN, authorize};
use anyhow::Context as _;

/// Policies that a user or a group may have.
const OF_ONE: usize = 10;

/// What enforcing may take of the throughput at most.
const TARGET: f64 = 0.25;

const ALLOW: &str = r#"{"Effect":"Allow","Action":["ec2:Describe*","iam:List*"],"Resource":"*"}"#;

/// Prints what enforcing takes of the throughput of calls that read.
///
/// # Errors
/// When a call fails.
pub async fn measure(rig: &Path) -> anyhow::Result<()> {
    let asking = Server::rig(rig, &["--auth", "enforce", "--transitions", "instant"])?;
    let user = user(&asking).await?;
    let free = Server::rig(rig, &["--auth", "off", "--transitions", "instant"])?;
    for server in [&asking, &free] {
        requests::run_instances(server, 1000).await?;
    }
    println!("\nenforced, by a user with {} policies", authorize::POLICIES);
    // The calls that the rig's speed is measured by, and the smallest ones of services whose policies are read.
    for (service, version, action, parameters) in [
        ("sts", "2011-06-15", "GetCallerIdentity", &[][..]),
        ("ec2", "2016-11-15", "DescribeInstances", &[("MaxResults", "100")]),
        ("ec2", "2016-11-15", "DescribeRegions", &[]),
        ("ec2", "2016-11-15", "DescribeVpcs", &[]),
        ("iam", "2010-05-08", "ListUsers", &[]),
    ] {
        let asked = requests::signed(&asking, (&user.0, &user.1), (service, version, action), parameters)?;
        let unasked = requests::signed(&free, ROOT, (service, version, action), parameters)?;
        compare(action, (&asking, &asked), (&free, &unasked)).await?;
    }
    Ok(())
}

async fn compare(name: &str, asked: (&Server, &Message), free: (&Server, &Message)) -> anyhow::Result<()> {
    let (asked, free) = in_turns(name, asked, free).await?;
    let taken = 1.0 - asked.rate / free.rate;
    println!("  {name}");
    println!("    enforced     {asked}");
    println!("    nobody asked {free}");
    println!(
        "    enforcing takes {:.0} % of the throughput, {:.2} of the target; {:.1} us of CPU more a request",
        taken * 100.0,
        taken / TARGET,
        asked.cpu_micros - free.cpu_micros
    );
    Ok(())
}

/// What two servers make of two requests, measured in turns: the round that is the median.
///
/// # Errors
/// When a call fails.
pub async fn in_turns(
    name: &str,
    one: (&Server, &Message),
    other: (&Server, &Message),
) -> anyhow::Result<(Figures, Figures)> {
    for (server, request) in [one, other] {
        load::once(server, request).await.with_context(|| format!("{name} failed"))?;
    }
    let mut rounds: Vec<(Figures, Figures)> = Vec::new();
    for _ in 0..ROUNDS {
        let run = async |(server, request)| {
            Load { server, request, connections: CONNECTIONS, span: SPAN }.run().await
        };
        rounds.push((run(one).await?, run(other).await?));
    }
    rounds.sort_by(|(a, b), (c, d)| (a.rate / b.rate).total_cmp(&(c.rate / d.rate)));
    Ok(rounds.swap_remove(ROUNDS / 2))
}

/// A user whose policies are its own and its group's; its key and secret.
async fn user(server: &Server) -> anyhow::Result<(String, String)> {
    let iam = async |action, parameters: &[(&str, &str)]| {
        let request = requests::signed(server, ROOT, ("iam", "2010-05-08", action), parameters)?;
        let answer = load::fetch(server, &request).await.with_context(|| format!("{action} failed"))?;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    iam("CreateUser", &[("UserName", "many")]).await?;
    iam("CreateGroup", &[("GroupName", "many")]).await?;
    iam("AddUserToGroup", &[("UserName", "many"), ("GroupName", "many")]).await?;
    let services = ["ec2", "s3", "sqs", "dynamodb", "lambda", "kms", "logs", "iam"];
    let documents = authorize::documents(&|number| services[number % services.len()], ALLOW);
    for (number, document) in documents.iter().enumerate() {
        let made =
            iam("CreatePolicy", &[("PolicyName", &format!("p{number}")), ("PolicyDocument", document)])
                .await?;
        let arn = between(&made, "<Arn>", "</Arn>")?;
        match number < OF_ONE {
            true => iam("AttachUserPolicy", &[("UserName", "many"), ("PolicyArn", arn)]).await?,
            false => iam("AttachGroupPolicy", &[("GroupName", "many"), ("PolicyArn", arn)]).await?,
        };
    }
    let made = iam("CreateAccessKey", &[("UserName", "many")]).await?;
    let key = between(&made, "<AccessKeyId>", "</AccessKeyId>")?;
    Ok((key.to_owned(), between(&made, "<SecretAccessKey>", "</SecretAccessKey>")?.to_owned()))
}

/// What stands between two marks.
pub fn between<'t>(text: &'t str, begin: &str, end: &str) -> anyhow::Result<&'t str> {
    let found = text.split_once(begin).and_then(|(_, rest)| Some(rest.split_once(end)?.0));
    found.with_context(|| format!("no {begin} in the answer: {text}"))
}
