//! The ways of keeping hosts that are compared.

use super::scenario::Scenario;

/// One way.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Short id: `recovery`.
    pub id: &'static str,
    /// Name in column heads.
    pub name: &'static str,
    /// Whether host auto recovery is on.
    pub recovers: bool,
    /// Whether what runs on the hosts has volumes of them.
    pub has_disks: bool,
    /// Whether the account is looked at, and the rules for Macs are kept in mind.
    pub is_practice: bool,
}

/// All of them; the last is the practice.
pub const VARIANTS: [Variant; 4] = [
    Variant { id: "defaults", name: "As allocated", recovers: false, has_disks: false, is_practice: false },
    Variant {
        id: "local-disks",
        name: "Recovery on, local disks",
        recovers: true,
        has_disks: true,
        is_practice: false,
    },
    Variant { id: "recovery", name: "Recovery on", recovers: true, has_disks: false, is_practice: false },
    Variant {
        id: "looked-after",
        name: "Recovery on, looked after",
        recovers: true,
        has_disks: false,
        is_practice: true,
    },
];

impl Variant {
    /// The type on its hosts.
    pub fn instance_type<'a>(&self, scenario: &'a Scenario) -> &'a str {
        if self.has_disks { &scenario.disk_type } else { &scenario.instance_type }
    }

    /// How it differs from the others.
    pub fn description(&self, scenario: &Scenario) -> String {
        let recovery = if self.recovers { "Host auto recovery is on" } else { "Host auto recovery is off" };
        let disks = if self.has_disks { ", with volumes of their host" } else { "" };
        let how = if self.is_practice {
            format!(
                "Every {} min the account is looked at, and stopped instances that would not start are aimed at another host; \
                 the Mac is rebooted between builds, and its host released when it may be.",
                scenario.look_every
            )
        } else {
            format!(
                "What does not mend itself is moved by hand after {} min; each build gets a Mac of its own, and its host is \
                 released when it is no longer needed.",
                scenario.notice
            )
        };
        format!("{recovery}; {} on the hosts{disks}. {how}", self.instance_type(scenario))
    }
}
