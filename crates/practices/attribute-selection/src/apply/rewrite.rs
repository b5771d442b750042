//! What a group or fleet launches, rewritten: attributes in the place of lists, fewer attributes where they leave few types,
//! and a price protection that leaves enough.

use std::collections::BTreeSet;

use ironbird_client::CallError;
use ironbird_cloud::Cloud;

use super::over::Over;
use super::preview::Preview;
use super::unlike;
use crate::check::relax;
use crate::check::rules::ENOUGH_TYPES;
use crate::derive;
use crate::subject::{Selection, Subject, Wanted};
use crate::words::{counted, some, way};

/// One override, or the launch template where there is none.
#[derive(Clone)]
struct Part<O> {
    over: O,
    selection: Selection,
    /// Which launch template configuration it is of: a group has one.
    config: usize,
    /// Whether it is the launch template itself.
    is_template: bool,
    /// Whether what it launches changes.
    is_new: bool,
}

/// The overrides of a group or fleet, being rewritten.
pub struct Rewrite<'s, O> {
    subject: &'s Subject,
    parts: Vec<Part<O>>,
    configs: usize,
    is_replaced: bool,
    /// What changes, in words.
    pub lines: Vec<String>,
    /// What stays although it falls short, and why.
    pub stays: Vec<String>,
}

