//! The `Action` and `Resource` of a statement, and their `Not`.

use rustc_hash::FxHashSet;

use crate::context::Context;
use crate::glob::Glob;
use crate::template::Template;

/// The actions that a statement is about. Actions are not case-sensitive: they are kept and asked for in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Actions {
    not: bool,
    entries: Box<[Box<str>]>,
    exact: FxHashSet<Box<str>>,
    globs: Box<[Glob]>,
    /// Prefixes of services that entries name.
    services: FxHashSet<Box<str>>,
    /// Whether it could be about actions of other services too.
    general: bool,
}

impl Actions {
    pub(super) fn new(not: bool, entries: &[String]) -> Self {
        let mut actions = Self {
            not,
            entries: entries.iter().map(|entry| entry.as_str().into()).collect(),
            exact: FxHashSet::default(),
            globs: Box::default(),
            services: FxHashSet::default(),
            general: not,
        };
        let mut globs = Vec::new();
        for entry in entries {
            let entry = entry.to_ascii_lowercase();
            match entry.split_once(':') {
                Some((service, _)) if !service.contains(['*', '?']) => {
                    actions.services.insert(service.into());
                }
                _ => actions.general = true,
            }
            match Glob::new(&entry) {
                Glob::Exact(name) => drop(actions.exact.insert(name)),
                glob => globs.push(glob),
            }
        }
        actions.globs = globs.into();
        actions
    }

    /// Whether the statement is about `action`, which is in lower case.
    pub(crate) fn include(&self, action: &str) -> bool {
        let listed = self.exact.contains(action) || self.globs.iter().any(|glob| glob.matches(action));
        listed != self.not
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &**entry)
    }

    /// Whether it could be about actions of services that it does not name.
    pub(super) const fn is_general(&self) -> bool {
        self.general
    }

    /// Whether it could be about actions of `service`.
    pub(super) fn concern(&self, service: &str) -> bool {
        self.general || self.services.contains(service)
    }

    /// The services that it names.
    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|service| &**service)
    }
}

/// The resources that a statement is about.
#[derive(Clone, Debug)]
pub(crate) struct Resources {
    not: bool,
    entries: Box<[Box<str>]>,
    templates: Box<[Template]>,
    fixed: bool,
}

impl Resources {
    pub(super) fn new(not: bool, entries: &[String], variables: bool) -> Result<Self, String> {
        let templates = entries.iter().map(|entry| Template::new(entry, variables));
        let templates = templates.collect::<Result<Box<[_]>, _>>()?;
        let entries = entries.iter().map(|entry| entry.as_str().into()).collect();
        let fixed = templates.iter().all(Template::is_fixed);
        Ok(Self { not, entries, templates, fixed })
    }

    /// Whether the statement is about `resource`, an ARN or `*` where the action has no resource.
    ///
    /// Wildcards reach over colons here, as AWS documents of those at the end of a part.
    pub(crate) fn include(&self, resource: &str, context: &Context) -> bool {
        self.templates.iter().any(|template| template.like(resource, context)) != self.not
    }

    /// Whether they are the same for every request.
    pub(crate) const fn is_fixed(&self) -> bool {
        self.fixed
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &**entry)
    }

    /// The keys of their variables, in lower case.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().flat_map(Template::keys)
    }
}
