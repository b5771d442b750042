//! The public parameters: their names, and which images each of them stands for.
//!
//! Names are those that the publishers give them. `default` kernels are the ones that the catalogue of images has.
//! Data types are as each publisher set them: Canonical's parameters are `aws:ec2:image`, Amazon's are `text`.

/// Where all public parameters are.
pub(crate) const ROOT: &str = "/aws/service";

const AMAZON: &str = "137112412989";
const CANONICAL: &str = "099720109477";
const DEBIAN: &str = "136693071363";
const WINDOWS: &str = "801119661308";

const TEXT: &str = "text";
const IMAGE: &str = "aws:ec2:image";

/// A public parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Public {
    /// `/aws/service/…`
    pub name: String,
    /// Account that publishes the images.
    pub owner_id: &'static str,
    /// Name of the images, with `*` for what differs between releases.
    pub pattern: String,
    /// `text` or `aws:ec2:image`.
    pub data_type: &'static str,
}

/// Parameters of one publisher that differ in architecture only.
struct Family {
    /// Below [`ROOT`]; `{arch}` stands for the architecture.
    name: &'static str,
    pattern: &'static str,
    owner_id: &'static str,
    data_type: &'static str,
    /// How the publisher writes architectures.
    architectures: &'static [&'static str],
}

const fn amazon(name: &'static str, pattern: &'static str) -> Family {
    Family { name, pattern, owner_id: AMAZON, data_type: TEXT, architectures: &["arm64", "x86_64"] }
}

const fn ubuntu(name: &'static str, pattern: &'static str) -> Family {
    Family { name, pattern, owner_id: CANONICAL, data_type: IMAGE, architectures: &["amd64", "arm64"] }
}

const fn debian(name: &'static str, pattern: &'static str) -> Family {
    Family { name, pattern, owner_id: DEBIAN, data_type: TEXT, architectures: &["amd64", "arm64"] }
}

const fn windows(name: &'static str, pattern: &'static str) -> Family {
    Family { name, pattern, owner_id: WINDOWS, data_type: TEXT, architectures: &["x86_64"] }
}

const FOCAL: &str = "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-{arch}-server-*";
const JAMMY: &str = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-*";
const NOBLE: &str = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-*";

/// Canonical says gp2 up to 22.04 and gp3 since, as the volumes of its images are, and takes numbers and code names.
static FAMILIES: [Family; 18] = [
    amazon("ami-amazon-linux-latest/al2023-ami-kernel-6.1-{arch}", "al2023-ami-2023.*-kernel-6.1-{arch}"),
    amazon("ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}", "al2023-ami-2023.*-kernel-6.1-{arch}"),
    amazon(
        "ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-{arch}",
        "al2023-ami-minimal-2023.*-kernel-6.1-{arch}",
    ),
    amazon(
        "ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-{arch}",
        "al2023-ami-minimal-2023.*-kernel-6.1-{arch}",
    ),
    amazon("ami-amazon-linux-latest/amzn2-ami-hvm-{arch}-gp2", "amzn2-ami-hvm-2.0.*-{arch}-gp2"),
    amazon(
        "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-{arch}-gp2",
        "amzn2-ami-kernel-5.10-hvm-2.0.*-{arch}-gp2",
    ),
    amazon(
        "ami-amazon-linux-latest/amzn2-ami-kernel-default-hvm-{arch}-gp2",
        "amzn2-ami-kernel-5.10-hvm-2.0.*-{arch}-gp2",
    ),
    windows(
        "ami-windows-latest/Windows_Server-2019-English-Full-Base",
        "Windows_Server-2019-English-Full-Base-*",
    ),
    windows(
        "ami-windows-latest/Windows_Server-2022-English-Full-Base",
        "Windows_Server-2022-English-Full-Base-*",
    ),
    windows(
        "ami-windows-latest/Windows_Server-2025-English-Full-Base",
        "Windows_Server-2025-English-Full-Base-*",
    ),
    ubuntu("canonical/ubuntu/server/20.04/stable/current/{arch}/hvm/ebs-gp2/ami-id", FOCAL),
    ubuntu("canonical/ubuntu/server/22.04/stable/current/{arch}/hvm/ebs-gp2/ami-id", JAMMY),
    ubuntu("canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id", NOBLE),
    ubuntu("canonical/ubuntu/server/focal/stable/current/{arch}/hvm/ebs-gp2/ami-id", FOCAL),
    ubuntu("canonical/ubuntu/server/jammy/stable/current/{arch}/hvm/ebs-gp2/ami-id", JAMMY),
    ubuntu("canonical/ubuntu/server/noble/stable/current/{arch}/hvm/ebs-gp3/ami-id", NOBLE),
    debian("debian/release/12/latest/{arch}", "debian-12-{arch}-*"),
    debian("debian/release/bookworm/latest/{arch}", "debian-12-{arch}-*"),
];

impl Public {
    /// Whether the image of that publisher and name is one of those the parameter stands for.
    pub(crate) fn matches(&self, owner_id: &str, image_name: &str) -> bool {
        let (before, after) = self.pattern.split_once('*').unwrap_or((&self.pattern, ""));
        owner_id == self.owner_id
            && image_name.strip_prefix(before).is_some_and(|rest| !rest.is_empty() && rest.ends_with(after))
    }
}

/// All public parameters, by name.
pub(crate) fn all() -> Vec<Public> {
    let mut all = Vec::new();
    for family in &FAMILIES {
        for architecture in family.architectures {
            let fill = |text: &str| text.replace("{arch}", architecture);
            all.push(Public {
                name: format!("{ROOT}/{}", fill(family.name)),
                owner_id: family.owner_id,
                pattern: fill(family.pattern),
                data_type: family.data_type,
            });
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The public parameter of that name.
pub(crate) fn find(name: &str) -> Option<Public> {
    all().into_iter().find(|public| public.name == name)
}

#[cfg(test)]
mod tests {
    use super::{ROOT, all, find};

    #[test]
    fn names_are_complete_and_unique() {
        let mut names: Vec<String> = all().into_iter().map(|public| public.name).collect();
        assert!(names.iter().all(|name| name.starts_with(ROOT) && !name.contains('{')));
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn patterns_tell_families_apart() {
        let plain = find("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64").unwrap();
        let amazon = "137112412989";
        assert!(plain.matches(amazon, "al2023-ami-2023.10.20260310.0-kernel-6.1-x86_64"));
        assert!(!plain.matches(amazon, "al2023-ami-minimal-2023.10.20260310.0-kernel-6.1-x86_64"));
        assert!(!plain.matches(amazon, "al2023-ami-2023.10.20260310.0-kernel-6.1-arm64"));
        assert!(!plain.matches("123456789012", "al2023-ami-2023.10.20260310.0-kernel-6.1-x86_64"));
    }
}
