//! What all kinds of EC2 resources have in common: ids, the errors about them, and how they are listed.

use std::ops::RangeInclusive;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Key, Result, Table};

use crate::filter::{Filters, Test};
use crate::page::{self, Page, Window};

/// A kind of resource and AWS's words for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// What stands before the dash of its ids: `vpc`.
    pub prefix: &'static str,
    /// Its name in tag specifications and ARNs: `internet-gateway`.
    pub resource_type: &'static str,
    /// Its name in messages: `vpc ID`, plural `vpc IDs`.
    pub noun: &'static str,
    /// Code of the error for ids that nothing has.
    pub not_found: &'static str,
    /// Code of the error for what is not an id.
    pub malformed: &'static str,
}

impl Kind {
    /// Whether `id` has the form of this kind's ids: prefix, dash, 8 or 17 hexadecimal digits.
    pub fn is_well_formed(&self, id: &str) -> bool {
        let digits = id.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('-'));
        // Spot requests have kept the ids of EC2's early days: eight letters or digits.
        if self.prefix == "sir" {
            return digits.is_some_and(|digits| {
                digits.len() == 8
                    && digits.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
        }
        digits.is_some_and(|digits| {
            matches!(digits.len(), 8 | 17)
                && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    }

    /// Refuses what is not an id of this kind.
    ///
    /// # Errors
    /// The kind's `….Malformed`.
    pub fn check(&self, id: &str) -> Result<()> {
        if self.is_well_formed(id) {
            return Ok(());
        }
        let expected = format!("{}-", self.prefix);
        let message = match id.starts_with(&expected) {
            true => format!("Invalid id: \"{id}\""),
            false => format!("Invalid id: \"{id}\" (expecting \"{expected}...\")"),
        };
        Err(Error::client(self.malformed, message))
    }

    /// The kind's `….NotFound` for one id.
    pub fn not_found(&self, id: &str) -> Error {
        Error::client(self.not_found, format!("The {} '{id}' does not exist", self.noun))
    }

    /// The kind's `….NotFound` for ids; nothing else is said of the ids that do exist.
    pub fn none_found(&self, ids: &[&str]) -> Error {
        match ids {
            [id] => self.not_found(id),
            _ => {
                let message = format!("The {}s '{}' do not exist", self.noun, ids.join(", "));
                Error::client(self.not_found, message)
            }
        }
    }
}

/// Seconds for which gateways of VPNs are shown after they were deleted. AWS says "for a while"; the hour is ours.
pub const SHOWN_DELETED: i64 = 3600;

/// Bounds of how many resources one request may name.
const MAX_NAMED: usize = 1000;

/// A table whose records are listed by a Describe operation, each at `scope.key(id)`.
pub trait Resource: Table {
    /// Words for it.
    const KIND: Kind;
    /// The filters it has, besides those on tags.
    const FILTERS: &'static [&'static str];
    /// Bounds of `MaxResults`.
    const PAGES: RangeInclusive<i32> = page::USUAL;
    /// What the API shows of it.
    type View;

    /// Its id.
    fn id(record: &Self::Record) -> &str;
    /// Whether one of the values that it has under the filter `name` passes `test`.
    fn has(ctx: &Ctx<'_>, record: &Self::Record, name: &str, test: Test<'_>) -> bool;
    /// What the API shows of it.
    fn view(ctx: &Ctx<'_>, record: &Self::Record) -> Self::View;
}

/// The record with that id.
///
/// # Errors
/// The kind's `….Malformed` or `….NotFound`.
pub fn find<'t, R: Resource>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t R::Record> {
    if let Some(record) = ctx.peek::<R>(&ctx.scope().key(id)) {
        return Ok(record);
    }
    R::KIND.check(id)?;
    Err(R::KIND.not_found(id))
}

/// Changes the record with that id in place.
///
/// # Errors
/// As [`find`], and in an operation registered as one that reads.
pub fn change<R: Resource>(ctx: &mut Ctx<'_>, id: &str, change: impl FnOnce(&mut R::Record)) -> Result<()>
where
    R::Record: Clone,
{
    let key = ctx.scope().key(id);
    match ctx.update::<R, _>(&key, change)? {
        Some(()) => Ok(()),
        None => Err(R::KIND.not_found(id)),
    }
}

/// Every record of the call's account and Region.
pub fn all<'t, 'w, R: Resource>(ctx: &'t Ctx<'w>) -> impl Iterator<Item = &'t R::Record> + use<'t, 'w, R> {
    ctx.scan::<R>(&ctx.scope().prefix()).map(|(_, record)| record)
}

/// Every record of the call's Region that belongs to another account; keys begin as those of a scope.
pub fn of_others<'t, 'w, T: Table>(ctx: &'t Ctx<'w>) -> impl Iterator<Item = &'t T::Record> + use<'t, 'w, T> {
    let (own, region) = (ctx.scope().prefix(), ctx.region().code());
    let elsewhere = move |(key, _): &(&Key, &T::Record)| {
        let key = key.as_bytes();
        // Eight bytes of the account, then the Region and a zero.
        let rest = key.get(8..).unwrap_or_default();
        let here = rest.strip_prefix(region.as_bytes()).is_some_and(|rest| rest.first() == Some(&0));
        here && !key.starts_with(own.as_bytes())
    };
    ctx.scan::<T>(&Key::new()).filter(elsewhere).map(|(_, record)| record)
}

/// What a Describe request asks for.
pub struct Ask<'a> {
    /// Ids named, if any.
    pub ids: Option<&'a [String]>,
    /// Filters.
    pub filters: Option<&'a [ec2::Filter]>,
    /// `MaxResults`.
    pub max_results: Option<i32>,
    /// `NextToken`.
    pub next_token: Option<&'a str>,
}

