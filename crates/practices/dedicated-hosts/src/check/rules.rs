//! The rules, with where their figures come from.

use ironbird_report::{Rule, Severity};

/// Recovery is off.
pub const RECOVERY_OFF: Rule = Rule::new(
    "dedicated-hosts/recovery-off",
    Severity::Error,
    "Host does not recover when it fails",
    "With host auto recovery on, AWS restarts the instances of a host that fails on a replacement that it allocates; with it \
     off, the default, they stay impaired until somebody acts. Reads the hosts; families that do not recover in any case are \
     left to cannot-recover. A host with nothing on it is a warning.",
);

/// What is on the host does not recover.
pub const CANNOT_RECOVER: Rule = Rule::new(
    "dedicated-hosts/cannot-recover",
    Severity::Warning,
    "Instances on the host do not recover when it fails",
    "Host auto recovery is for some instance families only, and never for instances with volumes of their host (instance \
     store): their host enters permanent-failure, and they must be moved by hand. Reads the instances on each host and \
     whether their types have such volumes; the families are those of AWS's list, in the catalogue.",
);

/// The host has failed.
pub const FAILED_HOST: Rule = Rule::new(
    "dedicated-hosts/failed-host",
    Severity::Error,
    "Host has failed or is being assessed",
    "While a host is under assessment its instances are impaired; in permanent-failure they stay so. Nothing can be launched \
     on either. Reads the state of each host.",
);

/// The host is paid for and empty.
pub const IDLE_HOST: Rule = Rule::new(
    "dedicated-hosts/idle-host",
    Severity::Warning,
    "Host is paid for and nothing is on it",
    "A host is charged while it is available, whatever runs on it. Reads the hosts and the instances that are to start on \
     them; a host that stopped instances name is a note. Mac hosts younger than 24 hours are left to mac-minimum. The price is \
     the catalogue's, an estimate for most families.",
);

/// A Mac host cannot be released yet.
pub const MAC_MINIMUM: Rule = Rule::new(
    "dedicated-hosts/mac-minimum",
    Severity::Warning,
    "Mac host cannot be released yet",
    "A host for Mac instances stays allocated for at least 24 hours, and is scrubbed for up to 50 minutes (Apple silicon: 110) \
     whenever its instance is stopped or terminated; in that time it is pending and takes no other. Reads when each Mac host \
     was allocated. With an instance on it, it is a note.",
);

/// A stopped instance would not start.
pub const STRANDED_INSTANCE: Rule = Rule::new(
    "dedicated-hosts/stranded-instance",
    Severity::Error,
    "Stopped instance would not start",
    "Instances start on available hosts only, and stopped ones are not moved when their host fails or is released. Reads the \
     stopped instances with tenancy host, and whether the host that each names, or one with auto-placement in its zone, is \
     available, takes its type and has room. Where there is no room now it is a warning.",
);

/// An instance may start on another host.
pub const MOVES_ON_RESTART: Rule = Rule::new(
    "dedicated-hosts/moves-on-restart",
    Severity::Note,
    "Instance may start on another host after a stop",
    "A reboot keeps an instance on its host; a stop and start may not, unless it has affinity with its host. A licence that is \
     bound to a socket or core must not move by accident. Reads the affinity of each instance and the hosts with \
     auto-placement in its zone that take its type. An instance that a licence configuration counts is a warning.",
);

/// Fewer hosts would do.
pub const SCATTERED_LICENCES: Rule = Rule::new(
    "dedicated-hosts/scattered-licences",
    Severity::Note,
    "Instances are spread over more hosts than they need",
    "Licences by socket or core count the whole server, however little runs on it. Reads which instances are on which hosts, \
     and how many would fit on one by the catalogue. Spreading them may be meant, for the failure of a host: this is a note.",
);

/// Licences do not cover what is in use.
pub const TOO_FEW_LICENCES: Rule = Rule::new(
    "dedicated-hosts/too-few-licences",
    Severity::Error,
    "More is in use than there are licences for",
    "Sockets and cores of every host with an instance on it, and instances on hosts, against the licences that you say you \
     have. Without such a number nothing is decided.",
);

/// All rules, in the order of reports.
pub const ALL: [Rule; 9] = [
    RECOVERY_OFF,
    CANNOT_RECOVER,
    FAILED_HOST,
    IDLE_HOST,
    MAC_MINIMUM,
    STRANDED_INSTANCE,
    MOVES_ON_RESTART,
    SCATTERED_LICENCES,
    TOO_FEW_LICENCES,
];
