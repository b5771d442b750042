//! What an identity provider says of itself, once it is trusted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bergshamra_keys::{KeysManager, loader};
use uppsala::{Document, NodeId};

use super::xml::{self, METADATA, SIGNATURE};

/// An identity provider's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its entity id, which is the issuer of its assertions.
    pub entity: String,
    /// Where it is asked to sign somebody in, with the binding of each place.
    pub sign_in: Vec<(String, String)>,
    /// The certificates that it signs with, as DER.
    certificates: Vec<Vec<u8>>,
}

impl Metadata {
    /// Reads metadata.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let document = xml::parse(text)?;
        let entity = xml::outermost(&document)?;
        if !xml::is(&document, entity, METADATA, "EntityDescriptor") {
            return Err("it is no EntityDescriptor".to_owned());
        }
        let name = xml::attribute(&document, entity, "entityID").ok_or("it has no entityID")?.to_owned();
        let role = xml::first(&document, entity, METADATA, "IDPSSODescriptor");
        let role = role.ok_or("it has no IDPSSODescriptor")?;
        let places = xml::all(&document, role, METADATA, "SingleSignOnService");
        let place = |place: NodeId| {
            let of = |name| xml::attribute(&document, place, name).map(str::to_owned);
            Some((of("Binding")?, of("Location")?))
        };
        Ok(Self {
            entity: name,
            sign_in: places.into_iter().filter_map(place).collect(),
            certificates: certificates(&document, role)?,
        })
    }

    /// The keys that its signatures are checked with.
    pub(super) fn keys(&self) -> KeysManager {
        let mut keys = KeysManager::new();
        // Certificates were read as keys when the metadata was.
        keys.add_keys(self.certificates.iter().filter_map(|der| loader::load_x509_cert_der(der).ok()));
        keys
    }
}

/// The certificates of keys that may sign.
fn certificates(document: &Document<'_>, role: NodeId) -> Result<Vec<Vec<u8>>, String> {
    let mut found = Vec::new();
    for key in xml::all(document, role, METADATA, "KeyDescriptor") {
        if xml::attribute(document, key, "use").is_some_and(|purpose| purpose != "signing") {
            continue;
        }
        let infos = xml::all(document, key, SIGNATURE, "KeyInfo").into_iter();
        let data = infos.flat_map(|info| xml::all(document, info, SIGNATURE, "X509Data"));
        for certificate in data.flat_map(|data| xml::all(document, data, SIGNATURE, "X509Certificate")) {
            let text: String = xml::text(document, certificate)?.split_whitespace().collect();
            let der = STANDARD.decode(text).map_err(|cause| format!("a certificate: {cause}"))?;
            loader::load_x509_cert_der(&der).map_err(|cause| format!("a certificate: {cause}"))?;
            found.push(der);
        }
    }
    Ok(found)
}
