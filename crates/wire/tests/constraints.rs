//! Validation and redaction, on a small model.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use ironbird_wire::redact::redacted;
use ironbird_wire::schema::Service;
use ironbird_wire::validate::{Rule, Violation, validate};
use serde_json::{Value as Json, json};
use support::{botocore, values};

fn service() -> Service {
    let shapes = json!({
        "Input": {"type": "structure", "required": ["Name", "Color"], "members": {
            "Name": {"shape": "Name"}, "Color": {"shape": "Color"}, "Count": {"shape": "Count"},
            "Share": {"shape": "Share"}, "InstanceIds": {"shape": "Ids", "locationName": "InstanceId"},
            "Tags": {"shape": "Tags"}, "Password": {"shape": "Secret"}, "Data": {"shape": "Data"},
            "Inner": {"shape": "Input"}, "Choice": {"shape": "Choice"}, "When": {"shape": "When"}}},
        "Name": {"type": "string", "min": 2, "max": 4},
        "Color": {"type": "string", "enum": ["red", "green"]},
        "Count": {"type": "integer", "min": 1, "max": 10},
        "Share": {"type": "double", "max": 1},
        "Ids": {"type": "list", "member": {"shape": "Name"}, "max": 3},
        "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Name"}},
        "Secret": {"type": "string", "min": 8, "sensitive": true},
        "Data": {"type": "blob", "max": 3},
        "Choice": {"type": "structure", "union": true, "members": {"a": {"shape": "Name"}, "b": {"shape": "Name"}}},
        "When": {"type": "timestamp"}
    });
    let operation = json!({"name": "Do", "http": {}, "input": {"shape": "Input"}});
    botocore::service(&json!({"protocol": "json", "jsonVersion": "1.1"}), &shapes, &[&operation])
}

fn check(service: &Service, input: Json, with: impl FnOnce(&[Violation<'_>])) {
    let shape = service.shape(service.operation("Do").unwrap().input.unwrap());
    let value = values::structure(service, shape, &input);
    with(&validate(service, shape, &value));
}

#[test]
fn a_good_value_has_no_violations() {
    let input =
        json!({"Name": "ab", "Color": "red", "Count": 10, "InstanceIds": ["éé"], "Tags": {"ab": "cd"}});
    check(&service(), input, |found| assert!(found.is_empty(), "{found:?}"));
}

#[test]
fn each_rule_is_reported_with_its_place() {
    let service = service();
    let input = json!({
        "Color": "blue", "Count": 11, "Share": "NaN", "InstanceIds": ["ok", "x"], "Tags": {"k": "fine"},
        "Password": "short", "Data": "abcd", "Inner": {"Name": "ab", "Color": "red", "InstanceIds": ["a1", "b2", "c3", "d4"]},
        "Choice": {"a": "ab", "b": "cd"}
    });
    check(&service, input, |found| {
        let texts: Vec<_> = found.iter().map(|v| (v.dotted(), v.value.as_deref())).collect();
        let want = [
            ("choice".to_owned(), None),
            ("color".to_owned(), Some("blue")),
            ("count".to_owned(), Some("11")),
            ("data".to_owned(), None),
            ("inner.instanceIds".to_owned(), None),
            ("instanceIds.2".to_owned(), Some("x")),
            ("name".to_owned(), None),
            ("password".to_owned(), None),
            ("share".to_owned(), Some("NaN")),
            ("tags.k".to_owned(), Some("k")),
        ];
        let mut sorted = texts;
        sorted.sort();
        assert_eq!(sorted, want);
        assert_eq!(found.iter().find(|v| v.dotted() == "name").unwrap().rule, Rule::Required);
        let rule = found.iter().find(|v| v.dotted() == "inner.instanceIds").unwrap().rule;
        assert_eq!(rule, Rule::Length { min: None, max: Some(3), actual: 4 });
    });
}

#[test]
fn violations_are_bounded() {
    let ids: Vec<&str> = vec!["x"; 10_000];
    let input = json!({"Name": "ab", "Color": "red", "InstanceIds": ids});
    check(&service(), input, |found| assert_eq!(found.len(), 100));
}

#[test]
fn sensitive_values_are_hidden_and_the_rest_is_json() {
    let service = service();
    let shape = service.shape(service.operation("Do").unwrap().input.unwrap());
    let input = json!({"Name": "a\"b", "Password": "hunter2hunter2", "Data": "abc", "Share": 0.5, "When": 0,
        "InstanceIds": ["a", "b"], "Tags": {"k": "v"}, "Inner": {"Password": "x"}});
    let value = values::structure(&service, shape, &input);
    let text = redacted(&service, shape, &value).to_string();
    assert!(!text.contains("hunter"));
    let parsed: Json = serde_json::from_str(&text).unwrap();
    let want = json!({"Name": "a\"b", "Password": "***", "Data": "(3 bytes)", "Share": 0.5,
        "When": "1970-01-01T00:00:00Z", "InstanceIds": ["a", "b"], "Tags": {"k": "v"}, "Inner": {"Password": "***"}});
    assert_eq!(parsed, want);
}
