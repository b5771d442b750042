//! `block-device-mapping/`: which device is what.
//!
//! `ami` and `root` name the root device in full, `ebs1`, `ebs2`… the others without `/dev/`, which is what scripts put
//! before it. Only volumes that were there when the instance was last launched or started are told.

use ironbird_api::ec2;
use serde_json::{Map, Value};

/// The names under `block-device-mapping/`.
pub(super) fn of(shown: &ec2::Instance) -> Value {
    let root = shown.root_device_name.as_deref().unwrap_or_default();
    let mut names = Map::new();
    names.insert("ami".to_owned(), root.into());
    let devices = shown.block_device_mappings.iter().flatten().filter(|device| was_there(device, shown));
    let devices = devices.filter_map(|device| device.device_name.as_deref()).filter(|device| *device != root);
    for (number, device) in (1..).zip(devices) {
        names.insert(format!("ebs{number}"), device.trim_start_matches("/dev/").into());
    }
    names.insert("root".to_owned(), root.into());
    Value::Object(names)
}

fn was_there(device: &ec2::InstanceBlockDeviceMapping, shown: &ec2::Instance) -> bool {
    let attached = device.ebs.as_ref().and_then(|ebs| ebs.attach_time);
    attached.zip(shown.launch_time).is_some_and(|(attached, launched)| attached <= launched)
}
