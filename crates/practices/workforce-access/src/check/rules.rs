//! The rules, with where their figures come from.

use ironbird_report::{Rule, Severity};

/// How long CloudTrail's event history keeps events, in days ("Working with CloudTrail event history", CloudTrail User Guide).
pub const HISTORY_DAYS: u32 = 90;

/// Days without use after which credentials are not in daily use: the window of the event history.
pub const DAILY_DAYS: i64 = 90;

/// A user has keys that last.
pub const LONG_LIVED_KEY: Rule = Rule::new(
    "workforce-access/long-lived-key",
    Severity::Warning,
    "IAM user has access keys that last",
    "An access key of an IAM user is good until somebody deletes it, in its account only; an assignment gives credentials that \
     end by themselves (IAM User Guide, security best practices: require human users to use temporary credentials). Reads IAM \
     users, their active keys, when these were last used, and whether the user has a password. A user with a password is a \
     person, whom an assignment would serve: that is an error.",
);

/// A permission set allows more than was used.
pub const WIDER_THAN_USED: Rule = Rule::new(
    "workforce-access/wider-than-used",
    Severity::Note,
    "Permission set allows services that nobody used",
    "Least privilege: grant what is used (IAM User Guide, security best practices). Reads the roles that Identity Center made in \
     this account, their managed, inline and boundary policies, and the event history of this Region, which has management \
     events of at most 90 days: reads and writes of data (S3 objects, DynamoDB items) are not in it, and what was done in \
     other Regions is not either. A role that allows every service is a warning.",
);

/// Identity Center is administered from the management account.
pub const NO_DELEGATED_ADMINISTRATOR: Rule = Rule::new(
    "workforce-access/no-delegated-administrator",
    Severity::Warning,
    "Identity Center has no delegated administrator",
    "Without one, users and permission sets are administered in the management account, which no service control policy \
     restricts (IAM Identity Center User Guide, delegated administration). Reads the organization's delegated administrators \
     for sso.amazonaws.com; the management account and delegated administrators may read them.",
);

/// The management account is worked in.
pub const MANAGEMENT_ACCOUNT: Rule = Rule::new(
    "workforce-access/management-account",
    Severity::Warning,
    "Management account is used for daily work",
    "The management account has power over all accounts, and service control policies do not restrict it: use it only for what \
     needs it (Organizations User Guide, best practices for the management account). Reads assignments in the management \
     account, and, in it, access keys of the root user and IAM users whose keys or passwords were used in the last 90 days. \
     Keys of the root user are an error.",
);

/// A permission set has no boundary.
pub const NO_BOUNDARY: Rule = Rule::new(
    "workforce-access/no-boundary",
    Severity::Warning,
    "Permission set has no permissions boundary",
    "A boundary is the most that the policies of a permission set can allow, whoever widens them later (IAM Identity Center User \
     Guide, custom permissions). Reads each permission set and its boundary.",
);

/// All rules, in the order of reports.
pub const ALL: [Rule; 5] =
    [LONG_LIVED_KEY, WIDER_THAN_USED, NO_DELEGATED_ADMINISTRATOR, MANAGEMENT_ACCOUNT, NO_BOUNDARY];
