//! JSON web tokens (RFC 7519), signed with a key of a JSON web key set (RFC 7517).
//!
//! Only signatures with a public key are taken: those that OpenID Connect providers of IAM may use ("Create an OpenID Connect
//! (OIDC) identity provider in IAM", IAM user guide), but for ES512, which the library does not know.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, dangerous};
use serde_json::{Map, Value};

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::ES256, Algorithm::ES384];

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no JSON web token, or is signed in a way that is not taken.
    NotAToken,
    /// None of the keys is the one that it says it is signed with.
    UnknownKey,
    /// It is not signed with the key.
    BadSignature,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claim of that name, whatever it is.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All claims.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A claim that is a text or a list of texts.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is an instant, in whole seconds since 1970: fractions are cut off.
    pub fn instant(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        // The cast stops at the largest number there is.
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64))
    }
}

/// Who says that they issued a token. Nothing is verified.
pub fn issuer(token: &str) -> Option<String> {
    let claims: Value = dangerous::insecure_decode_claims(token).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// How many keys of a set tokens may be signed with.
///
/// # Errors
/// What is wrong with the set.
pub fn usable_keys(set: &str) -> Result<usize, String> {
    let set: JwkSet = serde_json::from_str(set).map_err(|cause| cause.to_string())?;
    let usable: Vec<&Jwk> = set.keys.iter().filter(|key| is_usable(key)).collect();
    for key in &usable {
        DecodingKey::from_jwk(key).map_err(|cause| cause.to_string())?;
    }
    Ok(usable.len())
}

/// What a token says that is signed with one of the keys. Its times, its issuer and its audience are not looked at.
///
/// # Errors
/// Why it is not taken.
pub fn verify(token: &str, keys: &str) -> Result<Claims, Refusal> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::NotAToken)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Refusal::NotAToken);
    }
    let set: JwkSet = serde_json::from_str(keys).map_err(|_| Refusal::UnknownKey)?;
    let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    let fitting = set.keys.iter().filter(|key| is_usable(key)).filter(named).filter_map(|key| {
        let fits = key.common.key_algorithm.is_none_or(|known| known == KeyAlgorithm::from(header.alg));
        DecodingKey::from_jwk(key).ok().filter(|key| fits && key.family() == family(header.alg))
    });
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let mut refusal = Refusal::UnknownKey;
    for key in fitting {
        match jsonwebtoken::decode(token, &key, &validation) {
            Ok(verified) => return Ok(Claims(verified.claims)),
            Err(_) => refusal = Refusal::BadSignature,
        }
    }
    Err(refusal)
}

const fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => AlgorithmFamily::Ec,
        _ => AlgorithmFamily::Rsa,
    }
}

/// Whether a key of a set is a public one, for signatures.
fn is_usable(key: &Jwk) -> bool {
    let signs = key.common.public_key_use.as_ref().is_none_or(|use_| *use_ == PublicKeyUse::Signature);
    signs && matches!(key.algorithm, AlgorithmParameters::RSA(_) | AlgorithmParameters::EllipticCurve(_))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL;

    use super::{Refusal, issuer, usable_keys, verify};

    struct Issuer(EcdsaKeyPair);

    impl Issuer {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn keys(&self, id: &str) -> String {
            let point = self.0.public_key().as_ref();
            let (x, y) = (URL.encode(&point[1..33]), URL.encode(&point[33..65]));
            format!(r#"{{"keys": [{{"kty": "EC", "crv": "P-256", "kid": "{id}", "x": "{x}", "y": "{y}"}}]}}"#)
        }

        fn token(&self, header: &str, claims: &str) -> String {
            let message = format!("{}.{}", URL.encode(header), URL.encode(claims));
            let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            format!("{message}.{}", URL.encode(signature))
        }
    }

    #[test]
    fn a_token_is_taken_from_who_signed_it() {
        let idp = Issuer::new();
        let claims = r#"{"iss": "https://idp", "sub": "ann", "exp": 17.9, "aud": ["a", "b"]}"#;
        let token = idp.token(r#"{"alg": "ES256", "kid": "1"}"#, claims);
        assert_eq!(issuer(&token).as_deref(), Some("https://idp"));
        let said = verify(&token, &idp.keys("1")).unwrap();
        assert_eq!((said.text("sub"), said.instant("exp")), (Some("ann"), Some(17)));
        assert_eq!(said.texts("aud"), ["a", "b"]);
        // A token need not name its key.
        assert!(verify(&idp.token(r#"{"alg": "ES256"}"#, claims), &idp.keys("1")).is_ok());
        assert_eq!(verify(&token, &idp.keys("2")), Err(Refusal::UnknownKey));
        assert_eq!(verify(&token, &Issuer::new().keys("1")), Err(Refusal::BadSignature));
    }

    #[test]
    fn what_is_not_signed_with_a_public_key_is_no_token() {
        let idp = Issuer::new();
        for header in [r#"{"alg": "none"}"#, r#"{"alg": "HS256"}"#, r#"{"alg": "PS256"}"#, "{}"] {
            assert_eq!(verify(&idp.token(header, "{}"), &idp.keys("1")), Err(Refusal::NotAToken), "{header}");
        }
        for token in ["", "a.b", "a.b.c", "e30.e30.c2ln", "e30.eyJpc3MiOiJodHRwczovL2lkcCJ9.c2ln.x"] {
            assert_eq!(verify(token, &idp.keys("1")), Err(Refusal::NotAToken), "{token}");
            assert_eq!(issuer(token), None, "{token}");
        }
        // A key of another kind than the signature says.
        let token = idp.token(r#"{"alg": "RS256", "kid": "1"}"#, "{}");
        assert_eq!(verify(&token, &idp.keys("1")), Err(Refusal::UnknownKey));
    }

    #[test]
    fn only_public_keys_for_signatures_count() {
        assert_eq!(usable_keys(&Issuer::new().keys("1")), Ok(1));
        assert_eq!(usable_keys(r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#), Ok(0));
        assert!(usable_keys("{}").is_err() && usable_keys("keys").is_err());
    }
}
