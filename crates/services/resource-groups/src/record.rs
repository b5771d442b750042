//! What is kept of a group.

use std::collections::BTreeMap;

use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Result, Table};
use serde::{Deserialize, Serialize};

use crate::error;

/// All groups: (account, Region, name).
pub(crate) struct Groups;

impl Table for Groups {
    const NAME: &'static str = "resource-groups.groups";
    type Record = Group;
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) criticality: Option<i32>,
    pub(crate) owner: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) holds: Holds,
}

/// What makes something a member of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    /// It was put in; a service acts on the members as the items say.
    Configured(Vec<Item>),
    /// It is what the query finds.
    Found(Query),
}

/// One item of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) kind: String,
    pub(crate) parameters: Vec<(String, Vec<String>)>,
}

/// A query as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Group {
    /// Items of the configuration; none of a group with a query.
    pub(crate) fn items(&self) -> &[Item] {
        match &self.holds {
            Holds::Configured(items) => items,
            Holds::Found(_) => &[],
        }
    }

    /// Whether the configuration has an item of that type.
    pub(crate) fn is_a(&self, kind: &str) -> bool {
        self.items().iter().any(|item| item.kind == kind)
    }

    /// The values of a parameter; none where it is not given.
    pub(crate) fn values(&self, kind: &str, parameter: &str) -> &[String] {
        self.items().iter().find(|item| item.kind == kind).map_or(&[], |item| item.values(parameter))
    }
}

impl Item {
    /// The values of a parameter; none where it is not given.
    pub(crate) fn values(&self, parameter: &str) -> &[String] {
        self.parameters.iter().find(|(name, _)| name == parameter).map_or(&[], |(_, values)| values)
    }
}

/// The ARN of a group of this account.
pub(crate) fn arn(ctx: &Ctx<'_>, name: &str) -> String {
    ctx.arn("resource-groups", &format!("group/{name}"))
}

/// The group that a request names, by its name or its ARN.
///
/// # Errors
/// `NotFoundException` where there is none, `BadRequestException` where none is named.
pub(crate) fn named<'t>(ctx: &'t Ctx<'_>, given: Option<&str>, or: Option<&str>) -> Result<&'t Group> {
    let given = given.or(or).ok_or_else(|| error::bad_request("Group must be specified."))?;
    let missing = || error::not_found(format!("Cannot find group {given}."));
    let name = match Arn::parse(given) {
        Some(_) => given.strip_prefix(&arn(ctx, "")).ok_or_else(missing)?,
        None => given,
    };
    ctx.peek::<Groups>(&ctx.scope().key(name)).ok_or_else(missing)
}