impl<'s, O: Over> Rewrite<'s, O> {
    /// Begins with what the subject has. `configs` are its overrides, in the order of its selections.
    pub fn begin(subject: &'s Subject, configs: Vec<Vec<O>>) -> Self {
        let count = configs.len();
        let overrides = configs.into_iter().enumerate().flat_map(|(config, overrides)| {
            let is_template = overrides.is_empty();
            let own = if is_template { vec![O::default()] } else { overrides };
            own.into_iter().map(move |over| (config, is_template, over))
        });
        let parts = overrides.zip(&subject.selections).map(|((config, is_template, over), selection)| Part {
            over,
            selection: selection.clone(),
            config,
            is_template,
            is_new: false,
        });
        Self {
            subject,
            parts: parts.collect(),
            configs: count,
            is_replaced: false,
            lines: Vec::new(),
            stays: Vec::new(),
        }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn run<C: Cloud>(&mut self, cloud: &C, given_up: &[String]) -> Result<(), CallError> {
        self.replace_lists(cloud).await?;
        self.relax(cloud, given_up).await?;
        self.widen();
        self.tell_of_few(cloud).await?;
        self.tell_of_open_ends();
        Ok(())
    }

    /// Whether anything changes.
    pub fn is_changed(&self) -> bool {
        !self.lines.is_empty()
    }

    /// What each configuration's overrides become; none where none of them changes.
    pub fn overrides(&self) -> Option<Vec<Vec<O>>> {
        let changed = self.parts.iter().any(|part| !part.is_template && part.is_new);
        changed.then(|| {
            let mut configs: Vec<Vec<O>> = (0..self.configs).map(|_| Vec::new()).collect();
            for part in self.parts.iter().filter(|part| !part.is_template) {
                let over = match &part.selection.wanted {
                    Some(wanted) if part.is_new => part.over.clone().asking(&wanted.request),
                    _ => part.over.clone(),
                };
                configs[part.config].push(over);
            }
            configs
        })
    }

    /// What launch templates that have attributes themselves are to ask for, by their configuration.
    pub fn templates(&self) -> impl Iterator<Item = (usize, &Wanted)> {
        let changed = self.parts.iter().filter(|part| part.is_template && part.is_new);
        changed.filter_map(|part| Some((part.config, part.selection.wanted.as_ref()?)))
    }

    /// What the first of its overrides, or its launch template, is to ask for; none where that stays.
    pub fn asked(&self) -> Option<&Wanted> {
        self.parts.first().filter(|part| part.is_new)?.selection.wanted.as_ref()
    }

    /// The types before and after, for each way of buying.
    pub fn previews(&self) -> Vec<Preview> {
        let after = self.after();
        let matching: BTreeSet<&String> = after.wanted().flat_map(|(_, wanted)| &wanted.matching).collect();
        let preview = |purchase| Preview {
            purchase: way(purchase),
            before: self.subject.launchable(purchase, None).into_iter().collect(),
            after: after.launchable(purchase, None).into_iter().collect(),
            matching: matching.len(),
        };
        self.subject.purchases().map(preview).collect()
    }

    /// Where the new types are unlike those that there were.
    ///
    /// # Errors
    /// What the service answers.
    pub async fn warnings<C: Cloud>(&self, cloud: &C) -> Result<Vec<String>, CallError> {
        let after = self.after();
        let of = |subject: &Subject| -> BTreeSet<String> {
            subject.purchases().flat_map(|purchase| subject.launchable(purchase, None)).collect()
        };
        let (earlier, now) = (of(self.subject), of(&after));
        let mut warnings = unlike::warnings(cloud, &earlier, &now).await?;
        for purchase in self.subject.purchases().filter(|_| self.is_replaced) {
            let left = after.launchable(purchase, None);
            if left.len() < ENOUGH_TYPES {
                warnings.push(format!(
                    "these are fewer than {ENOUGH_TYPES} for {}: check goes on to say so",
                    way(purchase)
                ));
            }
        }
        Ok(warnings)
    }

    /// The subject as it is to be.
    fn after(&self) -> Subject {
        let selections = self.parts.iter().map(|part| part.selection.clone()).collect();
        Subject { selections, ..self.subject.clone() }
    }

    async fn replace_lists<C: Cloud>(&mut self, cloud: &C) -> Result<(), CallError> {
        let named = self.subject.named();
        if named.is_empty() {
            return Ok(());
        }
        // Where check finds nothing, nothing is to be done.
        let Some((needs, whole)) = derive::instead(cloud, &named).await? else { return Ok(()) };
        let gives = |purchase| whole.left(self.subject, purchase).0.len();
        if self.subject.purchases().map(gives).max().unwrap_or(0) <= named.len() {
            return Ok(());
        }
        if self.parts.iter().any(|part| part.selection.is_weighted) {
            self.stays.push(
                "its capacity is weighted, and attributes take no weights: count it in vCPUs or memory first"
                    .to_owned(),
            );
            return Ok(());
        }
        let mut parts: Vec<Part<O>> = Vec::new();
        for part in &self.parts {
            let rest = part.over.rest();
            let is_alike = |other: &Part<O>| other.config == part.config && other.over == rest;
            if part.selection.named.is_none() {
                parts.push(part.clone());
                continue;
            }
            if parts.iter().any(is_alike) {
                continue;
            }
            let alike =
                self.parts.iter().filter(|other| other.config == part.config && other.over.rest() == rest);
            let types: Vec<String> = alike.filter_map(|other| other.selection.named.clone()).collect();
            let wanted = match types.len() == named.len() {
                true => whole.clone(),
                false => match derive::instead(cloud, &types).await? {
                    Some((_, wanted)) => wanted,
                    None => return Ok(()),
                },
            };
            let selection = Selection { named: None, wanted: Some(wanted), ..part.selection.clone() };
            parts.push(Part { over: rest, selection, config: part.config, is_template: false, is_new: true });
        }
        self.lines.push(format!("{} → types with {}", some(&named, 6), needs.words()));
        self.parts = parts;
        self.is_replaced = true;
        Ok(())
    }

    async fn relax<C: Cloud>(&mut self, cloud: &C, given_up: &[String]) -> Result<(), CallError> {
        if given_up.is_empty() || !self.is_few() {
            return Ok(());
        }
        for attribute in given_up {
            for part in &mut self.parts {
                let Some(wanted) = &part.selection.wanted else { continue };
                let Some(request) = relax::without(&wanted.request, attribute) else { continue };
                let relaxed = Wanted::preview(cloud, wanted.architecture.clone(), request).await?;
                part.selection.wanted = Some(relaxed);
                part.is_new = true;
                self.lines.push(format!("{} without {attribute}", part.selection.place));
            }
        }
        Ok(())
    }

    /// Whether few types are left, in one of the ways of buying.
    fn is_few(&self) -> bool {
        let after = self.after();
        after.wanted().next().is_some()
            && after.purchases().any(|purchase| after.launchable(purchase, None).len() < ENOUGH_TYPES)
    }

    /// Widens the price protection where that gives enough types; where a list was replaced, also where it gives more.
    fn widen(&mut self) {
        for purchase in self.subject.purchases() {
            let after = self.after();
            if after.wanted().next().is_none() {
                return;
            }
            let left = after.launchable(purchase, None).len();
            let (wider, words) = derive::wider(&after, purchase);
            let gives = wider.launchable(purchase, None).len();
            let is_better = gives >= ENOUGH_TYPES || (self.is_replaced && gives > left);
            if left >= ENOUGH_TYPES || !is_better {
                continue;
            }
            for (part, selection) in self.parts.iter_mut().zip(wider.selections) {
                part.is_new |= part.selection.wanted != selection.wanted;
                part.selection = selection;
            }
            self.lines.push(format!("price protection → {words}"));
        }
    }

    /// Says what could be given up where few types are left: only its owner knows what an application can do without.
    async fn tell_of_few<C: Cloud>(&mut self, cloud: &C) -> Result<(), CallError> {
        if self.is_replaced || !self.is_few() {
            return Ok(());
        }
        let after = self.after();
        let counted_by = after.purchases().map(|purchase| (after.launchable(purchase, None).len(), purchase));
        let Some((left, purchase)) = counted_by.min_by_key(|(left, _)| *left) else { return Ok(()) };
        let tried = relax::each(cloud, &after, purchase, None).await?;
        let choices: Vec<String> = tried
            .iter()
            .take(3)
            .map(|one| format!("--relax {} of {} leaves {}", one.attribute, one.place, one.left))
            .collect();
        let what = match choices.as_slice() {
            [] => "no attribute alone is what excludes the others".to_owned(),
            several => several.join(", "),
        };
        self.stays.push(format!(
            "its attributes leave {} for {}, and what it can do without is not ours to say: {what}",
            counted(left, "type"),
            way(purchase)
        ));
        Ok(())
    }

    fn tell_of_open_ends(&mut self) {
        for part in &self.parts {
            let Some(Wanted { request, .. }) = &part.selection.wanted else { continue };
            let (vcpus, memory) = (&request.vcpu_count, &request.memory_mib);
            let ranges = [("VCpuCount", vcpus.min, vcpus.max), ("MemoryMiB", memory.min, memory.max)];
            for (name, ..) in ranges.into_iter().filter(|(_, least, most)| *least == 0 && most.is_some()) {
                self.stays.push(format!(
                    "{name} of {} has a maximum and no minimum: only you know what it runs with",
                    part.selection.place
                ));
            }
        }
    }
}
