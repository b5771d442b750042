//! IAM's policy language, and what policies say to a request, with an explanation.
//!
//! This crate knows no service, no store and no clock. Documents are compiled once ([`Policy::parse`]) and shared behind an
//! `Arc`; which of them apply to a request is an argument ([`Applicable`]), as is all that is known of it ([`Context`]). The
//! time, too, is a key of the context: `aws:CurrentTime`.
//!
//! ```
//! use std::sync::Arc;
//! use ironbird_iam::{Applicable, Caller, Context, Kind, Policy, Request, Source, access_denied, decide};
//!
//! let document = r#"{"Version": "2012-10-17", "Statement":
//!     {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}}"#;
//! let policy = Arc::new(Policy::parse(Kind::Managed, document).unwrap());
//! let identity = [Source { name: "arn:aws:iam::123456789012:policy/look".into(), policy }];
//! let policies = Applicable { identity: &identity, ..Applicable::default() };
//!
//! let anna = Caller::user("arn:aws:iam::123456789012:user/anna");
//! let context = Context::new();
//! let look = Request::new(&anna, "ec2:DescribeInstances", "*", &context);
//! assert!(decide(&look, &policies).is_allowed());
//!
//! let vpc = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1";
//! let change = Request::new(&anna, "ec2:DeleteVpc", vpc, &context);
//! let decision = decide(&change, &policies);
//! assert_eq!(
//!     access_denied(&change, decision.denial().unwrap()),
//!     "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: ec2:DeleteVpc on resource: \
//!      arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1 because no identity-based policy allows the ec2:DeleteVpc action"
//! );
//! ```

mod arn;
pub mod caller;
pub mod condition;
pub mod context;
pub mod evaluate;
mod glob;
pub mod granted;
mod json;
pub mod policy;
pub mod reference;
mod template;

pub use caller::Caller;
pub use context::Context;
pub use evaluate::{
    Applicable, Class, Decision, Denial, Grant, Hit, Level, Request, Source, access_denied, advice,
    authorization_message, consider, decide,
};
pub use policy::{Effect, Kind, Malformed, Policy};
