//! RSA key pairs drawn from the world's seed.
//!
//! They are real keys that every SSH client takes, and as predictable as everything in a world: whoever knows the
//! seed knows them. They are for this world's instances, never for anything else.

use ironbird_rig::seed::{Rng, Seed};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

use super::der;

/// Public exponent of all keys.
const EXPONENT: u32 = 65_537;
/// 32-bit digits of each of the two primes of a key of 2,048 bits.
const DIGITS: usize = 32;
/// Rounds of Miller and Rabin's test; a number of this size that passes one is almost certainly prime.
const ROUNDS: usize = 4;

/// Object identifier of SHA-256: 2.16.840.1.101.3.4.2.1
pub(crate) const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// A private key.
pub(crate) struct PrivateKey {
    modulus: BigUint,
    private_exponent: BigUint,
    primes: [BigUint; 2],
}

impl PrivateKey {
    /// The key that `seed` stands for.
    pub(crate) fn draw(seed: Seed) -> Self {
        let mut rng = seed.rng();
        let one = BigUint::from(1_u32);
        let exponent = BigUint::from(EXPONENT);
        loop {
            let (p, q) = (prime(&mut rng), prime(&mut rng));
            let phi = (&p - &one) * (&q - &one);
            // There is no inverse when a prime minus one is a multiple of the exponent.
            if let Some(private_exponent) = exponent.modinv(&phi).filter(|_| p != q) {
                let [p, q] = if p > q { [p, q] } else { [q, p] };
                return Self { modulus: &p * &q, private_exponent, primes: [p, q] };
            }
        }
    }

    /// What signing takes of it.
    pub(crate) fn signer(&self) -> Signer {
        let private_exponent = self.private_exponent.to_bytes_be();
        Signer { modulus: self.modulus.to_bytes_be(), private_exponent }
    }

    /// In the form of PKCS #1.
    fn pkcs1(&self) -> Vec<u8> {
        let one = BigUint::from(1_u32);
        let [p, q] = &self.primes;
        let exponent_of = |prime: &BigUint| der::integer(&(&self.private_exponent % (prime - &one)));
        let coefficient = q.modinv(p).unwrap_or_default();
        der::sequence(&[
            der::small(0),
            der::integer(&self.modulus),
            der::small(EXPONENT),
            der::integer(&self.private_exponent),
            der::integer(p),
            der::integer(q),
            exponent_of(p),
            exponent_of(q),
            der::integer(&coefficient),
        ])
    }

    /// In the form of PKCS #8, of which the fingerprint of a created key is taken.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        der::sequence(&[der::small(0), der::rsa_algorithm(), der::octets(&self.pkcs1())])
    }

    /// As CreateKeyPair answers it.
    pub(crate) fn pem(&self) -> String {
        der::pem("RSA PRIVATE KEY", &self.pkcs1(), 64)
    }

    /// The public key in OpenSSH's wire form.
    pub(crate) fn public_blob(&self) -> Vec<u8> {
        let exponent = der::unsigned(&BigUint::from(EXPONENT));
        [der::ssh_field(b"ssh-rsa"), der::ssh_field(&exponent), der::ssh_field(&der::unsigned(&self.modulus))]
            .concat()
    }
}

/// What signing takes of a private key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Signer {
    /// Big-endian.
    modulus: Vec<u8>,
    /// Big-endian.
    private_exponent: Vec<u8>,
}

impl Signer {
    /// The public key as X.509 has it.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        public_der(&BigUint::from_bytes_be(&self.modulus), &BigUint::from(EXPONENT))
    }

    /// Signs a SHA-256 digest in the way of PKCS #1, version 1.5.
    pub(crate) fn sign(&self, digest: &[u8]) -> Vec<u8> {
        let digest = der::sequence(&[der::algorithm(SHA_256), der::octets(digest)]);
        let length = self.modulus.len();
        let mut block = vec![0xff; length];
        let end = length - digest.len();
        block[..2].copy_from_slice(&[0, 1]);
        block[end - 1] = 0;
        block[end..].copy_from_slice(&digest);
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let signature =
            number(&block).modpow(&number(&self.private_exponent), &number(&self.modulus)).to_bytes_be();
        [vec![0; length - signature.len()], signature].concat()
    }
}

/// A public key as X.509 has it, of which the fingerprint of an imported key is taken.
pub(crate) fn public_der(modulus: &BigUint, exponent: &BigUint) -> Vec<u8> {
    let key = der::sequence(&[der::integer(modulus), der::integer(exponent)]);
    der::sequence(&[der::rsa_algorithm(), der::bits(&key)])
}

/// A prime of 1,024 bits with both highest bits set, so that the product of two has 2,048 bits.
fn prime(rng: &mut Rng) -> BigUint {
    let sieve = small_primes();
    loop {
        let mut digits: Vec<u32> = (0..DIGITS).map(|_| rng.next() as u32).collect();
        digits[DIGITS - 1] |= 0xc000_0000;
        digits[0] |= 1;
        let start = BigUint::new(digits);
        let rests: Vec<u32> = sieve.iter().map(|small| rest(&start, *small)).collect();
        // Numbers near the start, most of which a small prime rules out without a division of large numbers.
        for step in (0..100_000_u32).step_by(2) {
            let divides = |(rest, small): (&u32, &u32)| (rest + step).is_multiple_of(*small);
            if rests.iter().zip(&sieve).any(divides) {
                continue;
            }
            let candidate = &start + step;
            if is_probably_prime(&candidate, rng) {
                return candidate;
            }
        }
    }
}

fn rest(number: &BigUint, divisor: u32) -> u32 {
    (number % divisor).iter_u32_digits().next().unwrap_or(0)
}

/// Odd primes below 8,000.
fn small_primes() -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for number in (3..8000_u32).step_by(2) {
        let mut below_root = primes.iter().take_while(|prime| **prime * **prime <= number);
        if below_root.all(|prime| number % prime != 0) {
            primes.push(number);
        }
    }
    primes
}

/// Miller and Rabin's test to base 2 and to drawn bases, of an odd number above 3.
fn is_probably_prime(number: &BigUint, rng: &mut Rng) -> bool {
    let one = BigUint::from(1_u32);
    let less = number - &one;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    let mut base = BigUint::from(2_u32);
    for _ in 0..ROUNDS {
        let mut power = base.modpow(&odd, number);
        let mut passes = power == one || power == less;
        for _ in 1..twos {
            if passes {
                break;
            }
            power = &power * &power % number;
            passes = power == less;
        }
        if !passes {
            return false;
        }
        base = BigUint::from(rng.next() | 2);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_probably_prime, small_primes};
    use ironbird_rig::seed::Seed;
    use num_bigint::BigUint;

    #[test]
    fn primes_are_told_from_others() {
        let mut rng = Seed::root(1).rng();
        let mut test = |text: &str| is_probably_prime(&text.parse::<BigUint>().unwrap(), &mut rng);
        // 2^89 - 1 is prime; 2^67 - 1 is 193,707,721 × 761,838,257,287; 3,215,031,751 passes bases 2, 3, 5 and 7.
        assert!(test("618970019642690137449562111"));
        assert!(!test("147573952589676412927"));
        assert!(!test("3215031751"));
        assert_eq!(small_primes()[..5], [3, 5, 7, 11, 13]);
    }
}
