//! DSA keys of 1,024 bits, which nobody should choose any more, and with which EC2 signs instance identity documents all the
//! same.

use ironbird_rig::seed::Seed;
use num_bigint::BigUint;

use super::der;

/// The domain: a prime, a prime divisor of it less one, and a generator of the group of that order. Made with
/// `openssl genpkey -genparam -algorithm DSA` for this file; they are no secrets.
const P: &[u8] =
    b"dea6713681f91caa65ccf22f5b207f3da9aa6949f382888a0bb75a45e7b8a4daab5fd772233bc732fcef3f9f633fd673\
    9a8e20d90b1e8296dd58435753ce4ff90fb3752591b850a38e1ace51bbdd826002219031e3cad7406c9dedca1496b121\
    fa69641414dd6713fa12f40ed5b35af1358a5ad2b82b90a0595bd4b4ad52df2f";
const Q: &[u8] = b"df928db412b8aee8e2d5427e8ab680cfce1d6e13";
const G: &[u8] =
    b"583b76e34a90a791bf6ad00e7aa3fd4fca4bd2845ceac5f2678d4091d424a170445b4e2ec072cbb8d754e01f256c4c40\
    743e9cb8fcc299560762f0966207120553d4f289cbd8acbbd680f05064baaaac6fb3cce0bd550cb26500aece81d5f274\
    87847f75816c6ac9e2eda8fb9ca147c4955aebaf61cde672e5b5d1b3632a1664";

/// Object identifier of DSA keys: 1.2.840.10040.4.1
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];

/// A private key.
pub(crate) struct PrivateKey(BigUint);

impl PrivateKey {
    /// The key that `seed` stands for.
    pub(crate) fn draw(seed: Seed) -> Self {
        Self(below_order(seed))
    }

    /// The public key as X.509 has it.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        let (prime, order, generator) = domain();
        let public = generator.modpow(&self.0, &prime);
        let parameters = [&prime, &order, &generator].map(der::integer);
        let algorithm = der::sequence(&[der::identifier(DSA), der::sequence(&parameters)]);
        der::sequence(&[algorithm, der::bits(&der::integer(&public))])
    }

    /// Signs a SHA-1 digest. What must be drawn anew for each signature comes from the key and the digest, so that no two
    /// messages share it.
    pub(crate) fn sign(&self, digest: &[u8]) -> Vec<u8> {
        let (prime, order, generator) = domain();
        let message = BigUint::from_bytes_be(digest);
        let bits = |number: &BigUint| number.iter_u64_digits().next().unwrap_or(0);
        let mut seed = Seed::root(bits(&self.0)).child(&message.to_string());
        loop {
            let once = below_order(seed);
            let r = generator.modpow(&once, &prime) % &order;
            let inverse = once.modinv(&order).unwrap_or_default();
            let s = inverse * (&message + &self.0 * &r) % &order;
            let zero = BigUint::default();
            if r != zero && s != zero {
                return der::sequence(&[der::integer(&r), der::integer(&s)]);
            }
            seed = seed.nth(1);
        }
    }
}

/// A number from 1 up to, not including, the order.
fn below_order(seed: Seed) -> BigUint {
    let (_, order, _) = domain();
    let mut rng = seed.rng();
    // Twice the bits of the order, so that no rest is noticeably likelier than another.
    let digits: Vec<u32> = (0..10).map(|_| rng.next() as u32).collect();
    let one = BigUint::from(1_u32);
    BigUint::new(digits) % (order - &one) + one
}

fn domain() -> (BigUint, BigUint, BigUint) {
    let number = |hex| BigUint::parse_bytes(hex, 16).unwrap_or_default();
    (number(P), number(Q), number(G))
}
