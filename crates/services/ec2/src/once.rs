//! Client tokens of operations that make one thing: the same request a second time makes nothing new.

use ironbird_api::Operation;
use ironbird_rig::{Ctx, Result};

use crate::instance::token::Claim;

/// A request that may carry a client token.
pub(crate) struct Once(Option<Claim>);

impl Once {
    /// The request `input` of `O` with its token, if it has one.
    pub(crate) fn of<O: Operation>(ctx: &Ctx<'_>, token: Option<&str>, input: &O::Input) -> Self {
        Self(Claim::of::<O>(ctx, token, input, ""))
    }

    /// What an earlier request with the same token made, if there was one.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch` if that had other parameters.
    pub(crate) fn earlier(&self, ctx: &Ctx<'_>) -> Result<Option<String>> {
        self.0.as_ref().map_or(Ok(None), |claim| claim.earlier(ctx))
    }

    /// Keeps what the request made.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub(crate) fn keep(self, ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
        self.0.map_or(Ok(()), |claim| claim.keep(ctx, id))
    }
}
