//! SAML 2.0: what an identity provider's response says, and whether it is the provider that says it.
//!
//! Canonicalization, digests and signatures are `bergshamra-dsig`'s, with the keys of the provider's metadata and no others. On
//! top of what it checks (no id twice, references only to what is around the signature), nothing is read but the one assertion that
//! a signature in it, or in the response around it, covers: an assertion that was wrapped around or put beside a signed one
//! is refused.
//!
//! Sources: "Assertions and Protocols for the OASIS SAML V2.0" (saml-core), section 5.4 for the profile of signatures, and
//! "Profiles for SAML V2.0", section 4.1.4.

mod assertion;
mod metadata;
mod signed;
#[cfg(test)]
mod tests;
mod xml;

pub use assertion::{Assertion, Refusal, read};
pub use metadata::Metadata;
