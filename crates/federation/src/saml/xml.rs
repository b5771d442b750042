//! Documents as this module reads them: bounded, without document types, elements by namespace and name.

use uppsala::{Document, NodeId, NodeKind, Parser};

/// The namespaces of SAML 2.0 and of signatures.
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Elements may be in each other this deep.
const DEEPEST: u32 = 64;

/// Reads a document; an entity or a document type in it is an error.
pub(super) fn parse(text: &str) -> Result<Document<'_>, String> {
    Parser::new().with_max_depth(DEEPEST).with_forbid_dtd(true).parse(text).map_err(|cause| cause.to_string())
}

/// The element around everything.
pub(super) fn outermost(document: &Document<'_>) -> Result<NodeId, String> {
    document.document_element().ok_or_else(|| "the document is empty".to_owned())
}

/// Whether a node is the element of that name.
pub(super) fn is(document: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> bool {
    document.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
}

/// The elements of that name directly in another.
pub(super) fn all(document: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
    document.children(node).into_iter().filter(|child| is(document, *child, namespace, name)).collect()
}

/// The first element of that name directly in another.
pub(super) fn first(document: &Document<'_>, node: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    all(document, node, namespace, name).into_iter().next()
}

/// An attribute without a namespace.
pub(super) fn attribute<'d>(document: &'d Document<'_>, node: NodeId, name: &str) -> Option<&'d str> {
    let element = document.element(node)?;
    let of_name = |found: &&uppsala::Attribute<'_>| found.name.matches(None, name);
    element.attributes.iter().find(of_name).map(|found| found.value.as_ref())
}

/// The text in an element. An element or a comment in it is an error: a comment is in no signature, and would cut a name in two.
pub(super) fn text(document: &Document<'_>, node: NodeId) -> Result<String, String> {
    let mut text = String::new();
    for child in document.children(node) {
        match document.node_kind(child) {
            Some(NodeKind::Text(part) | NodeKind::CData(part)) => text.push_str(part),
            _ => return Err("there is something in a text that is none".to_owned()),
        }
    }
    Ok(text.trim().to_owned())
}
