"""A stand-in for somebody else's identity provider: it signs what it is told to."""

import base64
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner, methods

HOST = "idp.example.com"


class OidcProvider:
    """An OpenID Connect provider with one key."""

    def __init__(self, host=HOST, algorithm="RS256", key_id="1"):
        self.host, self.algorithm, self.key_id = host, algorithm, key_id
        if algorithm.startswith("RS"):
            self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def url(self):
        return f"https://{self.host}"

    def keys(self):
        """Its JSON web key set."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        key = json.loads(algorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": self.algorithm}]}

    def token(self, subject="ann", audience="app", lasts=300, **claims):
        """A token; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": self.url, "sub": subject, "aud": audience, "iat": now, "exp": now + lasts, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, self.key, self.algorithm, headers={"kid": self.key_id})


SAML = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"


class SamlProvider:
    """A SAML 2.0 identity provider with one certificate."""

    def __init__(self, entity="https://idp.example.com/saml"):
        self.entity = entity
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(days=2)).not_valid_after(now + timedelta(days=3650))
            .sign(self.key, hashes.SHA256()))

    def metadata(self):
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity}">'
            '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            f'<ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>'
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
            f'Location="{self.entity}/sign-in"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        ).ljust(1000)

    def response(self, attributes=(), subject="ann", audience="https://signin.aws.amazon.com/saml", recipient=None,
                 issued=None, lasts=300, session=None, answers=None, status="Success"):
        """A response, not signed yet, as an element."""
        issued = issued or datetime.now(UTC)

        def at(seconds):
            return (issued + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

        said = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values) + "</saml:Attribute>"
            for name, values in dict(attributes).items())
        session = f' SessionNotOnOrAfter="{at(session)}"' if session else ""
        answers = f' InResponseTo="{answers}"' if answers else ""
        return etree.fromstring(
            f'<samlp:Response xmlns:samlp="{SAML["samlp"]}" xmlns:saml="{SAML["saml"]}" ID="_r{uuid.uuid4().hex}" '
            f'Version="2.0" IssueInstant="{at(0)}"{answers}><saml:Issuer>{self.entity}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></samlp:Status>'
            f'<saml:Assertion ID="_a{uuid.uuid4().hex}" Version="2.0" IssueInstant="{at(0)}">'
            f'<saml:Issuer>{self.entity}</saml:Issuer><saml:Subject>'
            f'<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{at(lasts)}" Recipient="{recipient or audience}"{answers}/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{at(-5)}" NotOnOrAfter="{at(lasts)}"><saml:AudienceRestriction>'
            f'<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>'
            f'<saml:AuthnStatement AuthnInstant="{at(0)}"{session}><saml:AuthnContext><saml:AuthnContextClassRef>'
            'urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>'
            f'</saml:AuthnStatement><saml:AttributeStatement>{said}</saml:AttributeStatement></saml:Assertion></samlp:Response>')

    def signed(self, element):
        """An element with the provider's signature after its issuer, where the schema has it."""
        # As a document of its own: exclusive canonicalization leaves out what is around it.
        element = etree.fromstring(etree.tostring(element))
        # With the prefix that the signer uses: lxml would bring two together after signing.
        dsig = "http://www.w3.org/2000/09/xmldsig#"
        signature = etree.SubElement(element, f"{{{dsig}}}Signature", Id="placeholder", nsmap={"ds": dsig})
        element.insert(1, signature)
        signer = XMLSigner(method=methods.enveloped, signature_algorithm="rsa-sha256", digest_algorithm="sha256",
                           c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#")
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return signer.sign(element, key=self.key, cert=[pem.decode()], reference_uri="#" + element.get("ID"))

    def assert_(self, whole=False, **said):
        """A response whose assertion is signed, or which is signed as a whole: as text."""
        response = self.response(**said)
        if whole:
            return etree.tostring(self.signed(response)).decode()
        assertion = response.find("saml:Assertion", SAML)
        response.replace(assertion, self.signed(assertion))
        return etree.tostring(response).decode()
