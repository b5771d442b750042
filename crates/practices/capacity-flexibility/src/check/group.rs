//! A group with everything that decides what it can launch.

use ironbird_api::{autoscaling, ec2};
use ironbird_client::CallError;
use ironbird_cloud::Cloud;
use ironbird_cloud::launch::{architecture, configuration_data, needs_of, template_data};
use ironbird_cloud::note::Report;
use ironbird_cloud::read;
use ironbird_cloud::requirements;
use ironbird_rig::catalogue::protection::PriceBasis;

use super::region::RegionFacts;
use super::rules;

/// A group as the rules look at it.
pub struct Group {
    /// The group as described.
    pub described: autoscaling::AutoScalingGroup,
    /// Types that it names.
    pub named: Vec<String>,
    /// Types that have its attributes, before price protection; none where it has no attributes.
    pub matching: Option<Vec<String>>,
    /// Percent of its On-Demand price protection, where it has attributes and sets one.
    pub protection_percent: Option<i32>,
    /// Types with attributes like those of the only type it names: what attribute-based selection would give.
    pub alternatives: Vec<String>,
    /// Whether its types are known: false where something about them could not be read.
    pub is_known: bool,
}

impl Group {
    /// ARN, or the name where there is none.
    pub fn arn(&self) -> String {
        self.described.auto_scaling_group_arn.clone().unwrap_or_else(|| self.name().to_owned())
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.described.auto_scaling_group_name
    }

    /// What its prices are compared for.
    pub fn basis(&self) -> PriceBasis {
        let unit = self.described.desired_capacity_type.as_deref().unwrap_or("units");
        PriceBasis::parse(unit).unwrap_or_default()
    }

    /// Types that it can launch On-Demand: those named, and those that its attributes and price protection leave.
    pub fn launchable(&self, facts: &RegionFacts) -> Vec<String> {
        let mut types = self.named.clone();
        if let Some(matching) = &self.matching {
            let (kept, _) =
                requirements::protected(&facts.region, self.protection_percent, self.basis(), matching);
            types.extend(kept.into_iter().map(str::to_owned));
        }
        types.sort();
        types.dedup();
        types
    }

    /// Reads what each group launches.
    ///
    /// # Errors
    /// When nothing can be read at all.
    pub(crate) async fn read_all<C: Cloud>(
        cloud: &C,
        report: &mut Report,
        facts: &RegionFacts,
        described: Vec<autoscaling::AutoScalingGroup>,
    ) -> Result<Vec<Self>, CallError> {
        let mut groups = Vec::new();
        for one in described {
            let mut group = Self {
                described: one,
                named: Vec::new(),
                matching: None,
                protection_percent: None,
                alternatives: Vec::new(),
                is_known: true,
            };
            if let Err(error) = group.resolve(cloud).await {
                group.is_known = false;
                let of = [
                    &rules::NARROW_TYPES,
                    &rules::UNUSED_ZONES,
                    &rules::UNCOVERED_BASELINE,
                    &rules::PRICE_PROTECTION,
                ];
                report.unread("what the group launches", &of, group.arn(), error)?;
            }
            groups.push(group);
        }
        if groups.iter().any(|group| group.is_known) {
            report.findings.read("ec2:DescribeLaunchTemplateVersions", None);
            report.findings.read("ec2:GetInstanceTypesFromInstanceRequirements", None);
        }
        // What attribute-based selection would give is asked for once the types are known.
        for group in &mut groups {
            if group.is_known && group.matching.is_none() && group.named.len() < rules::ENOUGH_TYPES {
                group.alternatives = alternatives(cloud, facts, &group.named).await?;
            }
        }
        Ok(groups)
    }

    async fn resolve<C: Cloud>(&mut self, cloud: &C) -> Result<(), CallError> {
        let policy = self.described.mixed_instances_policy.clone();
        let mixed = policy.and_then(|policy| policy.launch_template).unwrap_or_default();
        let template = self.described.launch_template.clone().or(mixed.launch_template_specification);
        let overrides = mixed.overrides.unwrap_or_default();
        let data = match (&template, &self.described.launch_configuration_name) {
            (Some(template), _) => template_data(cloud, template).await?,
            (None, Some(name)) => configuration_data(cloud, name).await?,
            (None, None) => ec2::ResponseLaunchTemplateData::default(),
        };
        let mut wanted: Vec<ec2::InstanceRequirementsRequest> = Vec::new();
        for one in &overrides {
            self.named.extend(one.instance_type.clone());
            wanted.extend(one.instance_requirements.as_ref().map(requirements::of_group));
        }
        if overrides.is_empty() {
            self.named.extend(data.instance_type.clone());
            wanted.extend(data.instance_requirements.as_ref().map(requirements::of_template));
        }
        self.named.sort();
        self.named.dedup();
        if wanted.is_empty() {
            return Ok(());
        }
        self.protection_percent =
            wanted.iter().find_map(|one| one.on_demand_max_price_percentage_over_lowest_price);
        let mut matching = Vec::new();
        for one in wanted {
            let architecture = architecture(cloud, &data, &one).await;
            let found = read::types_with_attributes(cloud, requirements::preview(&architecture, one)).await?;
            matching.extend(found.into_iter().filter_map(|found| found.instance_type));
        }
        matching.sort();
        matching.dedup();
        self.matching = Some(matching);
        Ok(())
    }
}

/// Types that attribute-based selection would give in place of the first of these, price protection of ours applied.
async fn alternatives<C: Cloud>(
    cloud: &C,
    facts: &RegionFacts,
    named: &[String],
) -> Result<Vec<String>, CallError> {
    let Some(needs) = needs_of(cloud, named).await? else { return Ok(Vec::new()) };
    let input = requirements::preview(&needs.architecture, requirements::of_group(&needs.for_group()));
    // Advice only: where the preview cannot be asked, the finding goes without its number.
    let Ok(found) = read::types_with_attributes(cloud, input).await else { return Ok(Vec::new()) };
    let names: Vec<String> = found.into_iter().filter_map(|found| found.instance_type).collect();
    let percent = Some(needs.protection_percent);
    let (kept, _) = requirements::protected(&facts.region, percent, PriceBasis::Instance, &names);
    Ok(kept.into_iter().map(str::to_owned).collect())
}
