//! The public images of every Region.
//!
//! Publishers, name patterns, devices and platforms are those of the real images; releases and ids are ours: an id is
//! drawn from the world's seed, so it is the same in every run and differs between Regions, as on AWS. Owner ids are
//! those of the standard partition in all partitions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ironbird_rig::account::Region;
use ironbird_rig::seed::Seed;
use ironbird_wire::timestamp::Timestamp;

use super::record::{EbsMapping, Mapping, Record};
use crate::volume::Shape;

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `ami-…`
    pub id: String,
    /// Name with the release's date in it.
    pub name: String,
    /// What the publisher says of it.
    pub description: String,
    /// `2026-03-10T00:00:00.000Z`
    pub created: String,
    /// Snapshot of the root volume, `snap-…`.
    pub snapshot_id: String,
    /// `x86_64` or `arm64`; for macOS `x86_64_mac` or `arm64_mac`.
    pub architecture: &'static str,
    /// What all releases have in common.
    pub family: &'static Family,
}

/// What the releases of an image have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Name; `{date}` and `{arch}` stand for the release.
    name: &'static str,
    description: &'static str,
    /// Account of the publisher.
    pub owner_id: &'static str,
    /// `amazon`, where the publisher has an alias.
    pub owner_alias: Option<&'static str>,
    /// `PlatformDetails`: `Linux/UNIX`.
    pub platform_details: &'static str,
    /// `UsageOperation`: `RunInstances:0002`.
    pub usage_operation: &'static str,
    /// Device of the root volume.
    pub root_device: &'static str,
    /// Size of the root volume in GiB.
    pub root_size: i32,
    /// Type of the root volume.
    pub volume_type: &'static str,
    /// How the name spells `x86_64`; none where there is no such image.
    x86: Option<&'static str>,
    /// How the name spells `arm64`; none where there is no such image.
    arm: Option<&'static str>,
    /// Boot mode of the `x86_64` image, if it says one.
    boot_mode: Option<&'static str>,
    /// Whether instances take only version 2 of the metadata service unless they say otherwise.
    pub imds_v2: bool,
    /// Dates in the name: how the publisher writes them.
    date: Date,
    /// Whether it is macOS, which has architectures of its own.
    mac: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Date {
    /// `20260310`
    Compact,
    /// `2026.03.10`
    Dotted,
    /// `2023.10.20260310.0`
    Al2023,
    /// `2.0.20260310.0`
    Al2,
    /// `20260310-2412`, Debian's build number.
    Debian,
}

impl Image {
    /// The image as all images are kept.
    pub fn record(&self) -> Record {
        let family = self.family;
        let gp3 = family.volume_type == "gp3";
        let shape = Shape {
            size: family.root_size,
            kind: family.volume_type.to_owned(),
            iops: match gp3 {
                true => Some(3_000),
                false => Some(family.root_size.saturating_mul(3).clamp(100, 16_000)),
            },
            throughput: gp3.then_some(125),
            encrypted: false,
            kms_key_id: None,
        };
        let root = Mapping {
            device: family.root_device.to_owned(),
            virtual_name: None,
            ebs: Some(EbsMapping {
                snapshot_id: Some(self.snapshot_id.clone()),
                delete_on_termination: true,
                shape,
            }),
        };
        Record {
            id: self.id.clone(),
            owner: family.owner_id.to_owned(),
            alias: family.owner_alias.map(str::to_owned),
            name: self.name.clone(),
            description: self.description.clone(),
            created: created(self).unwrap_or(Timestamp::from_secs(0)),
            // Worlds may begin before a release came out; it is there all the same.
            available: Timestamp::from_secs(0),
            architecture: self.architecture.to_owned(),
            platform_details: family.platform_details.to_owned(),
            usage_operation: family.usage_operation.to_owned(),
            root_device: family.root_device.to_owned(),
            boot_mode: self.boot_mode().map(str::to_owned),
            virtualization: "hvm".to_owned(),
            imds_v2: family.imds_v2,
            tpm: false,
            ena: true,
            sriov: true,
            mappings: vec![root],
            public: true,
            ..Record::default()
        }
    }

    /// `BootMode`, if the image says one. Machines with Arm processors only know UEFI.
    pub fn boot_mode(&self) -> Option<&'static str> {
        match self.architecture {
            "arm64" => Some("uefi"),
            _ => self.family.boot_mode,
        }
    }
}

/// The releases that each image has: year, month, day.
const RELEASES: [(u16, u8, u8); 3] = [(2025, 6, 17), (2025, 11, 4), (2026, 3, 10)];

