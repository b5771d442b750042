//! The products of a service, in an order that stays: a page begins where the last one ended.

use ironbird_rig::catalogue::items::{self, Item};
use ironbird_rig::catalogue::{hosts, instance_types, prices};
use ironbird_rig::{Ctx, Result};

use crate::product::{Hosted, Instance, Product, Standing};

/// A service with a price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Elb,
    Ec2,
    Vpc,
}

impl Service {
    /// All of them, by their codes.
    pub(crate) const ALL: [Self; 3] = [Self::Elb, Self::Ec2, Self::Vpc];

    /// `AmazonEC2`
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Elb => "AWSELB",
            Self::Ec2 => "AmazonEC2",
            Self::Vpc => "AmazonVPC",
        }
    }

    /// The name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Elb => "Elastic Load Balancing",
            Self::Ec2 => "Amazon Elastic Compute Cloud",
            Self::Vpc => "Amazon Virtual Private Cloud",
        }
    }

    /// The service with that code.
    ///
    /// # Errors
    /// `UnsupportedOperation` for services whose prices are not here.
    pub(crate) fn parse(code: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|service| service.code() == code).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.map(Self::code).into();
            let reason = format!("there are price lists of {}", known.join(" and "));
            Ctx::unsupported(&format!("ServiceCode {code}"), &reason)
        })
    }

    /// Everything that could be in the list, each with its number. What has no price is to be left out by the reader.
    pub(crate) fn candidates(self) -> impl Iterator<Item = Product> {
        let computes = self == Self::Ec2;
        let regions = prices::regions();
        let instances = instance_types::all().iter().filter(move |_| computes).flat_map(move |entry| {
            regions.iter().flat_map(move |region| {
                Standing::ALL.into_iter().flat_map(move |standing| {
                    prices::Platform::ALL.into_iter().map(move |platform| {
                        Product::Instance(Instance { region, entry, platform, standing })
                    })
                })
            })
        });
        let hosts = hosts::all()
            .iter()
            .filter(move |_| computes)
            .flat_map(move |kind| regions.iter().map(move |region| Product::Host(Hosted { region, kind })));
        let items = items::ALL.iter().filter(move |item| item.service == self.code());
        let items = items.flat_map(move |item: &&'static Item| {
            regions.iter().map(move |region| Product::Item(region, item))
        });
        instances.chain(hosts).chain(items)
    }
}
