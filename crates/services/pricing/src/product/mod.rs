//! One thing in a price list: what it is, under which usage type it is charged, and for how much.

mod host;
mod instance;

use std::borrow::Cow;

use ironbird_rig::catalogue::items::{self, Item};
use ironbird_rig::catalogue::{NanoUsd, geography, usage};
use ironbird_rig::seed::Seed;
use serde_json::{Map, Value, json};

pub(crate) use host::Hosted;
pub(crate) use instance::{Instance, Standing};

use crate::catalogue::Service;

/// AWS's codes of the On-Demand term, and of its rate an hour.
const ON_DEMAND: &str = "JRTCKXETXF";
const RATE: &str = "6YS6EN2CT7";

/// When the newest of the figures were published.
const VERSION: &str = "20260720000000";
const PUBLISHED: &str = "2026-07-20T00:00:00Z";
const EFFECTIVE: &str = "2026-07-01T00:00:00Z";

/// One thing that may be in a price list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Product {
    /// Hours of an instance, or of a slot that waits for one.
    Instance(Instance),
    /// Hours of a Dedicated Host.
    Host(Hosted),
    /// Anything else, in a Region.
    Item(&'static str, &'static Item),
}

type Text = Cow<'static, str>;

/// The attributes of every product.
const COMMON: [&str; 8] = [
    "productFamily",
    "servicecode",
    "servicename",
    "location",
    "locationType",
    "regionCode",
    "usagetype",
    "operation",
];

impl Product {
    /// Names of all attributes of all products.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        let items = Self::names_of_items(Service::Ec2.code());
        items.chain(instance::NAMES.iter().copied()).chain(host::NAMES.iter().copied())
    }

    /// Those of what is neither an instance nor a host.
    pub(crate) fn names_of_items(service: &'static str) -> impl Iterator<Item = &'static str> {
        let items = items::ALL.iter().filter(move |item| item.service == service);
        COMMON.into_iter().chain(items.flat_map(|item| item.attributes.iter().map(|(name, _)| *name)))
    }

    fn region(&self) -> &'static str {
        match self {
            Self::Instance(instance) => instance.region,
            Self::Host(host) => host.region,
            Self::Item(region, _) => region,
        }
    }

    fn service(&self) -> Service {
        match self {
            Self::Instance(_) | Self::Host(_) => Service::Ec2,
            Self::Item(_, item) => {
                let of = Service::ALL.into_iter().find(|service| service.code() == item.service);
                of.unwrap_or(Service::Ec2)
            }
        }
    }

    fn usage_type(&self) -> String {
        match self {
            Self::Instance(instance) => instance.usage_type(),
            Self::Host(host) => usage::host_usage_type(host.region, host.kind.family),
            Self::Item(region, item) => usage::with_code(region, item.usage_type),
        }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::Instance(instance) => usage::run_instances_operation(instance.platform),
            Self::Host(_) => "RunInstances",
            Self::Item(_, item) => item.operation,
        }
    }

    /// The value of one attribute, if the product has it.
    pub(crate) fn attribute(&self, name: &str) -> Option<Text> {
        let region = self.region();
        Some(match name {
            "productFamily" => match self {
                Self::Instance(instance) => instance.product_family().into(),
                Self::Host(_) => "Dedicated Host".into(),
                Self::Item(_, item) => item.family?.into(),
            },
            "servicecode" => self.service().code().into(),
            "servicename" => self.service().name().into(),
            "location" => location(region)?,
            "locationType" => "AWS Region".into(),
            "regionCode" => region.into(),
            "usagetype" => self.usage_type().into(),
            "operation" => self.operation().into(),
            _ => match self {
                Self::Instance(instance) => instance.attribute(name)?,
                Self::Host(host) => host.attribute(name)?,
                Self::Item(_, item) => item.attributes.iter().find(|(own, _)| *own == name)?.1.into(),
            },
        })
    }

    /// What a unit costs, if it is known.
    pub(crate) fn price(&self) -> Option<NanoUsd> {
        match self {
            Self::Instance(instance) => instance.price(),
            Self::Host(host) => host.price(),
            Self::Item(region, item) => item.price(region),
        }
    }

    fn unit(&self) -> &'static str {
        match self {
            Self::Instance(_) | Self::Host(_) => "Hrs",
            Self::Item(_, item) => item.unit,
        }
    }

    fn description(&self, price: NanoUsd) -> String {
        match self {
            Self::Instance(instance) => format!("${price} per {} Instance Hour", instance.described()),
            Self::Host(host) => format!("${price} per On Demand {} Dedicated Host Hour", host.kind.family),
            Self::Item(_, item) => format!("${price} per {} of {}", item.unit, item.usage_type),
        }
    }

    /// The product as the list has it; none where its price is not known.
    pub(crate) fn listed(&self) -> Option<Value> {
        let price = self.price()?;
        let named =
            |name: &'static str| Some((name.to_owned(), Value::from(self.attribute(name)?.into_owned())));
        let mut names: Vec<_> = COMMON.into_iter().filter(|name| *name != "productFamily").collect();
        match self {
            Self::Instance(_) => names.extend(instance::NAMES),
            Self::Host(_) => names.extend(host::NAMES),
            Self::Item(_, item) => names.extend(item.attributes.iter().map(|(name, _)| *name)),
        }
        let attributes: Map<String, Value> = names.into_iter().filter_map(named).collect();
        let sku = self.sku();
        let rate = format!("{sku}.{ON_DEMAND}.{RATE}");
        let mut product = json!({ "attributes": attributes, "sku": sku });
        if let Some(family) = self.attribute("productFamily") {
            product["productFamily"] = family.into();
        }
        let dimension = json!({
            "unit": self.unit(),
            "beginRange": "0",
            "endRange": "Inf",
            "description": self.description(price),
            "appliesTo": [],
            "rateCode": rate,
            "pricePerUnit": { "USD": format!("{}.{:09}0", price.0 / NanoUsd::PER_USD, price.0 % NanoUsd::PER_USD) },
        });
        let mut term = json!({
            "sku": sku,
            "effectiveDate": EFFECTIVE,
            "offerTermCode": ON_DEMAND,
            "termAttributes": {},
        });
        term["priceDimensions"] = keyed(rate, dimension);
        Some(json!({
            "product": product,
            "serviceCode": self.service().code(),
            "terms": { "OnDemand": keyed(format!("{sku}.{ON_DEMAND}"), term) },
            "version": VERSION,
            "publicationDate": PUBLISHED,
        }))
    }

    /// Sixteen letters and digits that stand for the product and for no other. They are made here: AWS's own are in none
    /// of the tables.
    fn sku(&self) -> String {
        let named = Seed::root(0).child(self.region()).child(&self.usage_type()).child(self.operation());
        let mut rng = named.rng();
        (0..16).map(|_| char::from(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[rng.below(32) as usize])).collect()
    }
}

fn keyed(key: String, value: Value) -> Value {
    Value::Object(Map::from_iter([(key, value)]))
}

/// The name of a Region in the price list, which keeps the older `EU` for the first five in Europe and for Milan.
fn location(region: &str) -> Option<Text> {
    let name = geography::region(region)?.long_name;
    let older = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2", "eu-west-3"];
    Some(match name.strip_prefix("Europe ") {
        Some(city) if older.contains(&region) => format!("EU {city}").into(),
        _ => name.into(),
    })
}