const AMAZON: &str = "137112412989";
const CANONICAL: &str = "099720109477";
const MAC: &str = "634519214787";
const WINDOWS: &str = "801119661308";

const fn linux(name: &'static str, description: &'static str, owner_id: &'static str) -> Family {
    Family {
        name,
        description,
        owner_id,
        owner_alias: Some("amazon"),
        platform_details: "Linux/UNIX",
        usage_operation: "RunInstances",
        root_device: "/dev/xvda",
        root_size: 8,
        volume_type: "gp3",
        x86: Some("x86_64"),
        arm: Some("arm64"),
        boot_mode: Some("uefi-preferred"),
        imds_v2: false,
        date: Date::Compact,
        mac: false,
    }
}

const fn ubuntu(name: &'static str, description: &'static str, volume_type: &'static str) -> Family {
    Family {
        owner_alias: None,
        root_device: "/dev/sda1",
        volume_type,
        x86: Some("amd64"),
        ..linux(name, description, CANONICAL)
    }
}

const fn windows(name: &'static str, description: &'static str) -> Family {
    Family {
        platform_details: "Windows",
        usage_operation: "RunInstances:0002",
        root_device: "/dev/sda1",
        root_size: 30,
        arm: None,
        boot_mode: None,
        imds_v2: true,
        date: Date::Dotted,
        ..linux(name, description, WINDOWS)
    }
}

static FAMILIES: [Family; 13] = [
    Family {
        imds_v2: true,
        date: Date::Al2023,
        ..linux(
            "al2023-ami-{date}-kernel-6.1-{arch}",
            "Amazon Linux 2023 AMI {date} {arch} HVM kernel-6.1",
            AMAZON,
        )
    },
    Family {
        imds_v2: true,
        root_size: 2,
        date: Date::Al2023,
        ..linux(
            "al2023-ami-minimal-{date}-kernel-6.1-{arch}",
            "Amazon Linux 2023 AMI {date} {arch} Minimal HVM kernel-6.1",
            AMAZON,
        )
    },
    Family {
        volume_type: "gp2",
        boot_mode: None,
        date: Date::Al2,
        ..linux("amzn2-ami-hvm-{date}-{arch}-gp2", "Amazon Linux 2 AMI {date} {arch} HVM gp2", AMAZON)
    },
    Family {
        volume_type: "gp2",
        boot_mode: None,
        date: Date::Al2,
        ..linux(
            "amzn2-ami-kernel-5.10-hvm-{date}-{arch}-gp2",
            "Amazon Linux 2 Kernel 5.10 AMI {date} {arch} HVM gp2",
            AMAZON,
        )
    },
    ubuntu(
        "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-{arch}-server-{date}",
        "Canonical, Ubuntu, 20.04 LTS, {arch} focal image build on {date}",
        "gp2",
    ),
    ubuntu(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-{date}",
        "Canonical, Ubuntu, 22.04 LTS, {arch} jammy image build on {date}",
        "gp2",
    ),
    ubuntu(
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-{date}",
        "Canonical, Ubuntu, 24.04, {arch} noble image build on {date}",
        "gp3",
    ),
    Family {
        owner_alias: None,
        x86: Some("amd64"),
        date: Date::Debian,
        ..linux("debian-12-{arch}-{date}", "Debian 12 ({date})", "136693071363")
    },
    Family {
        owner_alias: None,
        platform_details: "Red Hat Enterprise Linux",
        usage_operation: "RunInstances:0010",
        root_device: "/dev/sda1",
        root_size: 10,
        ..linux("RHEL-9.5.0_HVM-{date}-{arch}-0-Hourly2-GP3", "Provided by Red Hat, Inc.", "309956199498")
    },
    Family {
        root_device: "/dev/sda1",
        root_size: 100,
        x86: Some("184523"),
        arm: Some("190151-arm64"),
        boot_mode: None,
        mac: true,
        ..linux("amzn-ec2-macos-14.7.1-{date}-{arch}", "macOS Sonoma 14.7.1, {date}", MAC)
    },
    windows(
        "Windows_Server-2019-English-Full-Base-{date}",
        "Microsoft Windows Server 2019 with Desktop Experience Locale English AMI provided by Amazon",
    ),
    windows(
        "Windows_Server-2022-English-Full-Base-{date}",
        "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon",
    ),
    windows(
        "Windows_Server-2025-English-Full-Base-{date}",
        "Microsoft Windows Server 2025 Full Locale English AMI provided by Amazon",
    ),
];

