//! Whether it matters how many accounts and roles there are: an organization of a thousand accounts with a hundred roles each,
//! which enforces its policies, against one of a single member, both started from what they keep.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ironbird_rig::clock::HostClock;

use crate::CONNECTIONS;
use crate::enforce::{between, in_turns};
use crate::load;
use crate::process::Server;
use crate::requests::{self, Message, ROOT};

/// Members of the larger organization, and roles of each member.
const ACCOUNTS: usize = 1_000;
const ROLES: usize = 100;

/// Members that are asked for at once: as the rig makes them, all are there before the next.
const AT_ONCE: usize = 50;

/// How often each world is started; the median counts.
const STARTS: usize = 5;

/// Instances of the member that calls.
const INSTANCES: u32 = 100;

/// A world that is kept, and who calls in it.
struct Kept {
    folder: PathBuf,
    /// The member that calls: the last one.
    account: String,
    /// Key and secret of a user of that account who may do everything.
    user: (String, String),
    /// Accounts and roles.
    accounts: usize,
}

impl Kept {
    fn start(&self, rig: &Path) -> anyhow::Result<Server> {
        let folder = self.folder.to_str().context("an odd folder")?;
        Server::rig(rig, &["--auth", "enforce", "--transitions", "instant", "--data", folder])
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Prints what starts and calls take in the larger world, as multiples of the smaller one's.
///
/// # Errors
/// When a call fails.
pub async fn measure(rig: &Path) -> anyhow::Result<()> {
    println!("\n{ACCOUNTS} accounts with {ROLES} roles each against one, enforced");
    let many = fill(rig, ACCOUNTS).await?;
    let one = fill(rig, 1).await?;
    starts(rig, &many, &one).await?;
    let (large, small) = (many.start(rig)?, one.start(rig)?);
    for (service, version, action, parameters) in [
        ("sts", "2011-06-15", "GetCallerIdentity", &[][..]),
        ("iam", "2010-05-08", "GetRole", &[("RoleName", "role-50")]),
        ("iam", "2010-05-08", "ListRoles", &[("MaxItems", "100")]),
        ("ec2", "2016-11-15", "DescribeInstances", &[("MaxResults", "100")]),
    ] {
        let call = |server, kept: &Kept| {
            requests::signed(server, (&kept.user.0, &kept.user.1), (service, version, action), parameters)
        };
        compare(action, (&large, &call(&large, &many)?), (&small, &call(&small, &one)?)).await?;
    }
    let (of_large, of_small) = (assume(&large, &many)?, assume(&small, &one)?);
    compare("AssumeRole", (&large, &of_large), (&small, &of_small)).await
}

async fn starts(rig: &Path, many: &Kept, one: &Kept) -> anyhow::Result<()> {
    let mut medians = Vec::new();
    for kept in [many, one] {
        let (mut millis, mut resident) = (Vec::new(), 0.0_f64);
        for _ in 0..STARTS {
            let begin = HostClock::monotonic();
            let server = kept.start(rig)?;
            let user = (kept.user.0.as_str(), kept.user.1.as_str());
            let who = requests::signed(&server, user, ("sts", "2011-06-15", "GetCallerIdentity"), &[])?;
            load::once(&server, &who).await?;
            millis.push(begin.elapsed().as_secs_f64() * 1e3);
            resident = resident.max(server.resident_mib()?);
            server.stop()?;
        }
        millis.sort_by(f64::total_cmp);
        let median = millis[STARTS / 2];
        println!(
            "  {:>5} accounts: first answer after {median:>7.1} ms, resident {resident:.1} MiB",
            kept.accounts
        );
        medians.push((median, resident));
    }
    let [(large, held), (small, little)] = medians[..] else { return Ok(()) };
    let roles = (ACCOUNTS * ROLES) as f64;
    println!(
        "  start: ratio {:.1}; {:.2} us and {:.2} KiB more for each of {roles} roles",
        large / small,
        (large - small) * 1e3 / roles,
        (held - little) * 1024.0 / roles
    );
    Ok(())
}

async fn compare(name: &str, large: (&Server, &Message), small: (&Server, &Message)) -> anyhow::Result<()> {
    let (large, small) = in_turns(name, large, small).await?;
    println!("  {name}");
    println!("    many accounts {large}");
    println!("    one account   {small}");
    println!(
        "    ratio: {:.2} of the throughput, {:.2} of the CPU",
        large.rate / small.rate,
        large.cpu_micros / small.cpu_micros
    );
    Ok(())
}

/// A world of an organization with so many members, each with its roles, and a user and instances of the last.
async fn fill(rig: &Path, accounts: usize) -> anyhow::Result<Kept> {
    let folder = std::env::temp_dir().join(format!("ironbird-bench-{}-{accounts}", std::process::id()));
    let mut kept = Kept { folder, account: String::new(), user: (String::new(), String::new()), accounts };
    let server = kept.start(rig)?;
    let members = organization(&server, accounts).await?;
    kept.account = members.last().context("no member was made")?.clone();
    for some in members.chunks(AT_ONCE) {
        let made = some.iter().flat_map(|account| (0..ROLES).map(|number| role(&server, account, number)));
        load::each(&server, made.collect::<anyhow::Result<_>>()?, CONNECTIONS).await?;
    }
    kept.user = user(&server, &kept.account).await?;
    server.stop()?;
    Ok(kept)
}

/// Makes an organization with so many members; their numbers.
async fn organization(server: &Server, accounts: usize) -> anyhow::Result<Vec<String>> {
    let ask = |action: &str, body: &str| {
        requests::json(server, ROOT, ("organizations", &format!("AWSOrganizationsV20161128.{action}")), body)
    };
    load::once(server, &ask("CreateOrganization", "{}")?).await.context("CreateOrganization failed")?;
    for number in 0..accounts {
        let body = format!(r#"{{"AccountName": "member {number}", "Email": "m{number}@example.org"}}"#);
        load::once(server, &ask("CreateAccount", &body)?).await.context("CreateAccount failed")?;
    }
    let (mut members, mut token) = (Vec::new(), String::new());
    loop {
        let page =
            load::fetch(server, &ask("ListAccounts", &format!(r#"{{"MaxResults": 20{token}}}"#))?).await?;
        let page = String::from_utf8_lossy(&page);
        members.extend(page.split(r#""Id":""#).skip(1).filter_map(|rest| Some(rest.get(..12)?.to_owned())));
        match between(&page, r#""NextToken":""#, "\"") {
            Ok(next) => token = format!(r#", "NextToken": "{next}""#),
            Err(_) => break,
        }
    }
    members.retain(|account| account != ROOT.0);
    anyhow::ensure!(members.len() == accounts, "{} of {accounts} members are there", members.len());
    Ok(members)
}

fn role(server: &Server, account: &str, number: usize) -> anyhow::Result<Message> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}}}"#
    );
    let name = format!("role-{number}");
    let parameters = [("RoleName", name.as_str()), ("AssumeRolePolicyDocument", &trust)];
    requests::signed(server, (account, ROOT.1), ("iam", "2010-05-08", "CreateRole"), &parameters)
}

/// Makes a user who may do everything, and instances; the user's key and secret.
async fn user(server: &Server, account: &str) -> anyhow::Result<(String, String)> {
    let iam = async |action, parameters: &[(&str, &str)]| {
        let request = requests::signed(server, (account, ROOT.1), ("iam", "2010-05-08", action), parameters)?;
        let answer = load::fetch(server, &request).await.with_context(|| format!("{action} failed"))?;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    iam("CreateUser", &[("UserName", "anna")]).await?;
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let policy = [("UserName", "anna"), ("PolicyName", "all"), ("PolicyDocument", all)];
    iam("PutUserPolicy", &policy).await?;
    let made = iam("CreateAccessKey", &[("UserName", "anna")]).await?;
    requests::run_instances_as(server, (account, ROOT.1), INSTANCES).await?;
    let key = between(&made, "<AccessKeyId>", "</AccessKeyId>")?;
    Ok((key.to_owned(), between(&made, "<SecretAccessKey>", "</SecretAccessKey>")?.to_owned()))
}

fn assume(server: &Server, kept: &Kept) -> anyhow::Result<Message> {
    let role = format!("arn:aws:iam::{}:role/role-50", kept.account);
    let parameters = [("RoleArn", role.as_str()), ("RoleSessionName", "bench")];
    requests::signed(server, (&kept.user.0, &kept.user.1), ("sts", "2011-06-15", "AssumeRole"), &parameters)
}
