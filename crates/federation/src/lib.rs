//! What identity providers of others say of somebody, and whether it is they who say it.
//!
//! Keys and documents are arguments, and times are only read: what is trusted, and what time it is, is for the caller to know.
//! Signatures are checked by libraries.

pub mod jwt;
pub mod saml;
