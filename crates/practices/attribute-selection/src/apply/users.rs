//! Who uses a launch template: groups and fleets, and whether they take their types from it.

use ironbird_api::autoscaling::{AutoScalingGroup, LaunchTemplateSpecification};
use ironbird_cloud::Cloud;
use ironbird_cloud::change::ApplyError;
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetKind, SpotFleet, chosen};
use ironbird_cloud::change::group;
use ironbird_cloud::launch::templates_of;

use crate::subject::{Subject, of_fleet, of_group, of_spot_fleet, specification};

/// One that takes its types from a launch template.
#[derive(Clone)]
pub struct User {
    /// How it buys.
    pub subject: Subject,
    /// The template, as it names it.
    pub spec: LaunchTemplateSpecification,
    /// The group, where it is one.
    pub group: Option<AutoScalingGroup>,
}

impl User {
    /// The version, as it names it.
    pub fn version(&self) -> &str {
        version(&self.spec)
    }

    /// Whether it takes whatever the default is.
    pub fn takes_default(&self) -> bool {
        self.version() == "$Default"
    }

    /// Whether it names a version by its number.
    pub fn is_pinned(&self) -> bool {
        is_pinned(&self.spec)
    }
}

fn version(spec: &LaunchTemplateSpecification) -> &str {
    spec.version.as_deref().unwrap_or("$Default")
}

fn is_pinned(spec: &LaunchTemplateSpecification) -> bool {
    !version(spec).starts_with('$')
}

/// All groups and fleets that use launch templates.
#[derive(Default)]
pub struct Users {
    users: Vec<User>,
    /// Those that a change of the template does not concern, and why.
    others: Vec<(LaunchTemplateSpecification, String)>,
}

impl Users {
    /// Reads them.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn read<C: Cloud>(cloud: &C) -> Result<Self, ApplyError> {
        let mut all = Self::default();
        for group in group::chosen(cloud, &[]).await?.into_iter().filter(|group| group.status.is_none()) {
            let name = format!("group {}", group.auto_scaling_group_name);
            let subject = of_group(cloud, &group).await;
            let subject = subject.map_err(ApplyError::call(format!("cannot read what {name} launches")))?;
            all.add_group(&name, subject, group);
        }
        for fleet in chosen::<C, Ec2Fleet>(cloud, &[]).await? {
            let name = format!("fleet {}", Ec2Fleet::id(&fleet));
            let doing = ApplyError::call(format!("cannot read what {name} launches"));
            let Some(subject) = of_fleet(cloud, &fleet).await.map_err(doing)? else { continue };
            let keeps = fleet.r#type.as_deref().unwrap_or("maintain") == "maintain";
            for config in fleet.launch_template_configs.iter().flatten().filter(|_| keeps) {
                let Some(named) = &config.launch_template_specification else { continue };
                let has_overrides = config.overrides.as_ref().is_some_and(|list| !list.is_empty());
                all.add_fleet(&name, &subject, specification(named), has_overrides);
            }
        }
        for fleet in chosen::<C, SpotFleet>(cloud, &[]).await? {
            let name = format!("Spot Fleet {}", SpotFleet::id(&fleet));
            let doing = ApplyError::call(format!("cannot read what {name} launches"));
            let Some(subject) = of_spot_fleet(cloud, &fleet).await.map_err(doing)? else { continue };
            let config = fleet.spot_fleet_request_config.unwrap_or_default();
            let keeps = config.r#type.as_deref().unwrap_or("maintain") == "maintain";
            for config in config.launch_template_configs.iter().flatten().filter(|_| keeps) {
                let Some(named) = &config.launch_template_specification else { continue };
                let has_overrides = config.overrides.as_ref().is_some_and(|list| !list.is_empty());
                all.add_fleet(&name, &subject, specification(named), has_overrides);
            }
        }
        Ok(all)
    }

    /// Those that take their types from a template.
    pub fn of(&self, id: &str, name: &str) -> Vec<User> {
        self.users.iter().filter(|user| is_it(&user.spec, id, name)).cloned().collect()
    }

    /// What to know of those that use it otherwise.
    pub fn notes(&self, id: &str, name: &str) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for (_, note) in self.others.iter().filter(|(spec, _)| is_it(spec, id, name)) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }

    fn add_group(&mut self, name: &str, subject: Subject, group: AutoScalingGroup) {
        let launch = group.mixed_instances_policy.as_ref().and_then(|policy| policy.launch_template.as_ref());
        let has_overrides =
            launch.and_then(|launch| launch.overrides.as_ref()).is_some_and(|list| !list.is_empty());
        let mut specs: Vec<LaunchTemplateSpecification> = templates_of(&group).cloned().collect();
        match specs.pop() {
            Some(spec) if !has_overrides => {
                self.users.push(User { subject, spec, group: Some(group) });
            }
            spec => {
                let own = || format!("{name} has overrides of its own, which go on to count");
                self.others.extend(specs.into_iter().chain(spec).map(|spec| (spec, own())));
            }
        }
    }

    fn add_fleet(
        &mut self,
        name: &str,
        subject: &Subject,
        spec: LaunchTemplateSpecification,
        has_overrides: bool,
    ) {
        if has_overrides {
            self.others.push((spec, format!("{name} has overrides of its own, which go on to count")));
        } else if is_pinned(&spec) {
            let note = format!(
                "{name} stays at version {}: --fleet {} gives it overrides",
                version(&spec),
                subject.id
            );
            self.others.push((spec, note));
        } else {
            self.users.push(User { subject: subject.clone(), spec, group: None });
        }
    }
}

fn is_it(spec: &LaunchTemplateSpecification, id: &str, name: &str) -> bool {
    spec.launch_template_id.as_deref() == Some(id) || spec.launch_template_name.as_deref() == Some(name)
}
