//! Client tokens: the same request a second time changes nothing more.

use ironbird_api::Operation;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, audit};
use serde::{Deserialize, Serialize};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Tokens>()
}

/// Tokens seen: (account, Region, operation, token).
struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "ram.client-tokens";
    type Record = Token;
}

/// What a token stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    /// Of the request's parameters.
    fingerprint: u64,
    /// What the request made or changed.
    about: String,
}

/// A token of a request, with the fingerprint of everything in it.
struct Claim {
    key: Key,
    fingerprint: u64,
}

impl Claim {
    /// What `token` stands for in `O`; none without a token.
    fn of<O: Operation>(ctx: &Ctx<'_>, token: Option<&str>, input: &O::Input) -> Option<Self> {
        let token = token.filter(|token| !token.is_empty())?;
        let key = ctx.scope().key(O::NAME).text(token);
        Some(Self { key, fingerprint: audit::fingerprint::<O>(input, "") })
    }

    /// What an earlier request with this token made or changed, if there was one.
    ///
    /// # Errors
    /// `IdempotentParameterMismatchException` if that had other parameters.
    fn earlier(&self, ctx: &Ctx<'_>) -> Result<Option<String>> {
        match ctx.peek::<Tokens>(&self.key) {
            None => Ok(None),
            Some(token) if token.fingerprint == self.fingerprint => Ok(Some(token.about.clone())),
            Some(_) => Err(Error::client(
                "IdempotentParameterMismatchException",
                "The client token was used with a previous call to the operation, with other parameters.",
            )),
        }
    }
}

/// Does `work`, which answers what it made or changed, unless an earlier request with the same token did; what that is.
///
/// # Errors
/// Those of `work`, and `IdempotentParameterMismatchException`.
pub(crate) fn once<O: Operation>(
    ctx: &mut Ctx<'_>,
    token: Option<&str>,
    input: &O::Input,
    work: impl FnOnce(&mut Ctx<'_>) -> Result<String>,
) -> Result<String> {
    let Some(claim) = Claim::of::<O>(ctx, token, input) else { return work(ctx) };
    if let Some(about) = claim.earlier(ctx)? {
        return Ok(about);
    }
    let about = work(ctx)?;
    ctx.put::<Tokens>(claim.key, Token { fingerprint: claim.fingerprint, about: about.clone() })?;
    Ok(about)
}
