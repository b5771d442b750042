//! AWS Resource Groups, to the depth that EC2's capacity needs: pools of Capacity Reservations, host resource groups, and
//! groups whose members are what has certain tags.
//!
//! A group has a configuration or a query. Members of the first kind are put in and taken out, and EC2 acts on them as the
//! configuration says: it looks with `ListGroupResources` and `GetGroupConfiguration`, and is told with
//! [`MEMBERS`](membership::MEMBERS) when they change. Members of the second kind are looked for when somebody asks.
//!
//! Applications (`AWS::ResourceGroups::ApplicationGroup`, tag-sync tasks), groups of CloudFormation stacks and of Network
//! Firewall rules are refused: nothing of what they collect is here.

mod configuration;
mod error;
mod group;
mod membership;
mod page;
mod query;
mod record;
mod tag;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "resource-groups.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let definition = ServiceDef::new("resource-groups").table::<record::Groups>();
    let definition = group::register(definition);
    let definition = configuration::register(definition);
    let definition = membership::register(definition);
    let definition = query::register(definition);
    tag::register(definition)
}
