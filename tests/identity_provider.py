"""A stand-in for somebody else's identity provider: it signs what it is told to."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

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
