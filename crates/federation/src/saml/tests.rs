//! Responses as a library of others signed them, and what somebody in between makes of them.

use super::{Assertion, Metadata, Refusal, read};

const METADATA: &str = include_str!("examples/metadata.xml");
const BY_ASSERTION: &str = include_str!("examples/assertion-signed.xml");
const BY_RESPONSE: &str = include_str!("examples/response-signed.xml");

fn metadata() -> Metadata {
    Metadata::read(METADATA).unwrap()
}

fn taken(text: &str) -> Result<Assertion, Refusal> {
    read(text, &metadata())
}

/// The text from the first `begin` to the end of the first `end` after it.
fn part<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let from = text.find(begin).unwrap();
    let to = from + text[from..].find(end).unwrap() + end.len();
    &text[from..to]
}

fn is_unsigned(result: &Result<Assertion, Refusal>) -> bool {
    matches!(result, Err(Refusal::Signature(_)))
}

#[test]
fn metadata_says_who_signs_and_where() {
    let metadata = metadata();
    assert_eq!(metadata.entity, "https://idp.example.com/saml");
    let redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect".to_owned();
    assert_eq!(metadata.sign_in, [(redirect, "https://idp.example.com/saml/sign-in".to_owned())]);
    for wrong in ["", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", &METADATA.replace("MII", "MIJ")] {
        assert!(Metadata::read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_response_is_taken_whichever_part_is_signed() {
    for text in [BY_ASSERTION, BY_RESPONSE] {
        let read = taken(text).unwrap();
        assert_eq!((read.subject.as_str(), read.issuer.as_str()), ("ann", "https://idp.example.com/saml"));
        assert_eq!(read.format.as_deref(), Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"));
        assert_eq!(read.audiences, ["https://signin.aws.amazon.com/saml"]);
        assert_eq!(read.recipients, ["https://signin.aws.amazon.com/saml"]);
        let name = &read.attributes["https://aws.amazon.com/SAML/Attributes/RoleSessionName"];
        assert_eq!(name, &["ann@example.com"]);
        assert_eq!(read.issued.iso8601(), "2026-03-01T12:00:00Z");
        assert_eq!(read.begins.unwrap().iso8601(), "2026-03-01T11:59:55Z");
        assert_eq!(read.ends.unwrap().iso8601(), "2026-03-01T12:05:00Z");
        assert_eq!(read.session_ends.unwrap().iso8601(), "2026-03-01T13:00:00Z");
    }
}

#[test]
fn what_is_changed_is_not_signed() {
    for text in [BY_ASSERTION, BY_RESPONSE] {
        assert!(is_unsigned(&taken(&text.replace(">ann<", ">bob<"))));
        assert!(is_unsigned(&taken(&text.replace("12:05:00Z", "13:05:00Z"))));
        let signature = part(text, "<ds:Signature ", "</ds:Signature>");
        assert!(is_unsigned(&taken(&text.replace(signature, ""))));
    }
    let other = metadata().entity.replace("idp", "other");
    let metadata = Metadata::read(&METADATA.replace(&metadata().entity, &other)).unwrap();
    assert!(matches!(read(BY_ASSERTION, &metadata), Err(Refusal::Issuer(_))));
}

#[test]
fn a_comment_does_not_cut_a_name_in_two() {
    for text in [BY_ASSERTION, BY_RESPONSE] {
        // Canonicalization leaves the comment out: the signature would be good.
        let cut = text.replace(">ann<", ">an<!-- -->n<");
        assert!(matches!(taken(&cut), Err(Refusal::Malformed(_))));
    }
}

/// The ways of wrapping that "On Breaking SAML: Be Whoever You Want to Be" (Somorovsky and others, 2012) tells apart, as far as they
/// differ in what stands where.
#[test]
fn a_signed_assertion_vouches_for_no_other() {
    let assertion = part(BY_ASSERTION, "<saml:Assertion ", "</saml:Assertion>");
    let signature = part(BY_ASSERTION, "<ds:Signature ", "</ds:Signature>");
    let forged = assertion.replace(signature, "").replace(">ann<", ">root<").replace("ID=\"_a", "ID=\"_f");
    let bare = assertion.replace(signature, "");
    let with = |put: &str| BY_ASSERTION.replace(assertion, put);
    let extended = |inner: &str| format!("<samlp:Extensions>{inner}</samlp:Extensions>");
    let signed_with = |object: &str| {
        signature.replace("</ds:Signature>", &format!("<ds:Object>{object}</ds:Object></ds:Signature>"))
    };
    let in_forged = |inner: &str| forged.replacen("<saml:Subject>", &format!("{inner}<saml:Subject>"), 1);
    let wrapped = [
        with(&format!("{forged}{assertion}")),
        with(&format!("{assertion}{forged}")),
        with(&format!("{}{forged}", extended(assertion))),
        with(&in_forged(assertion)),
        with(&in_forged(&signature.replace("ID=", "Id="))),
        with(&format!("{}{bare}", in_forged(signature))),
        with(&in_forged(&signed_with(&bare))),
        with(&format!("{forged}{}", extended(&format!("{signature}{bare}")))),
        with(&forged.replace("ID=\"_f", "ID=\"_a")),
        // Two of one id.
        with(&format!("{assertion}{}", forged.replace("ID=\"_f", "ID=\"_a"))),
    ];
    for text in &wrapped {
        let result = taken(text);
        assert!(result.is_err(), "{result:?} of {text}");
    }
    let response = BY_RESPONSE.trim();
    let around = format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_x\"><samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>{}{}</samlp:Response>",
        extended(response),
        forged,
    );
    assert!(taken(&around).is_err());
    // The signed assertion alone is a document of its own.
    let names = "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=";
    assert!(taken(&assertion.replacen("ID=", names, 1)).is_ok());
}

#[test]
fn only_what_succeeded_and_can_be_read_is_taken() {
    assert!(matches!(taken(&BY_ASSERTION.replace("Success", "Requester")), Err(Refusal::Failed(_))));
    for text in ["", "<a/>", "<!DOCTYPE a><a/>", "not XML", &"<a>".repeat(10_000)] {
        assert!(matches!(taken(text), Err(Refusal::Malformed(_))), "{text}");
    }
    let reference = part(BY_ASSERTION, "URI=\"#", "\">").trim_end_matches('>');
    for elsewhere in ["URI=\"Cargo.toml\"", "URI=\"file:///etc/passwd\"", "URI=\"#xpointer(/)\""] {
        assert!(is_unsigned(&taken(&BY_ASSERTION.replace(reference, elsewhere))), "{elsewhere}");
    }
    let xslt = BY_ASSERTION.replace(
        "\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"",
        "\"http://www.w3.org/TR/1999/REC-xslt-19991116\"",
    );
    assert!(is_unsigned(&taken(&xslt)));
}
