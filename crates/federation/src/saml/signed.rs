//! What of a document a provider signed.

use bergshamra_dsig::DsigContext;
use bergshamra_dsig::verify::{VerifiedReference, VerifyResult, verify_all_document_with_source};
use uppsala::{Document, NodeId};

use super::metadata::Metadata;
use super::xml::{self, SIGNATURE};

/// Signatures that a response may have: its own and its assertion's.
const MOST: usize = 2;

/// The transformations that SAML lets signatures use (saml-core, 5.4.4), and canonicalization as older providers do it. Others
/// could leave out of a signature what is read, or cost more than they are worth.
const TRANSFORMS: [&str; 4] = [
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
];

/// The elements that the provider signed: each with a signature directly in it that covers it and nothing else. Every signature in
/// the document has to be such a one.
///
/// # Errors
/// What is wrong with a signature.
pub(super) fn elements(
    document: &Document<'_>,
    source: &str,
    metadata: &Metadata,
) -> Result<Vec<NodeId>, String> {
    let signatures = document.get_elements_by_tag_name_ns(SIGNATURE, "Signature");
    if signatures.is_empty() || signatures.len() > MOST {
        return Err(format!("it has {} signatures", signatures.len()));
    }
    for signature in signatures {
        check_form(document, signature)?;
    }
    let context = DsigContext::new(metadata.keys());
    let results = verify_all_document_with_source(&context, document, Some(source));
    let mut signed = Vec::new();
    for result in results.map_err(|cause| cause.to_string())? {
        match result {
            VerifyResult::Valid { signature_node, references, .. } => {
                signed.push(covered(document, signature_node, &references)?);
            }
            VerifyResult::Invalid { reason } => return Err(reason),
        }
    }
    Ok(signed)
}

/// A signature has one reference, to something in the document, through known transformations.
fn check_form(document: &Document<'_>, signature: NodeId) -> Result<(), String> {
    let info = xml::first(document, signature, SIGNATURE, "SignedInfo").ok_or("a signature signs nothing")?;
    let references = xml::all(document, info, SIGNATURE, "Reference");
    let [reference] = references.as_slice() else {
        return Err("a signature signs several things".to_owned());
    };
    let target = xml::attribute(document, *reference, "URI").unwrap_or_default();
    let is_plain = |id: &str| !id.is_empty() && !id.contains('(');
    if !target.is_empty() && !target.strip_prefix('#').is_some_and(is_plain) {
        return Err(format!("a signature refers to {target}"));
    }
    let transforms = xml::all(document, *reference, SIGNATURE, "Transforms").into_iter();
    for transform in transforms.flat_map(|all| xml::all(document, all, SIGNATURE, "Transform")) {
        let algorithm = xml::attribute(document, transform, "Algorithm").unwrap_or_default();
        if !TRANSFORMS.contains(&algorithm) {
            return Err(format!("a signature is transformed by {algorithm}"));
        }
    }
    Ok(())
}

/// The element that a signature covers, which it has to be directly in.
fn covered(
    document: &Document<'_>,
    signature: NodeId,
    references: &[VerifiedReference],
) -> Result<NodeId, String> {
    let [reference] = references else { return Err("a signature signs several things".to_owned()) };
    // A reference to nothing in particular is to the whole document.
    let target = match reference.uri.as_str() {
        "" => document.document_element(),
        _ => reference.resolved_node,
    };
    let target = target.filter(|_| reference.digest_verified).ok_or("a signature signs nothing")?;
    if document.parent(signature) != Some(target) {
        return Err("a signature is not in what it signs".to_owned());
    }
    Ok(target)
}
