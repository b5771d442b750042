//! What a user or a role would have to be allowed for what it was seen doing: a policy from the calls that went well.
//!
//! Each call is read again as authorization reads it, so that what it needs besides its own action is there, too: to pass a
//! role, to tag what it makes. Of those CloudTrail has no events, and AWS's policy generation leaves them out.
//! Source: IAM user guide, "IAM Access Analyzer policy generation".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ironbird_iam::reference;
use ironbird_wire::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{Event, is_full, of_account};
use crate::access::{self, Need};
use crate::account::{Account, Principal, Region, Scope};
use crate::arn::Arn;
use crate::context::Ctx;
use crate::error::Result;
use crate::world::World;

/// Condition keys that say what an action was needed for; an action that is needed along with another is only allowed for that.
const PURPOSES: [&str; 2] = ["iam:PassedToService", "ec2:CreateAction"];

/// A user or a role, whether or not there is one now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    account: Account,
    name: String,
    is_role: bool,
}

impl Identity {
    /// The user or role of an ARN; its path does not matter, since names are used once in an account.
    pub fn parse(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn).filter(|arn| arn.service == "iam")?;
        let (kind, path) = arn.resource.split_once('/')?;
        let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
        let is_role = match kind {
            "role" => true,
            "user" => false,
            _ => return None,
        };
        Some(Self { account: Account::parse(arn.account)?, name: name.to_owned(), is_role })
    }

    fn made(&self, event: &Event) -> bool {
        match &event.principal {
            Principal::User { name, .. } => !self.is_role && *name == self.name,
            Principal::AssumedRole { role, .. } => self.is_role && *role == self.name,
            _ => false,
        }
    }
}

/// An action that is allowed on more than what calls named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    /// `ec2:RunInstances`
    pub action: String,
    /// `*`, or an ARN with a `*`.
    pub resource: String,
    /// Why it could not be narrowed.
    pub why: &'static str,
}

/// An action that a call needed besides its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    /// `iam:PassRole`
    pub action: String,
    /// The operation that needed it, `ec2:RunInstances`.
    pub by: String,
}

/// Calls of one kind that did not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The service and the operation: `ec2:RunInstances`.
    pub operation: String,
    /// Code of the error.
    pub error: String,
    /// How many.
    pub calls: usize,
}

/// What calls say of the policy that they need.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// How many calls went well.
    pub calls: usize,
    /// A policy that allows them; none where nothing has to be allowed.
    pub policy: Option<Value>,
    /// What it allows on more than what calls named.
    pub wide: Vec<Wide>,
    /// What it allows that CloudTrail has no event of.
    pub besides: Vec<Needed>,
    /// Calls that were denied, of which the policy has nothing.
    pub denied: Vec<Refused>,
    /// Calls that failed for another reason, of which it has nothing either.
    pub failed: Vec<Refused>,
    /// How many of those that went well did so only because policies did not decide.
    pub would_deny: usize,
    /// Whether older calls have been forgotten.
    pub is_cut: bool,
}

