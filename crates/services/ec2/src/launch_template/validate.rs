//! What AWS checks of a template when it is made. Whether image, subnet and the rest exist is seen at launch.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::ec2;
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Error, Result};

use crate::{error, requirements_preview};

/// Bytes of user data before it is encoded.
const MAX_USER_DATA: usize = 16 * 1024;
/// Characters of a version's description.
const MAX_DESCRIPTION: usize = 255;

/// Checks a template's name.
///
/// # Errors
/// `InvalidLaunchTemplateName.MalformedException`
pub(super) fn name(name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"().-/_".contains(&byte);
    if (3..=128).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let message = "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _";
    Err(Error::client("InvalidLaunchTemplateName.MalformedException", message))
}

/// Checks a version's description.
///
/// # Errors
/// `InvalidParameterValue`
pub(super) fn description(description: Option<&str>) -> Result<()> {
    match description {
        Some(text) if text.chars().count() > MAX_DESCRIPTION => {
            let reason = format!("The maximum length is {MAX_DESCRIPTION} characters.");
            Err(error::invalid_parameter_value_because(text, "VersionDescription", &reason))
        }
        _ => Ok(()),
    }
}

/// Checks what a template holds.
///
/// # Errors
/// `MissingParameter`, `InvalidParameterCombination`, `InvalidParameterValue`, `InvalidUserData.Malformed`
pub(super) fn data(data: &ec2::RequestLaunchTemplateData) -> Result<()> {
    user_data(data.user_data.as_deref())?;
    if let Some(requirements) = &data.instance_requirements {
        if data.instance_type.is_some() {
            return Err(error::invalid_combination(
                "You cannot specify both InstanceType and InstanceRequirements in a launch template",
            ));
        }
        let requirements = requirements_preview::from_request(requirements);
        requirements_preview::check(&requirements, "LaunchTemplateData.InstanceRequirements")?;
    }
    if let Some(name) = data.instance_type.as_deref()
        && instance_types::get(name).is_none()
    {
        return Err(error::invalid_value(format!("Invalid value '{name}' for InstanceType.")));
    }
    let groups_twice = data.security_group_ids.is_some()
        && data.network_interfaces.as_ref().is_some_and(|list| list.iter().any(|it| it.groups.is_some()));
    if groups_twice {
        let message = "Network interfaces and an instance-level security groups may not be specified on the same request";
        return Err(error::invalid_combination(message));
    }
    Ok(())
}

fn user_data(encoded: Option<&str>) -> Result<()> {
    let Some(encoded) = encoded else { return Ok(()) };
    let compact: String = encoded.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let Ok(decoded) = STANDARD.decode(compact) else {
        return Err(Error::client("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."));
    };
    if decoded.len() > MAX_USER_DATA {
        return Err(error::invalid_value("User data is limited to 16384 bytes"));
    }
    Ok(())
}
