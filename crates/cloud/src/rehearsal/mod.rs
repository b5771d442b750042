//! What rehearsals of all practices have in common: when they begin, what they are told, what they spend.

mod abreast;
mod error;
mod plots;
mod problem;
mod spent;

pub use abreast::abreast;
pub use error::RehearseError;
pub use plots::{cost_plot, plot, start};
pub use problem::{Problem, in_range, read, region};
pub use spent::{Spent, unpriced};

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_rig::Timestamp;

use crate::InProcess;

/// When every rehearsal begins: 2026-03-02, a Monday, at 06:00 UTC.
pub const START: Timestamp = Timestamp::from_secs(1_772_431_200);

/// Seconds from the begin of the run until an instant.
pub fn since_start(instant: Timestamp) -> f64 {
    (instant.nanos() - START.nanos()) as f64 / 1e9
}

/// The newest image of Amazon's for an architecture whose name is like `name`; none where there is no such image.
///
/// # Errors
/// What the service answers.
pub fn newest_image(
    cloud: &InProcess<'_>,
    name: &str,
    architecture: &str,
) -> Result<Option<String>, CallError> {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let input = ec2::DescribeImagesRequest {
        owners: Some(vec!["amazon".to_owned()]),
        filters: Some(vec![filter("name", name), filter("architecture", architecture)]),
        ..Default::default()
    };
    let images = cloud.call_now::<ec2::DescribeImages>(&input)?.images.unwrap_or_default();
    let newest = images.into_iter().max_by(|one, other| {
        (&one.creation_date, &one.image_id).cmp(&(&other.creation_date, &other.image_id))
    });
    Ok(newest.and_then(|image| image.image_id))
}
