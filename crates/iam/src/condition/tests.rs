use super::{Clause, Operator};
use crate::context::Context;

/// Whether `operator` holds for a key `k` that has `given` in the request and `wanted` in the policy.
fn holds(operator: &str, wanted: &[&str], given: &[&str]) -> bool {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut context = Context::new();
    context.set("aws:username", "anna").set_many("K", owned(given));
    Clause::new(operator, "k", &owned(wanted), true).unwrap().holds(&context)
}

#[test]
fn one_value_is_compared_with_each() {
    for (operator, wanted, given, expected) in [
        ("StringEquals", &["a", "b"][..], "b", true),
        ("StringEquals", &["a*"], "ab", false),
        ("StringEquals", &["A"], "a", false),
        ("StringNotEquals", &["a", "b"], "b", false),
        ("StringNotEquals", &["a", "b"], "c", true),
        ("StringEqualsIgnoreCase", &["Ä"], "ä", true),
        ("StringNotEqualsIgnoreCase", &["A"], "a", false),
        ("StringLike", &["a*", "?"], "abc", true),
        ("StringLike", &["A*"], "abc", false),
        ("StringNotLike", &["a*"], "abc", false),
        ("StringEquals", &["${aws:username}"], "anna", true),
        ("StringLike", &["${aws:username}/*"], "anna/x", true),
        ("NumericEquals", &["10"], "10.0", true),
        ("NumericNotEquals", &["10"], "11", true),
        ("NumericLessThan", &["10"], "9.5", true),
        ("NumericLessThanEquals", &["10"], "10", true),
        ("NumericGreaterThan", &["10"], "10", false),
        ("NumericGreaterThanEquals", &["-1"], "-1", true),
        ("NumericEquals", &["inf"], "inf", false),
        ("NumericLessThan", &["10"], "few", false),
        ("DateEquals", &["2026-11-22T12:00:00Z"], "1795348800", true),
        ("DateNotEquals", &["2026-11-22T12:00:00Z"], "2026-11-22T12:00:01Z", true),
        ("DateLessThan", &["2026-11-22"], "2026-11-21T23:59:59Z", true),
        ("DateLessThanEquals", &["2026-11-22"], "2026-11-22T00:00:00Z", true),
        ("DateGreaterThan", &["2026-11-22"], "2026-11-22T00:00:00Z", false),
        ("DateGreaterThanEquals", &["2026-11-22"], "2026-11-22T01:00:00+01:00", true),
        ("Bool", &["true"], "TRUE", true),
        ("Bool", &["false"], "true", false),
        ("Bool", &["true"], "1", false),
        ("BinaryEquals", &["QmluYXJ5"], "QmluYXJ5", true),
        ("BinaryEquals", &["QmluYXJ5"], "QmluYXJ6", false),
        ("IpAddress", &["203.0.113.0/24"], "203.0.113.7", true),
        ("IpAddress", &["203.0.113.0/24"], "203.0.114.7", false),
        ("IpAddress", &["2001:db8::/32"], "2001:db8:1234::1", true),
        ("IpAddress", &["0.0.0.0/0"], "2001:db8::1", false),
        ("IpAddress", &["203.0.113.7"], "203.0.113.7", true),
        ("NotIpAddress", &["203.0.113.0/24"], "203.0.113.7", false),
        ("NotIpAddress", &["203.0.113.0/24"], "198.51.100.1", true),
        ("ArnEquals", &["arn:aws:sns:*:123456789012:t*"], "arn:aws:sns:eu-west-1:123456789012:topic", true),
        ("ArnLike", &["arn:aws:iam::*:role/${aws:username}"], "arn:aws:iam::123456789012:role/anna", true),
        ("ArnLike", &["*"], "arn:aws:iam::123456789012:role/anna", false),
        ("ArnNotLike", &["arn:aws:s3:::a*"], "arn:aws:s3:::b", true),
        ("ArnNotEquals", &["arn:aws:s3:::a*"], "arn:aws:s3:::a", false),
        ("Null", &["true"], "x", false),
        ("Null", &["false"], "x", true),
        ("stringequals", &["a"], "a", true),
    ] {
        assert_eq!(holds(operator, wanted, &[given]), expected, "{operator} {wanted:?} {given}");
    }
}

#[test]
fn missing_keys_match_what_is_negated() {
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringLike", false),
        ("StringNotLike", true),
        ("NumericNotEquals", true),
        ("NumericLessThan", false),
        ("DateNotEquals", true),
        ("Bool", false),
        ("BinaryEquals", false),
        ("IpAddress", false),
        ("NotIpAddress", true),
        ("ArnNotLike", true),
        ("StringEqualsIfExists", true),
        ("BoolIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringNotEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
    ] {
        assert_eq!(holds(operator, &["true"], &[]), expected, "{operator}");
    }
    assert!(holds("Null", &["true"], &[]));
    assert!(!holds("Null", &["false"], &[]));
}

#[test]
fn sets_of_values_are_quantified() {
    let (inside, across, outside) = (&["a", "b"][..], &["a", "x"][..], &["x", "y"][..]);
    for (operator, expected) in [
        ("StringEquals", [true, true, false]),
        ("StringNotEquals", [false, false, true]),
        ("ForAllValues:StringEquals", [true, false, false]),
        ("ForAnyValue:StringEquals", [true, true, false]),
        ("ForAllValues:StringNotEquals", [false, false, true]),
        ("ForAnyValue:StringNotEquals", [false, true, true]),
        ("ForAllValues:StringLikeIfExists", [true, false, false]),
    ] {
        let actual = [inside, across, outside].map(|given| holds(operator, &["a", "b", "c"], given));
        assert_eq!(actual, expected, "{operator}");
    }
}

#[test]
fn variables_without_a_value_equal_nothing() {
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringLike", false),
        ("StringNotEquals", true),
        ("StringNotLike", true),
        ("ArnLike", false),
        ("ArnNotEquals", true),
    ] {
        assert_eq!(holds(operator, &["${aws:PrincipalTag/team}"], &[""]), expected, "{operator}");
    }
    assert!(holds("StringEquals", &["${aws:PrincipalTag/team, 'none'}"], &["none"]));
}

#[test]
fn operators_that_there_are_not_are_not_read() {
    for name in ["", "x", "StringEqual", "ForAnyValue::StringEquals", "ForSome:Bool", "NullIfExists", "Date"]
    {
        assert_eq!(Operator::parse(name), None, "{name}");
    }
}
