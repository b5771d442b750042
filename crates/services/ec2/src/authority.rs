//! What operations need to be allowed that the model does not say, and the tags by which policies tell resources apart.

use ironbird_rig::access::{Asked, Need};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, ServiceDef};

use crate::{instance, key_pair, kinds, placement_group, tag};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.needs(needs).resource_tags(tags)
}

fn needs(asked: &Asked<'_, '_>, needs: &mut Vec<Need>) {
    match asked.operation.name.as_str() {
        name @ ("CreateTags" | "DeleteTags") => {
            // A resource is known by its id, whatever kind it is of.
            let action = format!("ec2:{name}");
            needs.clear();
            needs.extend(asked.values("Resources").map(|id| asked.need(&action, arn(asked.ctx, id))));
        }
        name => {
            needs.extend(creation_tags(asked, name));
            from_template(asked, needs);
            needs.extend(instance::profile::passed(asked));
        }
    }
}

/// Whatever an instance is launched with, policies can ask which template it is launched from.
fn from_template(asked: &Asked<'_, '_>, needs: &mut [Need]) {
    let Some(id) = asked.value_in("LaunchTemplate", "LaunchTemplateId") else { return };
    let template = asked.ctx.arn("ec2", &format!("launch-template/{id}"));
    for need in needs.iter_mut().filter(|need| need.action == "ec2:RunInstances") {
        need.context.set("ec2:LaunchTemplate", template.as_str());
    }
}

/// To give tags to what is being made has to be allowed for its own.
fn creation_tags(asked: &Asked<'_, '_>, operation: &str) -> impl Iterator<Item = Need> {
    let mut kinds: Vec<&str> = match asked.tags().is_empty() {
        true => Vec::new(),
        false => asked.values("ResourceType").collect(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(move |kind| {
        let made = asked.ctx.arn("ec2", &format!("{kind}/*"));
        asked.need("ec2:CreateTags", made).with("ec2:CreateAction", operation)
    })
}

/// The ARN of a resource by its id.
fn arn(ctx: &Ctx<'_>, id: &str) -> String {
    let kind = kinds::ALL.iter().find(|kind| kind.is_well_formed(id));
    ctx.arn("ec2", &format!("{}/{id}", kind.map_or("*", |kind| kind.resource_type)))
}

/// The tags of a resource, which are kept by its id; ARNs of some kinds have its name.
fn tags(ctx: &Ctx<'_>, arn: &str) -> Vec<(String, String)> {
    let (kind, name) = Arn::parse(arn).and_then(|arn| arn.resource.split_once('/')).unwrap_or_default();
    let id = match kind {
        "key-pair" => key_pair::find(ctx, name).map_or(name, |pair| &pair.id),
        "placement-group" => placement_group::by_name(ctx, name).map_or(name, |group| &group.id),
        _ => name,
    };
    tag::pairs(ctx, id).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