/// Answers a Describe request: what is named, or all, as far as it passes the filters.
///
/// # Errors
/// Errors of [`Filters::read`] and [`Window::read`], and `….Malformed` or `….NotFound` for the ids named.
pub fn describe<R: Resource>(ctx: &Ctx<'_>, ask: &Ask<'_>) -> Result<Page<R::View>> {
    let window = Window::read(ask.max_results, ask.next_token, R::PAGES)?;
    describe_within::<R>(ctx, ask, &window)
}

/// The same in a window of the operation's own: `max_results` and `next_token` are read from there.
///
/// # Errors
/// As [`describe`].
pub fn describe_within<R: Resource>(ctx: &Ctx<'_>, ask: &Ask<'_>, window: &Window) -> Result<Page<R::View>> {
    let filters = Filters::read(ask.filters, R::FILTERS, true)?;
    let choose = |record: &R::Record| {
        let passes = filters.pass(ctx, R::id(record), |name, test| R::has(ctx, record, name, test));
        passes.then(|| R::view(ctx, record))
    };
    let Some(ids) = ask.ids.filter(|ids| !ids.is_empty()) else {
        return Ok(window.scan::<R, _>(ctx, &ctx.scope().prefix(), choose));
    };
    let mut named = named::<R>(ctx, ids)?;
    named.sort_unstable_by(|left, right| R::id(left).cmp(R::id(right)));
    named.dedup_by(|left, right| R::id(left) == R::id(right));
    let passing = named
        .into_iter()
        .filter(|record| filters.pass(ctx, R::id(record), |name, test| R::has(ctx, record, name, test)));
    let page = window.list(passing, |record| R::id(record));
    Ok(Page { items: page.items.into_iter().map(|record| R::view(ctx, record)).collect(), next: page.next })
}

/// The records with these ids, in the order of the ids.
///
/// # Errors
/// The kind's `….Malformed`, or `….NotFound` with all ids that nothing has.
pub fn named<'t, R: Resource>(ctx: &'t Ctx<'_>, ids: &[String]) -> Result<Vec<&'t R::Record>> {
    if ids.len() > MAX_NAMED {
        let message = format!("the request names {} resources; name {MAX_NAMED} at most", ids.len());
        return Err(crate::error::invalid_value(message));
    }
    let mut records = Vec::with_capacity(ids.len());
    let mut missing = Vec::new();
    for id in ids {
        match ctx.peek::<R>(&ctx.scope().key(id)) {
            Some(record) => records.push(record),
            None => {
                R::KIND.check(id)?;
                missing.push(id.as_str());
            }
        }
    }
    if missing.is_empty() { Ok(records) } else { Err(R::KIND.none_found(&missing)) }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    const KIND: Kind = Kind {
        prefix: "vpc",
        resource_type: "vpc",
        noun: "vpc ID",
        not_found: "InvalidVpcID.NotFound",
        malformed: "InvalidVpcID.Malformed",
    };

    #[test]
    fn ids_are_checked_as_on_aws() {
        assert!(KIND.check("vpc-0123456789abcdef0").is_ok());
        assert!(KIND.check("vpc-1a2b3c4d").is_ok());
        assert_eq!(KIND.check("vpc-xyz").unwrap_err().message(), "Invalid id: \"vpc-xyz\"");
        let error = KIND.check("subnet-1a2b3c4d").unwrap_err();
        assert_eq!(error.code(), "InvalidVpcID.Malformed");
        assert_eq!(error.message(), "Invalid id: \"subnet-1a2b3c4d\" (expecting \"vpc-...\")");
        for id in ["", "vpc", "vpc-", "vpc-1A2B3C4D", "vpc-1a2b3c4dé"] {
            assert!(KIND.check(id).is_err(), "{id}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(KIND.none_found(&["vpc-1"]).message(), "The vpc ID 'vpc-1' does not exist");
        assert_eq!(KIND.none_found(&["a", "b"]).message(), "The vpc IDs 'a, b' do not exist");
    }
}
