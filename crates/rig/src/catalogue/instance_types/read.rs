//! Reads the instance type table.

use super::super::table::{Row, Table};
use super::super::words::Words;
use super::{
    Accelerator, AcceleratorKind, CpuManufacturer, Ebs, FactSource, InstanceType, Network, Processor,
    Storage, StorageKind, Vcpu,
};

/// The types of the table, by name.
pub(super) fn types(text: &'static str) -> Vec<InstanceType> {
    let table = Table::open("instance_types.tsv", text);
    let columns = Columns::find(&table);
    let mut row = Row::default();
    let mut types = Vec::with_capacity(1_500);
    for line in table.lines() {
        row.cut(line);
        if let Some(entry) = columns.read(&row) {
            types.push(entry);
        }
    }
    types.sort_by_key(|entry| entry.name);
    types
}

/// Positions of the columns, found once, so that no row looks names up.
macro_rules! columns {
    ($($column:ident),* $(,)?) => {
        struct Columns { $($column: usize),* }

        impl Columns {
            fn find(table: &Table) -> Self {
                Self { $($column: table.column(stringify!($column))),* }
            }
        }
    };
}

columns! {
    name, vcpus, cores, threads_per_core, memory_mib, arch, cpu_manufacturer, generation, hypervisor, bare_metal,
    burstable, free_tier, storage_gb, storage_type, storage_disks, net_perf, net_baseline_gbps, net_peak_gbps,
    net_cards, ebs_optimized, ebs_base_mbps, ebs_max_mbps, ebs_base_iops, ebs_max_iops, ebs_max_attachments,
    ebs_attach_type, max_enis, ipv4_per_eni, ipv6_per_eni, ena, efa_max, enc_in_transit, acc_count, acc_manufacturer,
    acc_name, acc_type, acc_mem_total_mib, dedicated_hosts, hibernation, auto_recovery, usage_classes, placement,
    enclaves, nitro_tpm, boot_modes, root_devices, virt_types, clock_ghz, cpu_features, valid_cores, valid_tpc,
    trunk_branch_enis, src,
}

impl Columns {
    /// One type; none where a cell that every type has does not read, which a test forbids.
    fn read(&self, row: &Row) -> Option<InstanceType> {
        let words = |column| Words::new(row.text(column));
        let known_words = |column| row.known(column).map(Words::new);
        let source = match row.text(self.src) {
            "karpenter1.14" => FactSource::Karpenter,
            "moto5.0.0-legacy" => FactSource::Legacy,
            _ => FactSource::Described,
        };
        Some(InstanceType {
            name: row.text(self.name),
            source,
            current_generation: row.text(self.generation) == "current",
            free_tier_eligible: row.flag(self.free_tier)?,
            bare_metal: row.flag(self.bare_metal)?,
            burstable: row.flag(self.burstable)?,
            hypervisor: row.known(self.hypervisor),
            usage_classes: words(self.usage_classes),
            root_device_types: words(self.root_devices),
            virtualization_types: words(self.virt_types),
            boot_modes: known_words(self.boot_modes),
            placement_strategies: known_words(self.placement),
            dedicated_hosts: row.flag(self.dedicated_hosts),
            hibernation: row.flag(self.hibernation),
            auto_recovery: row.flag(self.auto_recovery),
            nitro_enclaves: row.flag(self.enclaves),
            nitro_tpm_versions: (source != FactSource::Karpenter).then(|| words(self.nitro_tpm)),
            memory_mib: row.number(self.memory_mib)?,
            vcpu: Vcpu {
                default_vcpus: row.number(self.vcpus)?,
                default_cores: row.number(self.cores)?,
                default_threads_per_core: row.number(self.threads_per_core)?,
                valid_cores: words(self.valid_cores),
                valid_threads_per_core: words(self.valid_tpc),
            },
            processor: Processor {
                architectures: words(self.arch),
                manufacturer: CpuManufacturer::parse(row.text(self.cpu_manufacturer))?,
                clock_ghz: row.number(self.clock_ghz),
                features: words(self.cpu_features),
            },
            storage: self.storage(row),
            network: self.network(row)?,
            ebs: self.ebs(row),
            accelerator: self.accelerator(row),
        })
    }

    fn storage(&self, row: &Row) -> Option<Storage> {
        let kind = match row.text(self.storage_type) {
            "hdd" => StorageKind::Hdd,
            "ssd" => StorageKind::Ssd,
            "nvme-hdd" => StorageKind::NvmeHdd,
            "nvme-ssd" => StorageKind::NvmeSsd,
            _ => return None,
        };
        let disks = row.known(self.storage_disks).and_then(|text| text.split_once('x'));
        let disks = disks.and_then(|(count, size)| Some((count.parse().ok()?, size.parse().ok()?)));
        Some(Storage { total_gb: row.number(self.storage_gb)?, kind, disks })
    }

    fn network(&self, row: &Row) -> Option<Network> {
        Some(Network {
            performance: row.known(self.net_perf),
            baseline_gbps: row.number(self.net_baseline_gbps)?,
            peak_gbps: row.number(self.net_peak_gbps),
            cards: row.number(self.net_cards)?,
            max_interfaces: row.number(self.max_enis)?,
            ipv4_per_interface: row.number(self.ipv4_per_eni)?,
            ipv6_per_interface: row.number(self.ipv6_per_eni),
            ena_support: row.text(self.ena),
            max_efa_interfaces: row.number(self.efa_max),
            encryption_in_transit: row.flag(self.enc_in_transit)?,
            branch_interfaces: row.number(self.trunk_branch_enis),
        })
    }

    fn ebs(&self, row: &Row) -> Ebs {
        Ebs {
            optimized_support: row.text(self.ebs_optimized),
            baseline_mbps: row.number(self.ebs_base_mbps),
            maximum_mbps: row.number(self.ebs_max_mbps),
            baseline_iops: row.number(self.ebs_base_iops),
            maximum_iops: row.number(self.ebs_max_iops),
            max_attachments: row.number(self.ebs_max_attachments),
            attachment_limit_type: row.known(self.ebs_attach_type),
        }
    }

    fn accelerator(&self, row: &Row) -> Option<Accelerator> {
        let kind = match row.text(self.acc_type) {
            "gpu" => AcceleratorKind::Gpu,
            "fpga" => AcceleratorKind::Fpga,
            "neuron" => AcceleratorKind::Neuron,
            "inference" => AcceleratorKind::Inference,
            "media" => AcceleratorKind::Media,
            _ => return None,
        };
        Some(Accelerator {
            kind,
            count: row.number(self.acc_count)?,
            manufacturer: row.text(self.acc_manufacturer),
            name: row.text(self.acc_name),
            total_memory_mib: row.number(self.acc_mem_total_mib),
        })
    }
}
