//! The newest image that a public parameter stands for, as EC2 has it in the Region of the call.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use crate::public::Public;

/// Who asks EC2.
const PRINCIPAL: &str = "ssm.amazonaws.com";

/// The images that any of `wanted` may stand for, in one question to EC2.
pub(crate) fn candidates(ctx: &mut Ctx<'_>, wanted: &[Public]) -> Result<Vec<ec2::Image>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let owners: BTreeSet<&str> = wanted.iter().map(|public| public.owner_id).collect();
    let patterns: BTreeSet<&str> = wanted.iter().map(|public| public.pattern.as_str()).collect();
    let names = ec2::Filter {
        name: Some("name".to_owned()),
        values: Some(patterns.into_iter().map(str::to_owned).collect()),
    };
    let input = ec2::DescribeImagesRequest {
        owners: Some(owners.into_iter().map(str::to_owned).collect()),
        filters: Some(vec![names]),
        ..Default::default()
    };
    Ok(ctx.call::<ec2::DescribeImages>(PRINCIPAL, &input)?.images.unwrap_or_default())
}

/// The newest of `images` that `public` stands for. Creation dates are all written alike, so they compare as text.
pub(crate) fn newest<'a>(images: &'a [ec2::Image], public: &Public) -> Option<&'a ec2::Image> {
    images
        .iter()
        .filter(|image| {
            let owner_id = image.owner_id.as_deref().unwrap_or_default();
            public.matches(owner_id, image.name.as_deref().unwrap_or_default())
        })
        .max_by_key(|image| image.creation_date.as_deref())
}
