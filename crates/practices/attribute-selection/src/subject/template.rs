//! A launch template as a subject: what it lets those launch that take their types from it.

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::Cloud;

use super::{Override, Subject, selection};

/// What a version lets its users launch, bought in every way in which one of them buys; none without users.
///
/// # Errors
/// What the service answers.
pub async fn of_template<C: Cloud>(
    cloud: &C,
    name: &str,
    data: &ec2::ResponseLaunchTemplateData,
    users: &[Subject],
) -> Result<Option<Subject>, CallError> {
    let Some(first) = users.first() else { return Ok(None) };
    let own = selection(cloud, "its launch template".to_owned(), data, Override::default()).await?;
    Ok(Some(Subject {
        name: name.to_owned(),
        on_demand: users.iter().any(|user| user.on_demand),
        spot: users.iter().any(|user| user.spot),
        selections: vec![own],
        running: Vec::new(),
        ..first.clone()
    }))
}
