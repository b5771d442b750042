//! The practice *workforce-access*: people sign in once, at IAM Identity Center, and are assigned permission sets in accounts, so
//! that nobody has keys that last and whoever leaves is gone everywhere.
//!
//! After "Scale your workforce access management with AWS IAM Identity Center" (AWS Security Blog). IAM alone has permissions
//! for each account by itself, for users that each account has by itself; a permission set is a role in every account.
//!
//! * [`check`] tells where an organization or account falls short, with read-only calls;
//! * [`apply`] makes users, groups, permission sets and assignments be as a file says, and takes that back;
//! * [`rehearse`] lets a policy change and somebody leave with a laptop, for four ways of giving access side by side.
//!
//! It reaches an account through [`ironbird_cloud::Cloud`], which is either a real endpoint or a world in this process. Every
//! figure and rule is explained in `docs/practices/workforce-access.md`.

pub mod apply;
pub mod check;
pub mod rehearse;

/// Name of the practice, as commands and reports give it.
pub const NAME: &str = "workforce-access";

/// What the practice is, in one line.
pub const SUMMARY: &str =
    "People who sign in once and are assigned permission sets, in place of users with keys";

/// Name and version of the software, as reports give it.
pub const SOFTWARE: &str = concat!("ironbird ", env!("CARGO_PKG_VERSION"));

/// The service principal of Identity Center.
const CENTER: &str = "sso.amazonaws.com";