/// The public images of one Region, by id.
pub struct Catalogue(BTreeMap<String, Arc<Record>>);

impl Catalogue {
    /// The image of that id.
    pub fn get(&self, id: &str) -> Option<&Arc<Record>> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.0.values()
    }
}

/// Catalogues that are kept at once: as many as a few worlds use.
const KEPT: usize = 64;

/// The images of a Region, which are made once for a seed and kept: they never change.
pub fn of(seed: Seed, region: Region) -> Arc<Catalogue> {
    static CATALOGUES: Mutex<BTreeMap<(u64, Region), Arc<Catalogue>>> = Mutex::new(BTreeMap::new());
    let mut kept = CATALOGUES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = kept.get(&(seed.bits(), region)) {
        return Arc::clone(found);
    }
    let records = all(seed, region).into_iter().map(|image| (image.id.clone(), Arc::new(image.record())));
    let made = Arc::new(Catalogue(records.collect()));
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert((seed.bits(), region), Arc::clone(&made));
    made
}

/// All images of a Region, those of one publisher together.
fn all(seed: Seed, region: Region) -> Vec<Image> {
    let seed = seed.child("ec2.images").child(region.code());
    let mut images = Vec::new();
    for family in &FAMILIES {
        let [x86, arm] = if family.mac { ["x86_64_mac", "arm64_mac"] } else { ["x86_64", "arm64"] };
        for (architecture, word) in [(x86, family.x86), (arm, family.arm)] {
            let Some(word) = word else { continue };
            for release in RELEASES {
                images.push(image(seed, family, architecture, word, release));
            }
        }
    }
    images
}

fn image(
    seed: Seed,
    family: &'static Family,
    architecture: &'static str,
    word: &str,
    (year, month, day): (u16, u8, u8),
) -> Image {
    let date = match family.date {
        Date::Compact => format!("{year}{month:02}{day:02}"),
        Date::Dotted => format!("{year}.{month:02}.{day:02}"),
        Date::Al2023 => format!("2023.{}.{year}{month:02}{day:02}.0", year - 2016),
        Date::Al2 => format!("2.0.{year}{month:02}{day:02}.0"),
        Date::Debian => format!("{year}{month:02}{day:02}-2{month:02}{}", day % 10),
    };
    let fill = |text: &str| text.replace("{date}", &date).replace("{arch}", word);
    let name = fill(family.name);
    let own = seed.child(&name);
    Image {
        id: format!("ami-0{:016x}", own.bits()),
        snapshot_id: format!("snap-0{:016x}", own.child("root").bits()),
        description: fill(family.description),
        created: format!("{year}-{month:02}-{day:02}T00:00:00.000Z"),
        name,
        architecture,
        family,
    }
}

/// What stands for an image that is not here: an image of the latest Amazon Linux under the id asked for.
pub fn stand_in(seed: Seed, id: &str) -> Image {
    let seed = seed.child("ec2.images").child(id);
    let plain = image(seed, &FAMILIES[0], "x86_64", "x86_64", RELEASES[0]);
    Image { id: id.to_owned(), ..plain }
}

/// When a release came out, as an instant.
pub fn created(image: &Image) -> Option<Timestamp> {
    Timestamp::parse_iso8601(&image.created)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ironbird_rig::account::Region;
    use ironbird_rig::seed::Seed;

    use super::{all, created};

    #[test]
    fn ids_are_unique_and_differ_between_regions() {
        let here = all(Seed::root(0), Region::DEFAULT);
        let there = all(Seed::root(0), Region::parse("eu-west-1").unwrap());
        let ids: BTreeSet<&str> = here.iter().chain(&there).map(|image| image.id.as_str()).collect();
        assert_eq!(ids.len(), here.len() + there.len());
        assert_eq!(here, all(Seed::root(0), Region::DEFAULT));
        assert!(here.iter().all(|image| created(image).is_some()));
    }

    #[test]
    fn names_follow_the_publishers() {
        let images = all(Seed::root(0), Region::DEFAULT);
        for name in [
            "al2023-ami-2023.10.20260310.0-kernel-6.1-x86_64",
            "amzn2-ami-hvm-2.0.20260310.0-arm64-gp2",
            "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260310",
            "Windows_Server-2022-English-Full-Base-2026.03.10",
            "amzn-ec2-macos-14.7.1-20260310-190151-arm64",
        ] {
            assert!(images.iter().any(|image| image.name == name), "{name}");
        }
    }
}
