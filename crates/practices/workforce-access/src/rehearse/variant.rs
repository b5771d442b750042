//! The ways of giving access that are compared.

use super::scenario::Scenario;

/// One way.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Short id: `revoked`.
    pub id: &'static str,
    /// Name in column heads.
    pub name: &'static str,
    /// How people get at accounts.
    pub access: Access,
    /// Whether sessions are denied that somebody who leaves still has.
    pub is_practice: bool,
}

/// How people get at accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As an IAM user with an access key, in each account.
    Keys,
    /// By an assignment, with sessions as long as there are.
    LongSessions,
    /// By an assignment, with short sessions.
    ShortSessions,
}

/// All of them; the last is the practice.
pub const VARIANTS: [Variant; 4] = [
    Variant { id: "keys", name: "IAM users with keys", access: Access::Keys, is_practice: false },
    Variant {
        id: "long-sessions",
        name: "Assigned, long sessions",
        access: Access::LongSessions,
        is_practice: false,
    },
    Variant {
        id: "short-sessions",
        name: "Assigned, short sessions",
        access: Access::ShortSessions,
        is_practice: false,
    },
    Variant {
        id: "revoked",
        name: "Assigned, sessions revoked",
        access: Access::ShortSessions,
        is_practice: true,
    },
];

impl Variant {
    /// Whether people are assigned a permission set.
    pub fn is_assigned(&self) -> bool {
        self.access != Access::Keys
    }

    /// Hours that a session lasts; none for keys.
    pub fn hours(&self, scenario: &Scenario) -> Option<u32> {
        match self.access {
            Access::Keys => None,
            Access::LongSessions => Some(scenario.sessions.long),
            Access::ShortSessions => Some(scenario.sessions.short),
        }
    }

    /// How it differs from the others.
    pub fn description(&self, scenario: &Scenario) -> String {
        let Some(hours) = self.hours(scenario) else {
            return format!(
                "Each person is an IAM user with an access key and an inline policy in each account. Policies and keys are changed by \
                 hand, an account every {} min.",
                scenario.by_hand
            );
        };
        let after = if self.is_practice {
            "Then a denial of this person's sessions up to now goes into the inline policy of the permission set, which is \
             provisioned in all accounts."
        } else {
            "Sessions of roles that were begun go on until they end."
        };
        format!(
            "People are assigned one permission set in all accounts, with sessions of {hours} h and a customer managed policy. Who \
             leaves is deleted in Identity Center, once. {after}"
        )
    }
}
