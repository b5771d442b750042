//! Ids: made from the seed, and checked against the model's patterns.

use ironbird_rig::{Account, Ctx, Result};

use crate::error;

const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// `length` lowercase letters and digits, others at every call.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn fresh(ctx: &mut Ctx<'_>, label: &str, length: usize) -> Result<String> {
    let mut rng = ctx.fresh_seed(label)?.rng();
    Ok((0..length).map(|_| char::from(LETTERS[rng.below(36) as usize])).collect())
}

/// What an id names, by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Account(Account),
    Unit,
    Root,
    Policy,
    ResourcePolicy,
}

/// What `id` names; none where it has none of the forms.
pub(crate) fn kind(id: &str) -> Option<Kind> {
    if let Some(account) = Account::parse(id) {
        return Some(Kind::Account(account));
    }
    let (prefix, rest) = id.split_once('-')?;
    match prefix {
        "r" => is_word(rest, 4..=32).then_some(Kind::Root),
        "ou" => {
            let (root, own) = rest.split_once('-')?;
            (is_word(root, 4..=32) && is_word(own, 8..=32)).then_some(Kind::Unit)
        }
        "p" => is_name(rest, 8).then_some(Kind::Policy),
        "rp" => is_name(rest, 4).then_some(Kind::ResourcePolicy),
        _ => None,
    }
}

/// What `id` names, where `fits` says that it may be that.
///
/// # Errors
/// `InvalidInputException` where it has another form.
pub(crate) fn checked(id: &str, fits: impl FnOnce(Kind) -> bool) -> Result<Kind> {
    kind(id).filter(|kind| fits(*kind)).ok_or_else(error::pattern)
}

/// The account that `id` names.
///
/// # Errors
/// `InvalidInputException` where it is not twelve digits.
pub(crate) fn account(id: &str) -> Result<Account> {
    Account::parse(id).ok_or_else(error::pattern)
}

/// Whether `id` is `prefix` followed by so many lowercase letters and digits as ids of requests and handshakes have.
pub(crate) fn is_numbered(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| is_word(rest, 8..=32))
}

fn is_word(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn is_name(text: &str, least: usize) -> bool {
    (least..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_numbered, kind};
    use ironbird_rig::Account;

    #[test]
    fn ids_are_told_apart_by_their_form() {
        let account = Account::parse("123456789012").unwrap();
        for (id, expected) in [
            ("123456789012", Some(Kind::Account(account))),
            ("r-ab12", Some(Kind::Root)),
            ("ou-ab12-cdef3456", Some(Kind::Unit)),
            ("p-FullAWSAccess", Some(Kind::Policy)),
            ("rp-ab12", Some(Kind::ResourcePolicy)),
            ("r-ab1", None),
            ("r-AB12", None),
            ("ou-ab12", None),
            ("ou-ab12-cdef345", None),
            ("p-short", None),
            ("12345678901", None),
            ("arn:aws:organizations::123456789012:root/o-a/r-ab12", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(kind(id), expected, "{id}");
        }
        assert!(is_numbered("car-0123abcd", "car-") && !is_numbered("car-0123abc", "car-"));
    }
}
