//! The policy language: documents read, checked, and compiled into a shape that is quick to evaluate.

mod check;
mod element;
mod error;
mod kind;
mod principal;
mod read;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::condition::Clause;
use crate::context::Context;

pub(crate) use element::{Actions, Resources};
pub use error::Malformed;
pub use kind::Kind;
pub(crate) use principal::Principals;
pub use principal::{Nearness, Principal};
use read::{Document, Written, syntax};

/// What a statement does to what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is allowed, unless something denies it.
    Allow,
    /// It is denied, whatever allows it.
    Deny,
}

/// A policy, compiled. It does not change: put it behind an `Arc` and share it.
#[derive(Clone, Debug)]
pub struct Policy {
    id: Option<Box<str>>,
    statements: Box<[Statement]>,
    index: Index,
    /// In lower case, sorted.
    keys: Box<[Box<str>]>,
}

/// Which statements could be about which service's actions, by their positions.
#[derive(Clone, Debug)]
struct Index {
    /// By the prefix of services that the policy names.
    by_service: FxHashMap<Box<str>, Box<[u32]>>,
    /// About any other service.
    others: Box<[u32]>,
}

/// A statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    sid: Option<Box<str>>,
    effect: Effect,
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    /// None in a trust policy, and where a resource's own policy does not say: the resource itself.
    pub(crate) resources: Option<Resources>,
    pub(crate) conditions: Box<[Clause]>,
}

impl Policy {
    /// Reads a document of some kind.
    ///
    /// # Errors
    /// What is wrong with it, where, and how AWS says so. Its length is not looked at: see [`Kind::most_characters`].
    pub fn parse(kind: Kind, document: &str) -> Result<Self, Malformed> {
        let document = Document::read(document)?;
        check::check(&document, kind)?;
        let variables = document.version.as_deref() == Some("2012-10-17");
        let mut statements = Vec::with_capacity(document.statements.len());
        for (at, written) in document.statements.into_iter().enumerate() {
            statements.push(Statement::compile(written, variables, &format!("Statement[{at}]"))?);
        }
        let index = Index::new(&statements);
        let keys = context_keys(&statements);
        Ok(Self { id: document.id.map(Into::into), statements: statements.into(), index, keys })
    }

    /// Its `Id`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its statements, in their order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The statements that could be about actions of `service`, with their positions.
    pub(crate) fn about(&self, service: &str) -> impl Iterator<Item = (usize, &Statement)> {
        let positions = self.index.by_service.get(service).unwrap_or(&self.index.others);
        positions.iter().map(|at| (*at as usize, &self.statements[*at as usize]))
    }

    /// The names of the condition keys that it asks for, in conditions and variables; in lower case, sorted.
    pub fn context_keys(&self) -> &[Box<str>] {
        &self.keys
    }
}

fn context_keys(statements: &[Statement]) -> Box<[Box<str>]> {
    let mut keys: Vec<Box<str>> = Vec::new();
    for statement in statements {
        let of_conditions = statement.conditions.iter().flat_map(Clause::keys);
        let of_resources = statement.resources.iter().flat_map(Resources::keys);
        keys.extend(of_conditions.chain(of_resources).map(Box::from));
    }
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}

impl Statement {
    fn compile(written: Written, variables: bool, place: &str) -> Result<Self, Malformed> {
        let at = |element: &str| format!("{place}.{element}");
        let effect = if written.effect == "Deny" { Effect::Deny } else { Effect::Allow };
        let mut principals = None;
        if let Some(list) = written.principal {
            let named = list.entries.iter().map(|(kind, text)| {
                Principal::new(kind, text).map_err(|detail| {
                    let message = format!("Invalid principal in policy: \"{kind}\":\"{text}\"");
                    Malformed::new(message, &at("Principal"), detail)
                })
            });
            let named = named.collect::<Result<Box<[_]>, _>>()?;
            principals = Some(if list.not { Principals::AllBut(named) } else { Principals::These(named) });
        }
        let action = written.action.ok_or_else(|| syntax(&at("Action"), "there is none"))?;
        let resources = written.resource.map(|list| {
            Resources::new(list.not, &list.entries, variables)
                .map_err(|detail| syntax(&at("Resource"), detail))
        });
        let mut conditions = Vec::with_capacity(written.conditions.len());
        for (operator, key, values) in written.conditions {
            let clause = Clause::new(&operator, &key, &values, variables);
            conditions
                .push(clause.map_err(|detail| syntax(&at(&format!("Condition.{operator}.{key}")), detail))?);
        }
        Ok(Self {
            sid: written.sid.filter(|sid| !sid.is_empty()).map(Into::into),
            effect,
            principals,
            actions: Actions::new(action.not, &action.entries),
            resources: resources.transpose()?,
            conditions: conditions.into(),
        })
    }

    /// Its `Sid`.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What it does.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// Its `Principal`, where it is that and not `NotPrincipal`.
    pub fn principals(&self) -> &[Principal] {
        match &self.principals {
            Some(Principals::These(list)) => list,
            _ => &[],
        }
    }

    /// The entries of its `Action`, or of its `NotAction`.
    pub fn action_entries(&self) -> impl Iterator<Item = &str> {
        self.actions.entries()
    }

    /// The entries of its `Resource`, or of its `NotResource`.
    pub fn resource_entries(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().flat_map(Resources::entries)
    }

    /// Its conditions.
    pub fn conditions(&self) -> &[Clause] {
        &self.conditions
    }

    /// Whether its conditions hold.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        self.conditions.iter().all(|clause| clause.holds(context))
    }
}

impl Index {
    fn new(statements: &[Statement]) -> Self {
        let mut services: Vec<&str> =
            statements.iter().flat_map(|statement| statement.actions.services()).collect();
        services.sort_unstable();
        services.dedup();
        let positions = |wanted: &dyn Fn(&Statement) -> bool| -> Box<[u32]> {
            let numbered = (0_u32..).zip(statements);
            numbered.filter(|(_, statement)| wanted(statement)).map(|(at, _)| at).collect()
        };
        let about = |service: &str| positions(&|statement| statement.actions.concern(service));
        Self {
            by_service: services.iter().map(|service| (Box::from(*service), about(service))).collect(),
            others: positions(&|statement| statement.actions.is_general()),
        }
    }
}
