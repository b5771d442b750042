//! Virtual MFA devices. What they share with their users' apps is with the rig's credentials, where STS takes their codes.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::credentials::mfa;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use ironbird_wire::field::Blob;
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use crate::tag::Tags;
use crate::user::{self, User};
use crate::{error, named, page};

/// Devices that a user may have (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 8;

/// Pixels of a module of a QR code, and modules of the quiet zone around it (ISO/IEC 18004 asks for four).
const PIXELS: usize = 4;
const QUIET: usize = 4;

/// Devices: (account, serial number).
pub(crate) struct Devices;

impl Table for Devices {
    const NAME: &'static str = "iam.mfa-devices";
    type Record = Device;
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Device {
    serial: String,
    /// Id of the user whose it is, and since when.
    user: Option<(String, Timestamp)>,
    tags: Tags,
}

impl Device {
    fn is_of(&self, user: &User) -> bool {
        self.user.as_ref().is_some_and(|(id, _)| *id == user.head.id)
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Devices>()
        .write::<api::CreateVirtualMFADevice>(create_virtual_mfa_device)
        .read::<api::ListVirtualMFADevices>(list_virtual_mfa_devices)
        .write::<api::DeleteVirtualMFADevice>(delete_virtual_mfa_device)
        .write::<api::EnableMFADevice>(enable_mfa_device)
        .read::<api::GetMFADevice>(get_mfa_device)
        .read::<api::ListMFADevices>(list_mfa_devices)
        .write::<api::ResyncMFADevice>(resync_mfa_device)
        .write::<api::DeactivateMFADevice>(deactivate_mfa_device)
        .write::<api::TagMFADevice>(tag_mfa_device)
        .write::<api::UntagMFADevice>(untag_mfa_device)
        .read::<api::ListMFADeviceTags>(list_mfa_device_tags)
}

fn key(ctx: &Ctx<'_>, serial: &str) -> Key {
    named::prefix(ctx).text(serial)
}

/// The devices of the account.
fn all<'t>(ctx: &'t Ctx<'_>) -> impl Iterator<Item = &'t Device> {
    ctx.scan::<Devices>(&named::prefix(ctx)).map(|(_, device)| device)
}

/// How many devices the account has, and how many of them some user has.
pub(crate) fn count(ctx: &Ctx<'_>) -> (usize, usize) {
    (all(ctx).count(), all(ctx).filter(|device| device.user.is_some()).count())
}

/// The tags of a device.
pub(crate) fn tags<'t>(ctx: &'t Ctx<'_>, serial: &str) -> Option<&'t Tags> {
    ctx.peek::<Devices>(&key(ctx, serial)).map(|device| &device.tags)
}

/// How many devices a user has.
pub(crate) fn count_of(ctx: &Ctx<'_>, user: &User) -> usize {
    all(ctx).filter(|device| device.is_of(user)).count()
}

fn missing(serial: &str) -> Error {
    error::no_such_entity(format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn find(ctx: &Ctx<'_>, serial: &str) -> Result<Device> {
    ctx.peek::<Devices>(&key(ctx, serial)).cloned().ok_or_else(|| missing(serial))
}

/// The device of that serial number, which the user has.
fn of_user(ctx: &Ctx<'_>, serial: &str, user: &User) -> Result<Device> {
    let device = find(ctx, serial).ok().filter(|device| device.is_of(user));
    device.ok_or_else(|| error::no_such_entity("MFA Device invalid for user."))
}

fn wrong_codes() -> Error {
    Error::with_status(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}

fn keep(ctx: &mut Ctx<'_>, device: Device) -> Result<Empty> {
    ctx.put::<Devices>(key(ctx, &device.serial), device)?;
    Ok(Empty {})
}

fn create_virtual_mfa_device(
    ctx: &mut Ctx<'_>,
    input: &api::CreateVirtualMFADeviceRequest,
) -> Result<api::CreateVirtualMFADeviceResponse> {
    let name = &input.virtual_mfa_device_name;
    let serial = named::arn(ctx, &format!("mfa{}{name}", input.path.as_deref().unwrap_or("/")));
    if ctx.peek::<Devices>(&key(ctx, &serial)).is_some() {
        return Err(error::already_exists("MFADevice entity at the same path and name already exists."));
    }
    let tags = Tags::new(input.tags.as_deref())?;
    let seed = mfa::make(ctx, &serial)?;
    let address = format!("otpauth://totp/{name}@{}?secret={seed}", ctx.scope().account);
    let made = api::VirtualMFADevice {
        serial_number: serial.clone(),
        base32_string_seed: Some(Blob(seed.into_bytes())),
        qr_code_png: Some(Blob(qr_code(&address)?)),
        tags: tags.some(),
        ..api::VirtualMFADevice::default()
    };
    keep(ctx, Device { serial, user: None, tags })?;
    Ok(api::CreateVirtualMFADeviceResponse { virtual_mfa_device: made })
}

/// A text as the picture of a QR code, in PNG.
fn qr_code(text: &str) -> Result<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|_| error::invalid_input("The name is too long for a QR code."))?;
    let (modules, colors) = (code.width(), code.to_colors());
    let side = (modules + 2 * QUIET) * PIXELS;
    let is_dark = |x: usize, y: usize| {
        let module = |pixel: usize| (pixel / PIXELS).checked_sub(QUIET).filter(|at| *at < modules);
        module(x).zip(module(y)).is_some_and(|(x, y)| colors[y * modules + x] == Color::Dark)
    };
    let pixels = (0..side * side).map(|at| if is_dark(at % side, at / side) { 0 } else { u8::MAX });
    let mut picture = Vec::new();
    let side = u32::try_from(side).expect("a QR code has at most 177 modules a side");
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let written =
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels.collect::<Vec<u8>>()));
    written.expect("writing to memory cannot fail");
    Ok(picture)
}

fn list_virtual_mfa_devices(
    ctx: &mut Ctx<'_>,
    input: &api::ListVirtualMFADevicesRequest,
) -> Result<api::ListVirtualMFADevicesResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let wanted = match input.assignment_status.as_deref() {
        Some("Assigned") => Some(true),
        Some("Unassigned") => Some(false),
        _ => None,
    };
    let page = window.scan::<Devices, _>(ctx, &named::prefix(ctx), |device| {
        wanted.is_none_or(|wanted| device.user.is_some() == wanted).then_some(device)
    });
    let shown = page.items.into_iter().map(|device| {
        let holder = device.user.as_ref().and_then(|(id, since)| Some((user::of_id(ctx, id)?, since)));
        api::VirtualMFADevice {
            serial_number: device.serial.clone(),
            enable_date: holder.map(|(_, since)| *since),
            user: holder.map(|(user, _)| user::view(ctx, user)),
            ..api::VirtualMFADevice::default()
        }
    });
    Ok(api::ListVirtualMFADevicesResponse {
        virtual_mfa_devices: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn delete_virtual_mfa_device(ctx: &mut Ctx<'_>, input: &api::DeleteVirtualMFADeviceRequest) -> Result<Empty> {
    let device = find(ctx, &input.serial_number)?;
    if device.user.is_some() {
        return Err(error::delete_conflict("MFA VirtualDevice in use. Must deactivate first."));
    }
    mfa::forget(ctx, &device.serial)?;
    ctx.delete::<Devices>(&key(ctx, &device.serial))?;
    Ok(Empty {})
}

fn enable_mfa_device(ctx: &mut Ctx<'_>, input: &api::EnableMFADeviceRequest) -> Result<Empty> {
    let user = named::find::<User>(ctx, &input.user_name)?.clone();
    let mut device = find(ctx, &input.serial_number)?;
    if device.user.is_some() {
        return Err(error::already_exists("MFA Device is already in use."));
    }
    if count_of(ctx, &user) >= MOST {
        return Err(error::quota("MFADevicesPerUser", MOST));
    }
    let codes = [&*input.authentication_code1, &input.authentication_code2];
    if !mfa::give(ctx, &device.serial, &user.head.id, codes)? {
        return Err(wrong_codes());
    }
    device.user = Some((user.head.id, named::now(ctx)));
    keep(ctx, device)
}

fn get_mfa_device(ctx: &mut Ctx<'_>, input: &api::GetMFADeviceRequest) -> Result<api::GetMFADeviceResponse> {
    let name = user::meant(ctx, input.user_name.as_ref())?;
    let device = of_user(ctx, &input.serial_number, named::find::<User>(ctx, &name)?)?;
    Ok(api::GetMFADeviceResponse {
        user_name: Some(name),
        serial_number: device.serial,
        enable_date: device.user.map(|(_, since)| since),
        certifications: None,
    })
}

fn list_mfa_devices(
    ctx: &mut Ctx<'_>,
    input: &api::ListMFADevicesRequest,
) -> Result<api::ListMFADevicesResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    if input.user_name.is_none() && matches!(ctx.caller(), ironbird_rig::Principal::Root { .. }) {
        // The root user has no device here.
        return Ok(api::ListMFADevicesResponse { is_truncated: Some(false), ..Default::default() });
    }
    let name = user::meant(ctx, input.user_name.as_ref())?;
    let user = named::find::<User>(ctx, &name)?;
    let held = all(ctx).filter(|device| device.is_of(user));
    let page = window.list(held, |device| Key::new().text(&device.serial));
    let shown = page.items.into_iter().filter_map(|device| {
        let (_, since) = device.user.as_ref()?;
        let (user_name, serial_number) = (name.clone(), device.serial.clone());
        Some(api::MFADevice { user_name, serial_number, enable_date: *since })
    });
    Ok(api::ListMFADevicesResponse {
        mfa_devices: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn resync_mfa_device(ctx: &mut Ctx<'_>, input: &api::ResyncMFADeviceRequest) -> Result<Empty> {
    let device = of_user(ctx, &input.serial_number, named::find::<User>(ctx, &input.user_name)?)?;
    let codes = [&*input.authentication_code1, &input.authentication_code2];
    if mfa::set_right(ctx, &device.serial, codes)? { Ok(Empty {}) } else { Err(wrong_codes()) }
}

fn deactivate_mfa_device(ctx: &mut Ctx<'_>, input: &api::DeactivateMFADeviceRequest) -> Result<Empty> {
    let name = user::meant(ctx, input.user_name.as_ref())?;
    let mut device = of_user(ctx, &input.serial_number, named::find::<User>(ctx, &name)?)?;
    mfa::take_away(ctx, &device.serial)?;
    device.user = None;
    keep(ctx, device)
}

fn tag_mfa_device(ctx: &mut Ctx<'_>, input: &api::TagMFADeviceRequest) -> Result<Empty> {
    let mut device = find(ctx, &input.serial_number)?;
    device.tags.set(&input.tags)?;
    keep(ctx, device)
}

fn untag_mfa_device(ctx: &mut Ctx<'_>, input: &api::UntagMFADeviceRequest) -> Result<Empty> {
    let mut device = find(ctx, &input.serial_number)?;
    device.tags.remove(&input.tag_keys);
    keep(ctx, device)
}

fn list_mfa_device_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListMFADeviceTagsRequest,
) -> Result<api::ListMFADeviceTagsResponse> {
    let page = find(ctx, &input.serial_number)?.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListMFADeviceTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}
