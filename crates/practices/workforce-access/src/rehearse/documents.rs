//! The policies of a rehearsal.

use serde_json::{Value, json};

/// What people do all the time.
pub const WORK: &str = "iam:ListAccountAliases";

/// What the policy that changes takes away.
pub const RISKY: &str = "iam:ListRoles";

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

/// Allows some actions.
pub fn allowing(actions: &[&str]) -> String {
    document(&[allow(actions)])
}

/// Allows the work, and denies everything to one person's sessions that were begun up to a moment.
///
/// After "Deny user access" in the Identity Center User Guide, whose inline policy denies by `aws:userid`; the moment, as IAM's
/// "Revoke IAM role temporary security credentials" has it, lets in whoever gets the name next.
pub fn revoking(person: &str, until: &str) -> String {
    let condition = json!({
        "StringLike": {"aws:userid": format!("*:{person}")}, "DateLessThanEquals": {"aws:TokenIssueTime": until},
    });
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
    document(&[allow(&[WORK]), deny])
}
