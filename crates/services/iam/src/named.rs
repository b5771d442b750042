//! What users, groups, roles, instance profiles and policies have in common: a name that is unique in the account however it
//! is written, a path, an id that is never given twice, and an ARN.

use ironbird_rig::credentials::unique_id;
use ironbird_rig::page::{Page, Window};
use ironbird_rig::{Account, Ctx, Error, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error;

/// What names a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) name: String,
    /// `/`, or `/teams/a/`.
    pub(crate) path: String,
    pub(crate) id: String,
    /// In whole seconds, as AWS gives it.
    pub(crate) created: Timestamp,
}

impl Head {
    /// A fresh one.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub(crate) fn fresh<N: Named>(ctx: &mut Ctx<'_>, name: &str, path: Option<&str>) -> Result<Self> {
        let id = unique_id(N::ID_PREFIX, ctx.fresh_seed(N::NAME)?);
        Ok(Self { name: name.to_owned(), path: path.unwrap_or("/").to_owned(), id, created: now(ctx) })
    }
}

/// A record with such a head: the one of its name in the account.
pub(crate) trait Named: Table<Record = Self> + Clone + Serialize {
    /// `role`: what its ARN says.
    const RESOURCE: &'static str;
    /// `AROA`
    const ID_PREFIX: &'static str;
    /// Quota of them in an account, and its name.
    const QUOTA: (&'static str, usize);

    /// What names it.
    fn head(&self) -> &Head;

    /// What names it, to change.
    fn head_mut(&mut self) -> &mut Head;

    /// There is none of that name.
    fn missing(name: &str) -> Error;

    /// There is one of that name.
    fn taken(name: &str) -> Error;
}

/// What time it is, in whole seconds.
pub(crate) fn now(ctx: &Ctx<'_>) -> Timestamp {
    Timestamp::from_secs(ctx.now().secs())
}

/// `arn:aws:iam::123456789012:{resource}`
pub(crate) fn arn(ctx: &Ctx<'_>, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", ctx.region().partition(), ctx.scope().account)
}

/// The ARN of a thing.
pub(crate) fn arn_of<N: Named>(ctx: &Ctx<'_>, thing: &N) -> String {
    let Head { name, path, .. } = thing.head();
    arn(ctx, &format!("{}{path}{name}", N::RESOURCE))
}

/// Key of everything of the account. IAM is global: no Region is part of it.
pub(crate) fn prefix(ctx: &Ctx<'_>) -> Key {
    prefix_of(ctx.scope().account)
}

/// Key of everything of an account, whichever calls.
pub(crate) fn prefix_of(account: Account) -> Key {
    Key::new().number(account.number())
}

/// Key of the thing of that name. Names that differ only in their case are the same.
pub(crate) fn key(ctx: &Ctx<'_>, name: &str) -> Key {
    key_in(ctx.scope().account, name)
}

/// Key of the thing of that name in an account, whichever calls.
pub(crate) fn key_in(account: Account, name: &str) -> Key {
    prefix_of(account).text(&name.to_ascii_lowercase())
}

/// The thing of that name, if there is one.
pub(crate) fn look<'t, N: Named>(ctx: &'t Ctx<'_>, name: &str) -> Option<&'t N> {
    // Two names may not differ in case only, but a thing is found only by its name as it was given.
    ctx.peek::<N>(&key(ctx, name)).filter(|thing| thing.head().name == name)
}

/// The thing of that name.
///
/// # Errors
/// `NoSuchEntity` where there is none.
pub(crate) fn find<'t, N: Named>(ctx: &'t Ctx<'_>, name: &str) -> Result<&'t N> {
    look(ctx, name).ok_or_else(|| N::missing(name))
}

/// Changes the thing of that name.
///
/// # Errors
/// `NoSuchEntity` where there is none, and what `change` says.
pub(crate) fn change<N: Named, R>(
    ctx: &mut Ctx<'_>,
    name: &str,
    change: impl FnOnce(&mut N) -> Result<R>,
) -> Result<R> {
    let mut thing = find::<N>(ctx, name)?.clone();
    let result = change(&mut thing)?;
    ctx.put::<N>(key(ctx, name), thing)?;
    Ok(result)
}

/// Keeps a new thing.
///
/// # Errors
/// `EntityAlreadyExists` where there is one of its name, `LimitExceeded` where the account has as many as it may.
pub(crate) fn add<N: Named>(ctx: &mut Ctx<'_>, thing: N) -> Result<()> {
    let key = key(ctx, &thing.head().name);
    if ctx.peek::<N>(&key).is_some() {
        return Err(N::taken(&thing.head().name));
    }
    let (name, most) = N::QUOTA;
    if ctx.scan::<N>(&prefix(ctx)).nth(most - 1).is_some() {
        return Err(error::quota(name, most));
    }
    ctx.put::<N>(key, thing)
}

/// Things of the account whose path begins with `path_prefix`, in the order of their names.
pub(crate) fn list<'t, N: Named>(
    ctx: &'t Ctx<'_>,
    path_prefix: Option<&str>,
    window: &Window,
) -> Page<&'t N> {
    let path_prefix = path_prefix.unwrap_or("/");
    window
        .scan::<N, _>(ctx, &prefix(ctx), |thing| thing.head().path.starts_with(path_prefix).then_some(thing))
}

/// Gives a thing another name or another path, and keeps it there.
///
/// # Errors
/// `EntityAlreadyExists` where another has the name.
pub(crate) fn rename<N: Named>(
    ctx: &mut Ctx<'_>,
    thing: &mut N,
    name: Option<&str>,
    path: Option<&str>,
) -> Result<()> {
    let before = key(ctx, &thing.head().name);
    if let Some(name) = name {
        let after = key(ctx, name);
        if after != before && ctx.peek::<N>(&after).is_some() {
            return Err(N::taken(name));
        }
        name.clone_into(&mut thing.head_mut().name);
    }
    if let Some(path) = path {
        path.clone_into(&mut thing.head_mut().path);
    }
    ctx.delete::<N>(&before)?;
    ctx.put::<N>(key(ctx, &thing.head().name), thing.clone())
}
