//! How long it takes to decide on one call by as many and as long policies as a role may have, after they are compiled.

use std::sync::Arc;

use ironbird_iam::{Applicable, Caller, Context, Kind, Policy, Request, Source, decide};
use ironbird_rig::clock::HostClock;

/// Policies of the role, the most that a quota gives.
pub const POLICIES: usize = 20;
/// Characters of each: the most that a managed policy may have.
const CHARACTERS: usize = 6144;
/// Decisions in a round.
const DECISIONS: u32 = 5_000;
/// Rounds, of which the quickest counts: it is the one in which others took the least of the machine.
const ROUNDS: usize = 20;
/// What one should take at most, in microseconds.
const TARGET: f64 = 20.0;

const SERVICES: [&str; 8] = ["ec2", "s3", "sqs", "dynamodb", "lambda", "kms", "logs", "iam"];
const INSTANCE: &str = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";

/// Prints how long decisions take.
///
/// # Errors
/// When a policy cannot be read, or a decision is not the expected one.
pub fn measure() -> anyhow::Result<()> {
    println!("\nauthorization of a call by {POLICIES} policies of {CHARACTERS} characters");
    let mixed = policies(&|number| SERVICES[number % SERVICES.len()])?;
    let alike = policies(&|_| "ec2")?;
    for (what, sources, action, allowed) in [
        ("of eight services, the last one allows", &mixed, "ec2:TerminateInstances", true),
        ("of eight services, none allows", &mixed, "ec2:DeleteVpc", false),
        ("of one service, the last one allows", &alike, "ec2:TerminateInstances", true),
        ("of one service, none allows", &alike, "ec2:DeleteVpc", false),
    ] {
        let micros = time(sources, action, allowed)?;
        println!("  {what}: {micros:.2} us; {:.2} of the target", micros / TARGET);
    }
    Ok(())
}

fn time(sources: &[Source], action: &str, allowed: bool) -> anyhow::Result<f64> {
    let caller = Caller::assumed_role(
        "arn:aws:sts::123456789012:assumed-role/Deploy/ci",
        "arn:aws:iam::123456789012:role/Deploy",
    );
    let policies = Applicable { identity: sources, ..Applicable::default() };
    let mut quickest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begin = HostClock::monotonic();
        for _ in 0..DECISIONS {
            // The context is filled anew for each call, as it is in earnest.
            let mut context = Context::new();
            context
                .set("aws:SourceIp", "192.0.2.1")
                .set("aws:PrincipalTag/team", "red")
                .set("aws:ResourceTag/team", "red")
                .set("aws:RequestedRegion", "eu-west-1")
                .set("aws:SecureTransport", "true");
            let request = Request::new(&caller, action, INSTANCE, &context);
            let decision = decide(&request, &policies);
            anyhow::ensure!(decision.is_allowed() == allowed, "{action} is decided otherwise");
        }
        quickest = quickest.min(begin.elapsed().as_secs_f64());
    }
    Ok(quickest * 1e6 / f64::from(DECISIONS))
}

/// Policies that are as long as they may be. Only the last one allows what is asked for; all have statements that name the
/// action, but other resources, or conditions that do not hold.
fn policies(service: &dyn Fn(usize) -> &'static str) -> anyhow::Result<Vec<Source>> {
    let documents = documents(service, LAST).into_iter().enumerate();
    let read = documents.map(|(number, document)| {
        let policy = Arc::new(Policy::parse(Kind::Managed, &document)?);
        anyhow::Ok(Source { name: format!("policy/{number}").into(), policy })
    });
    read.collect()
}

/// The statement that allows.
const LAST: &str = r#"{"Effect":"Allow","Action":"ec2:Terminate*","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}"#;

/// The same as documents, with another statement that allows.
pub fn documents(service: &dyn Fn(usize) -> &'static str, last: &str) -> Vec<String> {
    let mut documents = Vec::new();
    for number in 0..POLICIES {
        let mut statements: Vec<String> = Vec::new();
        if number + 1 == POLICIES {
            statements.push(last.to_owned());
        }
        loop {
            let prefix = service(statements.len() + number);
            let statement = format!(
                r#"{{"Effect":"{}","Action":["{prefix}:Describe*","{prefix}:TerminateInstances","{prefix}:Get*Of{number}"],"Resource":"arn:aws:{prefix}:*:123456789012:*/${{aws:PrincipalTag/team}}-{}-*","Condition":{{"IpAddress":{{"aws:SourceIp":"198.51.100.0/24"}}}}}}"#,
                if statements.len().is_multiple_of(5) { "Deny" } else { "Allow" },
                statements.len(),
            );
            statements.push(statement);
            if Kind::Managed.characters(&document(&statements)) > CHARACTERS {
                statements.pop();
                break;
            }
        }
        documents.push(document(&statements));
    }
    documents
}

fn document(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}
