//! A group or a fleet, of either kind, as the practice looks at it: what it may launch, how it buys that, and what it runs.

mod fleet;
mod group;
mod spot_fleet;
mod template;

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::launch::architecture;
use ironbird_cloud::{read, requirements};
use ironbird_rig::catalogue::protection::{PriceBasis, Purchase};

pub use fleet::{of_fleet, specification};
pub use group::of_group;
pub use spot_fleet::of_spot_fleet;
pub use template::of_template;

/// What kind of thing launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Auto Scaling group.
    Group,
    /// An EC2 Fleet.
    Fleet,
    /// A Spot Fleet.
    SpotFleet,
}

impl Kind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Fleet => "fleet",
            Self::SpotFleet => "Spot Fleet",
        }
    }
}

/// A group or a fleet.
#[derive(Clone)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// ARN of a group, id of a fleet.
    pub id: String,
    /// Name of a group, id of a fleet.
    pub name: String,
    /// Code of the Region.
    pub region: String,
    /// What prices are compared for.
    pub basis: PriceBasis,
    /// Whether it may buy On-Demand.
    pub on_demand: bool,
    /// Whether it may buy Spot.
    pub spot: bool,
    /// What says that Spot was meant, where it never launches any.
    pub meant_spot: Option<&'static str>,
    /// How it chooses among Spot pools; none where it has no choice.
    pub spot_strategy: Option<String>,
    /// Whether it replaces Spot Instances at risk; none where it cannot.
    pub rebalances: Option<bool>,
    /// What it may launch, one for each override, else one for the launch template.
    pub selections: Vec<Selection>,
    /// What it runs: ids and types.
    pub running: Vec<(String, String)>,
}

/// Types that one override, or the launch template, lets it launch.
#[derive(Clone)]
pub struct Selection {
    /// Where it stands: `override 2`, `its launch template`.
    pub place: String,
    /// The type that it names.
    pub named: Option<String>,
    /// The attributes that it asks for, where it names none.
    pub wanted: Option<Wanted>,
    /// Whether its capacity is weighted.
    pub is_weighted: bool,
    /// Whether it takes the place of attributes in the launch template.
    pub replaces_template: bool,
}

/// Attributes that are asked for, and what has them.
#[derive(Clone, PartialEq)]
pub struct Wanted {
    /// The attributes.
    pub request: ec2::InstanceRequirementsRequest,
    /// The architecture that the image boots on.
    pub architecture: String,
    /// Types that have them, before price protection.
    pub matching: Vec<String>,
}

impl Wanted {
    /// Asks for the types.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn preview<C: Cloud>(
        cloud: &C,
        architecture: String,
        request: ec2::InstanceRequirementsRequest,
    ) -> Result<Self, CallError> {
        let input = requirements::preview(&architecture, request.clone());
        let found = read::types_with_attributes(cloud, input).await?;
        let matching = found.into_iter().filter_map(|found| found.instance_type).collect();
        Ok(Self { request, architecture, matching })
    }

    /// What price protection leaves for one way of buying, and the type whose price it compares with.
    pub fn left(&self, subject: &Subject, purchase: Purchase) -> (Vec<&'static str>, Option<&'static str>) {
        let thresholds = requirements::thresholds(&self.request);
        requirements::protected_for(purchase, &thresholds, &subject.region, subject.basis, &self.matching)
    }
}

impl Subject {
    /// The ways in which it buys.
    pub fn purchases(&self) -> impl Iterator<Item = Purchase> + use<> {
        let ways = [(self.on_demand, Purchase::OnDemand), (self.spot, Purchase::Spot)];
        ways.into_iter().filter(|(is_used, _)| *is_used).map(|(_, purchase)| purchase)
    }

    /// Types that it names, each once.
    pub fn named(&self) -> Vec<String> {
        let named: BTreeSet<&String> =
            self.selections.iter().filter_map(|selection| selection.named.as_ref()).collect();
        named.into_iter().cloned().collect()
    }

    /// Everything that it asks for by attributes.
    pub fn wanted(&self) -> impl Iterator<Item = (&Selection, &Wanted)> {
        self.selections.iter().filter_map(|selection| Some((selection, selection.wanted.as_ref()?)))
    }

    /// Types that it may launch in one way, each once. `instead` is looked at in the place of the attributes of the
    /// selection with that index.
    pub fn launchable(&self, purchase: Purchase, instead: Option<(usize, &Wanted)>) -> BTreeSet<String> {
        let mut types: BTreeSet<String> = self.named().into_iter().collect();
        for (index, selection) in self.selections.iter().enumerate() {
            let own = selection.wanted.as_ref();
            let wanted = instead.filter(|(at, _)| *at == index).map(|(_, wanted)| wanted).or(own);
            let Some(wanted) = wanted else { continue };
            types.extend(wanted.left(self, purchase).0.into_iter().map(str::to_owned));
        }
        types
    }
}

/// One override, as the selection that it makes; by default none at all.
#[derive(Default)]
struct Override {
    named: Option<String>,
    wanted: Option<ec2::InstanceRequirementsRequest>,
    image_id: Option<String>,
    is_weighted: bool,
}

/// What an override over a launch template, or the template alone, lets launch.
async fn selection<C: Cloud>(
    cloud: &C,
    place: String,
    template: &ec2::ResponseLaunchTemplateData,
    over: Override,
) -> Result<Selection, CallError> {
    let of_template = template.instance_requirements.as_ref().map(requirements::of_template);
    let says_nothing = over.named.is_none() && over.wanted.is_none();
    let replaces_template = !says_nothing && of_template.is_some();
    let named = if says_nothing { template.instance_type.clone() } else { over.named };
    let request = if says_nothing { of_template } else { over.wanted };
    let mut data = template.clone();
    data.image_id = over.image_id.or(data.image_id);
    let wanted = match request.filter(|_| named.is_none()) {
        Some(request) => {
            let architecture = architecture(cloud, &data, &request).await;
            Some(Wanted::preview(cloud, architecture, request).await?)
        }
        None => None,
    };
    Ok(Selection { place, named, wanted, is_weighted: over.is_weighted, replaces_template })
}
