//! Assertions: who somebody is, for whom that is said, and for how long.

use std::collections::BTreeMap;

use ironbird_wire::timestamp::Timestamp;
use uppsala::{Document, NodeId};

use super::metadata::Metadata;
use super::signed;
use super::xml::{self, ASSERTION, PROTOCOL};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Why a response is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no response that can be read, and why.
    Malformed(String),
    /// The provider did not sign somebody in; its status.
    Failed(String),
    /// It is of another issuer than the provider; of which.
    Issuer(String),
    /// It is not signed by the provider, and why.
    Signature(String),
}

/// What a provider says of somebody. Its times are not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertion {
    /// Its id, which no other has.
    pub id: String,
    /// The provider's entity id.
    pub issuer: String,
    /// When it was issued.
    pub issued: Timestamp,
    /// The subject's name, and its form: `urn:oasis:names:tc:SAML:2.0:nameid-format:persistent`.
    pub subject: String,
    /// See [`Assertion::subject`].
    pub format: Option<String>,
    /// Whom it is for.
    pub audiences: Vec<String>,
    /// Where it may be handed in.
    pub recipients: Vec<String>,
    /// The requests that it answers; none for what nobody asked for.
    pub answers: Vec<String>,
    /// First instant at which it is good.
    pub begins: Option<Timestamp>,
    /// First instant at which it is no longer good.
    pub ends: Option<Timestamp>,
    /// When a session has to end that begins with it.
    pub session_ends: Option<Timestamp>,
    /// Attributes by their names.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// Reads a response, or an assertion alone, that `metadata`'s provider signed.
///
/// # Errors
/// Why it is not taken.
pub fn read(text: &str, metadata: &Metadata) -> Result<Assertion, Refusal> {
    let document = xml::parse(text).map_err(Refusal::Malformed)?;
    let node = the_assertion(&document)?;
    let assertion = of(&document, node).map_err(Refusal::Malformed)?;
    if assertion.issuer != metadata.entity {
        return Err(Refusal::Issuer(assertion.issuer));
    }
    let signed = signed::elements(&document, text, metadata).map_err(Refusal::Signature)?;
    let around = document.parent(node);
    if !signed.iter().any(|element| *element == node || Some(*element) == around) {
        return Err(Refusal::Signature("the assertion is not signed".to_owned()));
    }
    Ok(assertion)
}

/// The only assertion there is: the document itself, or directly in a response that tells of success.
fn the_assertion(document: &Document<'_>) -> Result<NodeId, Refusal> {
    let malformed = |why: &str| Refusal::Malformed(why.to_owned());
    let outermost = xml::outermost(document).map_err(Refusal::Malformed)?;
    let all = document.get_elements_by_tag_name_ns(ASSERTION, "Assertion");
    if xml::is(document, outermost, PROTOCOL, "Response") {
        let status = xml::first(document, outermost, PROTOCOL, "Status");
        let code = status.and_then(|status| xml::first(document, status, PROTOCOL, "StatusCode"));
        let code = code.and_then(|code| xml::attribute(document, code, "Value")).unwrap_or_default();
        if code != SUCCESS {
            return Err(Refusal::Failed(code.to_owned()));
        }
        if xml::first(document, outermost, ASSERTION, "EncryptedAssertion").is_some() {
            return Err(malformed("assertions that are encrypted are not supported"));
        }
    } else if !xml::is(document, outermost, ASSERTION, "Assertion") {
        return Err(malformed("it is no response"));
    }
    match all.as_slice() {
        [only] if *only == outermost || document.parent(*only) == Some(outermost) => Ok(*only),
        _ => Err(malformed("it has not one assertion")),
    }
}

fn of(document: &Document<'_>, node: NodeId) -> Result<Assertion, String> {
    let one = |parent, name: &str| {
        xml::first(document, parent, ASSERTION, name).ok_or_else(|| format!("there is no {name}"))
    };
    let subject = one(node, "Subject")?;
    let name = one(subject, "NameID")?;
    let mut read = Assertion {
        id: xml::attribute(document, node, "ID").ok_or("there is no ID")?.to_owned(),
        issuer: xml::text(document, one(node, "Issuer")?)?,
        issued: instant(document, node, "IssueInstant")?.ok_or("there is no IssueInstant")?,
        subject: xml::text(document, name)?,
        format: xml::attribute(document, name, "Format").map(str::to_owned),
        ..Assertion::default()
    };
    for confirmation in xml::all(document, subject, ASSERTION, "SubjectConfirmation") {
        if xml::attribute(document, confirmation, "Method") != Some(BEARER) {
            continue;
        }
        for data in xml::all(document, confirmation, ASSERTION, "SubjectConfirmationData") {
            let of = |name| xml::attribute(document, data, name).map(str::to_owned);
            read.recipients.extend(of("Recipient"));
            read.answers.extend(of("InResponseTo"));
            read.narrow(document, data)?;
        }
    }
    for conditions in xml::all(document, node, ASSERTION, "Conditions") {
        read.narrow(document, conditions)?;
        for restriction in xml::all(document, conditions, ASSERTION, "AudienceRestriction") {
            for audience in xml::all(document, restriction, ASSERTION, "Audience") {
                read.audiences.push(xml::text(document, audience)?);
            }
        }
    }
    for statement in xml::all(document, node, ASSERTION, "AuthnStatement") {
        let ends = instant(document, statement, "SessionNotOnOrAfter")?;
        read.session_ends = earlier(read.session_ends, ends);
    }
    for statement in xml::all(document, node, ASSERTION, "AttributeStatement") {
        for attribute in xml::all(document, statement, ASSERTION, "Attribute") {
            let name = xml::attribute(document, attribute, "Name").ok_or("an Attribute has no Name")?;
            let values = read.attributes.entry(name.to_owned()).or_default();
            for value in xml::all(document, attribute, ASSERTION, "AttributeValue") {
                values.push(xml::text(document, value)?);
            }
        }
    }
    Ok(read)
}

impl Assertion {
    /// Takes the times of an element that says for how long something is good: all such have to hold.
    fn narrow(&mut self, document: &Document<'_>, node: NodeId) -> Result<(), String> {
        let begins = instant(document, node, "NotBefore")?;
        self.begins = self.begins.max(begins);
        self.ends = earlier(self.ends, instant(document, node, "NotOnOrAfter")?);
        Ok(())
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

fn instant(document: &Document<'_>, node: NodeId, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(text) = xml::attribute(document, node, name) else { return Ok(None) };
    Timestamp::parse_iso8601(text).map(Some).ok_or_else(|| format!("{name} is no time: {text}"))
}
