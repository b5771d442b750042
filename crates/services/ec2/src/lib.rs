//! EC2: Regions and zones, instance types, images, networks, launch templates, instances, fleets, capacity.
//!
//! One file a resource, or a folder where it has more than one idea: its record and table, its handlers beside
//! the parameters they record or refuse, and `register`. [`tag`], [`filter`], [`page`] and [`resource`] are what
//! they share.

use ironbird_rig::ServiceDef;

mod account_attributes;
pub mod address;
mod authority;
pub mod availability_zones;
pub mod cidr;
pub mod cidr6;
pub mod convert;
mod crypto;
mod customer_gateway;
pub mod dhcp_options;
pub mod egress_only_gateway;
pub mod error;
mod event;
pub mod filter;
mod fleet;
mod flow_log;
mod given;
pub mod host;
pub mod image;
pub mod instance;
pub mod instance_type;
pub mod internet_gateway;
pub mod key_pair;
pub mod kinds;
pub mod launch_template;
mod loan;
mod metadata;
mod meter;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_interface;
mod once;
pub mod page;
mod placement_group;
pub mod prefix_list;
mod regions;
pub mod requirements;
pub mod requirements_preview;
mod reservation;
pub mod resource;
mod resource_group;
pub mod route_table;
pub mod security_group;
mod serial_console;
mod snapshot;
pub mod spot;
pub mod subnet;
pub mod tag;
#[cfg(test)]
mod tag_tests;
#[cfg(test)]
mod testing;
mod volume;
pub mod vpc;
pub mod vpc_endpoint;
pub mod vpc_peering;
pub mod vpn_gateway;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "ec2.amazonaws.com";

/// The service, for [`World::live`](ironbird_rig::World::live).
pub fn service() -> ServiceDef {
    let modules = [
        account_attributes::register,
        address::register,
        authority::register,
        availability_zones::register,
        customer_gateway::register,
        dhcp_options::register,
        egress_only_gateway::register,
        fleet::register,
        flow_log::register,
        host::register,
        image::register,
        instance::register,
        instance_type::register,
        internet_gateway::register,
        key_pair::register,
        launch_template::register,
        metadata::register,
        nat_gateway::register,
        network_acl::register,
        network_interface::register,
        loan::register,
        placement_group::register,
        prefix_list::register,
        regions::register,
        requirements_preview::register,
        reservation::register,
        route_table::register,
        security_group::register,
        serial_console::register,
        snapshot::register,
        spot::register,
        subnet::register,
        tag::register,
        volume::register,
        vpc::register,
        vpc_endpoint::register,
        vpc_peering::register,
        vpn_gateway::register,
    ];
    modules.into_iter().fold(ServiceDef::new("ec2"), |definition, register| register(definition))
}

#[cfg(test)]
mod tests {
    use ironbird_wire::schema::Kind;

    #[test]
    fn parameters_said_to_be_recorded_or_refused_exist() {
        let model = ironbird_models::service("ec2").unwrap();
        let definition = super::service();
        for handler in definition.handlers() {
            let operation = model.operation(handler.name).unwrap();
            let refused = handler.refused.iter().map(|(path, _)| path);
            for path in handler.recorded.iter().chain(refused) {
                let mut shape = operation.input.unwrap();
                for name in path.split('.') {
                    while model.shape(shape).kind == Kind::List {
                        shape = model.shape(shape).elements[0].target;
                    }
                    let member = model.shape(shape).member(name);
                    shape = member.unwrap_or_else(|| panic!("{} has no {path}", handler.name)).1.target;
                }
            }
        }
    }
}