/// What an action is allowed for: its service, and the condition that goes with it.
type Purpose = (String, Option<(&'static str, String)>);

/// Actions, and what each is on.
type Grants = BTreeMap<Purpose, BTreeMap<String, BTreeSet<String>>>;

/// A policy for what `identity` did well from `from` up to, and not at, `until`.
///
/// # Errors
/// When the log cannot be read.
pub fn suggest(
    world: &World,
    identity: &Identity,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Suggestion> {
    let scope = Scope { account: identity.account, region: Region::DEFAULT };
    let (events, is_cut) = world.look(scope, |ctx| Ok((of_account(ctx), is_full(ctx))))?;
    let inside = |time| from.is_none_or(|from| from <= time) && until.is_none_or(|until| time < until);
    let made = events.into_iter().filter(|event| identity.made(event) && inside(event.time));
    let (well, badly): (Vec<Event>, Vec<Event>) = made.partition(|event| event.error.is_none());
    let (mut grants, mut besides) = (Grants::new(), BTreeSet::new());
    for event in &well {
        let ctx = Ctx::new(world, world.store().read(), event.time, Arc::new(event.origin()));
        for need in access::needs_of(&ctx, event) {
            if !event.actions().any(|action| action == need.action) {
                let by = format!("{}:{}", event.service, event.operation);
                besides.insert(Needed { action: need.action.clone(), by });
            }
            grant(&mut grants, need);
        }
    }
    let statements = statements(&mut grants);
    let [denied, failed] = refused(&badly);
    Ok(Suggestion {
        calls: well.len(),
        policy: (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements })),
        wide: wide(&grants),
        besides: besides.into_iter().collect(),
        denied,
        failed,
        would_deny: well.iter().filter(|event| event.would_deny.is_some()).count(),
        is_cut,
    })
}

fn grant(grants: &mut Grants, need: Need) {
    let service = need.action.split(':').next().unwrap_or_default().to_owned();
    let condition =
        PURPOSES.into_iter().find_map(|key| Some((key, need.context.values(key).first()?.clone())));
    let actions = grants.entry((service, condition)).or_default();
    actions.entry(need.action).or_default().insert(need.resource);
}

/// Statements, each of a service, for one purpose and on the same resources; leaves out of the grants what others cover.
fn statements(grants: &mut Grants) -> Vec<Value> {
    let mut all = Vec::new();
    for ((_, condition), actions) in grants {
        let mut by_resources: Vec<(BTreeSet<String>, Vec<&str>)> = Vec::new();
        for (action, resources) in actions {
            drop_covered(resources);
            match by_resources.iter_mut().find(|(same, _)| same == resources) {
                Some((_, actions)) => actions.push(action),
                None => by_resources.push((resources.clone(), vec![action])),
            }
        }
        for (resources, actions) in by_resources {
            let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
            if let Some((key, value)) = condition {
                statement["Condition"] = json!({ "StringEquals": { *key: value } });
            }
            all.push(statement);
        }
    }
    all
}

/// Leaves out resources that one with a `*` at its end covers.
fn drop_covered(resources: &mut BTreeSet<String>) {
    let begins: Vec<String> =
        resources.iter().filter_map(|resource| Some(resource.strip_suffix('*')?.to_owned())).collect();
    resources.retain(|resource| {
        let covers = |begin: &String| resource.starts_with(&**begin) && resource.len() > begin.len() + 1;
        !begins.iter().any(covers)
    });
}

/// What is allowed on more than what calls named, and why.
fn wide(grants: &Grants) -> Vec<Wide> {
    let all = grants.values().flatten();
    let each = all.flat_map(|(action, resources)| resources.iter().map(move |resource| (action, resource)));
    let wide = each.filter(|(_, resource)| resource.contains('*')).map(|(action, resource)| {
        let about_resources = reference::action(action).is_some_and(|action| !action.resources.is_empty());
        let why = match (resource.as_str(), about_resources) {
            ("*", false) => "no policy can name resources for it",
            ("*", true) => "no call named a resource of it",
            _ => "calls made it, or named it only in part",
        };
        Wide { action: action.clone(), resource: resource.clone(), why }
    });
    wide.collect()
}

/// Calls that were denied, and calls that failed for another reason.
fn refused(events: &[Event]) -> [Vec<Refused>; 2] {
    let mut counts = BTreeMap::<_, usize>::new();
    for event in events {
        let code = event.error.as_ref().map_or("", |(code, _)| code);
        *counts.entry((format!("{}:{}", event.service, event.operation), code)).or_default() += 1;
    }
    let all = counts.into_iter().map(|((operation, code), calls)| Refused {
        operation,
        error: code.to_owned(),
        calls,
    });
    let (denied, failed) = all.partition(|refused| access::is_denial(&refused.error));
    [denied, failed]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::{Grants, Identity, drop_covered, grant, statements, wide};
    use crate::access::Need;

    fn set(resources: &[&str]) -> BTreeSet<String> {
        resources.iter().map(|resource| (*resource).to_owned()).collect()
    }

    #[test]
    fn users_and_roles_have_names_whatever_their_path() {
        let role = Identity::parse("arn:aws:iam::123456789012:role/teams/a/Deploy").unwrap();
        assert_eq!((role.name.as_str(), role.is_role), ("Deploy", true));
        for arn in [
            "arn:aws:iam::123456789012:root",
            "arn:aws:sts::123456789012:assumed-role/Deploy/me",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::aws:user/anna",
            "Deploy",
        ] {
            assert_eq!(Identity::parse(arn), None, "{arn}");
        }
    }

    #[test]
    fn what_others_cover_is_left_out() {
        let mut resources = set(&["arn:instance/*", "arn:instance/i-1", "arn:volume/v-1"]);
        drop_covered(&mut resources);
        assert_eq!(resources, set(&["arn:instance/*", "arn:volume/v-1"]));
        let mut any = set(&["*", "arn:a", "arn:b/*"]);
        drop_covered(&mut any);
        assert_eq!(any, set(&["*"]));
    }

    #[test]
    fn actions_on_the_same_resources_are_one_statement() {
        let mut grants = Grants::new();
        for (action, resource) in [
            ("ec2:StopInstances", "arn:instance/i-1"),
            ("ec2:DescribeVpcs", "*"),
            ("ec2:DescribeInstances", "*"),
            ("ec2:StartInstances", "arn:instance/i-1"),
        ] {
            grant(&mut grants, Need::new(action, resource));
        }
        let pass = Need::new("iam:PassRole", "arn:role/r").with("iam:PassedToService", "ec2.amazonaws.com");
        grant(&mut grants, pass);
        let expected = [
            json!({ "Effect": "Allow", "Action": ["ec2:DescribeInstances", "ec2:DescribeVpcs"], "Resource": ["*"] }),
            json!({
                "Effect": "Allow", "Action": ["ec2:StartInstances", "ec2:StopInstances"],
                "Resource": ["arn:instance/i-1"],
            }),
            json!({
                "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["arn:role/r"],
                "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } },
            }),
        ];
        assert_eq!(statements(&mut grants), expected);
        assert!(wide(&grants).iter().all(|wide| wide.why == "no policy can name resources for it"));
    }
}
