//! Client tokens: the same request a second time makes nothing new.

use ironbird_api::Operation;
use ironbird_rig::{Ctx, Key, Result, Table, audit};
use serde::{Deserialize, Serialize};

use super::record::Launches;
use crate::error;
use crate::given::given;

/// Characters of a token. Source: "Ensuring idempotency in Amazon EC2 API requests".
const LONGEST: usize = 64;

/// Tokens seen: (account, Region, operation, token).
pub(crate) struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "ec2.client-tokens";
    type Record = Token;
}

/// What a token stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Of the request's parameters.
    fingerprint: u64,
    /// What the request made.
    resource: String,
}

/// A token of a request, with the fingerprint of everything else in it.
pub(crate) struct Claim {
    key: Key,
    token: String,
    fingerprint: u64,
}

impl Claim {
    /// What `token` stands for in `O`; `more` is whatever the audit log redacts. None without a token.
    pub(crate) fn of<O: Operation>(
        ctx: &Ctx<'_>,
        token: Option<&str>,
        input: &O::Input,
        more: &str,
    ) -> Option<Self> {
        let token = given(&token)?;
        let fingerprint = audit::fingerprint::<O>(input, more);
        Some(Self { key: key(ctx, O::NAME, token), token: token.to_owned(), fingerprint })
    }

    /// What an earlier request with this token made, if there was one.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch` if that had other parameters, `InvalidParameterValue` for a token that is too long.
    pub(crate) fn earlier(&self, ctx: &Ctx<'_>) -> Result<Option<String>> {
        if self.token.len() > LONGEST || !self.token.is_ascii() {
            let reason = format!("A client token has at most {LONGEST} ASCII characters.");
            return Err(error::invalid_parameter_value_because(&self.token, "clientToken", &reason));
        }
        match ctx.peek::<Tokens>(&self.key) {
            None => Ok(None),
            Some(token) if token.fingerprint == self.fingerprint => Ok(Some(token.resource.clone())),
            Some(_) => Err(error::idempotent_mismatch()),
        }
    }

    /// Keeps what the request made.
    ///
    /// # Errors
    /// In an operation registered as one that reads.
    pub(crate) fn keep(self, ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
        let token = Token { fingerprint: self.fingerprint, resource: resource.to_owned() };
        ctx.put::<Tokens>(self.key, token)
    }
}

/// Forgets the token of a launch that is forgotten itself.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, launch: &Key) -> Result<()> {
    let Some(token) = ctx.peek::<Launches>(launch).map(|launch| launch.client_token.clone()) else {
        return Ok(());
    };
    let key = key(ctx, "RunInstances", &token);
    ctx.delete::<Tokens>(&key)?;
    Ok(())
}

fn key(ctx: &Ctx<'_>, operation: &str, token: &str) -> Key {
    ctx.scope().key(operation).text(token)
}
