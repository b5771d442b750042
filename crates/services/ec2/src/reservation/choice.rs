//! Which reservations instances may run in, by what they say about it.

use ironbird_rig::{Ctx, Result};

use super::{group, record};
use crate::instance::record::Preference;
use crate::instance::slot::Want;

/// What instances say about reservations, with the members of the group that they aim at, if they aim at one.
pub(crate) struct Choice<'a> {
    preference: &'a Preference,
    members: Vec<String>,
}

impl<'a> Choice<'a> {
    /// Looks up what there is to look up.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a group that there is not, or that is none of reservations.
    pub(crate) fn of(ctx: &mut Ctx<'_>, preference: &'a Preference) -> Result<Self> {
        let members = match preference {
            Preference::Group { arn, .. } => group::members(ctx, arn)?,
            _ => Vec::new(),
        };
        Ok(Self { preference, members })
    }

    /// The reservations to fill, the first one first, and how many slots each has free.
    ///
    /// # Errors
    /// Those about a reservation that was asked for by id.
    pub(crate) fn matching(&self, ctx: &Ctx<'_>, want: Want<'_>) -> Result<Vec<(String, u32)>> {
        match self.preference {
            Preference::None => Ok(Vec::new()),
            Preference::Open | Preference::Only => Ok(record::open_for(ctx, want)),
            Preference::Target(id) => Ok(vec![record::targeted_for(ctx, id, want)?]),
            Preference::Group { .. } => Ok(record::free_among(ctx, &self.members, want)),
        }
    }
}
