//! Made-up cases: policies and a request, from small vocabularies, so that they often meet.

use serde_json::{Map, Value, json};

/// SplitMix64: the same seed gives the same cases.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Not the step below, or seeds would be parts of one sequence.
        Self(seed.wrapping_mul(0xD134_2543_DE82_EF95).rotate_left(32))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

pub const ACCOUNT: &str = "123456789012";
pub const OTHER: &str = "210987654321";
pub const USER: &str = "arn:aws:iam::123456789012:user/anna";
pub const ROLE: &str = "arn:aws:iam::123456789012:role/Deploy";
pub const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Deploy/ci";

const ACTIONS: &[&str] = &["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject", "ec2:StartInstances"];
const ACTION_PATTERNS: &[&str] =
    &["*", "sqs:*", "SQS:sendmessage", "sqs:Send*", "s3:Get?bject", "ec2:*Instances", "s3:*", "iam:PassRole"];
const RESOURCES: &[&str] = &[
    "arn:aws:sqs:eu-west-1:123456789012:red",
    "arn:aws:s3:::bucket/red/a",
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
];
/// Without variables next to a colon, which the second engine takes for one.
const RESOURCE_PATTERNS: &[&str] = &[
    "*",
    "arn:aws:sqs:*:123456789012:r?d",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:aws:sqs:us-east-1:*:*",
];
const PRINCIPALS: &[&str] = &["*", ACCOUNT, OTHER, USER, ROLE, SESSION, "arn:aws:iam::123456789012:root"];

/// Keys, the operators that suit them, and values on both sides.
const KEYS: &[(&str, &[&str], &[&str])] = &[
    (
        "aws:PrincipalTag/team",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
        &["red", "Red", "r*", "blue"],
    ),
    (
        "s3:max-keys",
        &["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
        &["9", "10", "11"],
    ),
    (
        "aws:CurrentTime",
        &["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"],
        &["2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"],
    ),
    ("aws:SecureTransport", &["Bool"], &["true", "false"]),
    ("aws:SourceIp", &["IpAddress", "NotIpAddress"], &["192.0.2.7", "192.0.2.0/24", "198.51.100.0/24"]),
    (
        "aws:SourceArn",
        &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        &[
            "arn:aws:sns:eu-west-1:123456789012:t",
            "arn:aws:sns:*:123456789012:t",
            "arn:aws:sns:us-east-1:123456789012:*",
        ],
    ),
];
/// A key of several values.
const TAG_KEYS: &str = "aws:TagKeys";
const TAGS: &[&str] = &["a", "b", "c"];

/// A case of identity policies alone.
pub fn simple(dice: &mut Dice) -> Value {
    let resource = dice.below(RESOURCES.len());
    let identity = policies(dice, 3, false);
    json!({
        "principal": USER,
        "action": dice.pick(ACTIONS),
        "resource": RESOURCES[resource],
        "resourceAccount": ACCOUNT,
        "context": context(dice),
        "identity": identity,
        "serviceControl": [],
        "resourceControl": [],
    })
}

/// A case of all kinds of policies, within an account or between two.
pub fn whole(dice: &mut Dice) -> Value {
    let mut case = simple(dice);
    case["principal"] = json!(if dice.once_in(2) { USER } else { SESSION });
    if dice.once_in(3) {
        case["resourceAccount"] = json!(OTHER);
        let text = case["resource"].as_str().unwrap_or_default().replace(ACCOUNT, OTHER);
        case["resource"] = json!(text);
    }
    for (name, times) in [("boundary", 4), ("resourcePolicy", 2), ("endpoint", 6), ("session", 4)] {
        // Only a role's session can have a policy.
        if dice.once_in(times) && (name != "session" || case["principal"] == SESSION) {
            case[name] = policy(dice, name == "resourcePolicy");
        }
    }
    // The other engine lets everybody through an endpoint, whatever its policy's principals.
    if case.get("endpoint").is_some() {
        for statement in case["endpoint"]["Statement"].as_array_mut().into_iter().flatten() {
            statement["Principal"] = json!("*");
        }
    }
    if dice.once_in(4) {
        case["serviceControl"] = json!([[open(false)], policies(dice, 2, false)]);
    }
    if dice.once_in(5) {
        case["resourceControl"] = json!([[open(true)], [open(true), denying(dice)]]);
    }
    case
}

fn open(principal: bool) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    if principal {
        statement["Principal"] = json!("*");
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A resource control policy as customers may write them.
fn denying(dice: &mut Dice) -> Value {
    let mut statement = statement(dice, false);
    statement["Effect"] = json!("Deny");
    statement["Principal"] = json!("*");
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn policies(dice: &mut Dice, most: usize, principals: bool) -> Value {
    (0..dice.below(most + 1)).map(|_| policy(dice, principals)).collect()
}

fn policy(dice: &mut Dice, principals: bool) -> Value {
    let statements: Vec<Value> = (0..=dice.below(3)).map(|_| statement(dice, principals)).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(dice: &mut Dice, principals: bool) -> Value {
    let mut statement = Map::new();
    let effect = if dice.once_in(4) { "Deny" } else { "Allow" };
    statement.insert("Effect".into(), json!(effect));
    let action = if dice.once_in(8) { "NotAction" } else { "Action" };
    statement.insert(action.into(), some(dice, ACTION_PATTERNS));
    let resource = if dice.once_in(8) { "NotResource" } else { "Resource" };
    statement.insert(resource.into(), some(dice, RESOURCE_PATTERNS));
    if principals {
        statement.insert("Principal".into(), json!({ "AWS": some(dice, PRINCIPALS) }));
    }
    if dice.once_in(2) {
        statement.insert("Condition".into(), condition(dice));
    }
    Value::Object(statement)
}

/// One or two of a list.
fn some(dice: &mut Dice, list: &[&str]) -> Value {
    let (first, second) = (dice.pick(list), dice.pick(list));
    if first == second || dice.once_in(2) { json!([first]) } else { json!([first, second]) }
}

fn condition(dice: &mut Dice) -> Value {
    if dice.once_in(4) {
        let quantifier = dice.pick(&["ForAllValues", "ForAnyValue"]);
        let operator = dice.pick(&["StringEquals", "StringNotEquals", "StringLike"]);
        return json!({ format!("{quantifier}:{operator}"): { TAG_KEYS: some(dice, TAGS) } });
    }
    let (key, operators, values) = KEYS[dice.below(KEYS.len())];
    if dice.once_in(8) {
        return json!({ "Null": { key: dice.pick(&["true", "false"]) } });
    }
    let suffix = if dice.once_in(4) { "IfExists" } else { "" };
    json!({ format!("{}{suffix}", dice.pick(operators)): { key: some(dice, values) } })
}

fn context(dice: &mut Dice) -> Value {
    let mut context = Map::new();
    for (key, _, values) in KEYS {
        let plain: Vec<&str> = values.iter().copied().filter(|value| !value.contains(['*', '/'])).collect();
        if !dice.once_in(3) {
            context.insert((*key).into(), json!(dice.pick(&plain)));
        }
    }
    if !dice.once_in(3) {
        context.insert("aws:username".into(), json!(dice.pick(&["red", "blue"])));
    }
    if !dice.once_in(3) {
        context.insert(TAG_KEYS.into(), some(dice, TAGS));
    }
    Value::Object(context)
}
