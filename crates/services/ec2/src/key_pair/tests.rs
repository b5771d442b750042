//! Tests of key pairs through the operations.

use ironbird_api::ec2;
use ironbird_rig::World;
use ironbird_wire::field::Blob;

use crate::testing::{call, code, world};

fn create(name: &str, key_type: &str) -> ec2::CreateKeyPairRequest {
    ec2::CreateKeyPairRequest {
        key_name: name.to_owned(),
        key_type: Some(key_type.to_owned()),
        ..Default::default()
    }
}

fn names(world: &World) -> Vec<String> {
    let pairs = call::<ec2::DescribeKeyPairs>(world, &Default::default()).unwrap().key_pairs.unwrap();
    pairs.into_iter().filter_map(|pair| pair.key_name).collect()
}

#[test]
fn a_key_pair_is_made_once() {
    let world = world();
    let made = call::<ec2::CreateKeyPair>(&world, &create("mine", "ed25519")).unwrap();
    assert!(made.key_material.unwrap().ends_with("-----END OPENSSH PRIVATE KEY-----"));
    assert_eq!(code::<ec2::CreateKeyPair>(&world, &create("mine", "ed25519")), "InvalidKeyPair.Duplicate");
    let other = call::<ec2::CreateKeyPair>(&world, &create("other", "ed25519")).unwrap();
    assert_ne!(made.key_fingerprint, other.key_fingerprint);
    assert_eq!(names(&world), ["mine", "other"]);
}

#[test]
fn rsa_is_what_one_gets_without_asking() {
    let world = world();
    let input = ec2::CreateKeyPairRequest { key_name: "mine".to_owned(), ..Default::default() };
    let made = call::<ec2::CreateKeyPair>(&world, &input).unwrap();
    assert!(made.key_material.unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
    assert_eq!(made.key_fingerprint.unwrap().len(), 59);
}

#[test]
fn imported_keys_have_openssl_s_fingerprint() {
    let world = world();
    // A key made for this test, and `openssl rsa -pubout -outform DER | openssl md5 -c` of it.
    let input = ec2::ImportKeyPairRequest {
        key_name: "imported".to_owned(),
        public_key_material: Blob(include_bytes!("test_key.pub").to_vec()),
        ..Default::default()
    };
    let made = call::<ec2::ImportKeyPair>(&world, &input).unwrap();
    assert_eq!(made.key_fingerprint.as_deref(), Some(include_str!("test_key.md5").trim()));
    let describe = ec2::DescribeKeyPairsRequest { include_public_key: Some(true), ..Default::default() };
    let shown = call::<ec2::DescribeKeyPairs>(&world, &describe).unwrap().key_pairs.unwrap().remove(0);
    assert!(shown.public_key.unwrap().starts_with("ssh-rsa AAAAB3NzaC1yc2E"));
    assert_eq!(shown.key_type.as_deref(), Some("rsa"));
}

#[test]
fn deleting_twice_is_no_error() {
    let world = world();
    let made = call::<ec2::CreateKeyPair>(&world, &create("mine", "ed25519")).unwrap();
    let input = ec2::DeleteKeyPairRequest { key_pair_id: made.key_pair_id.clone(), ..Default::default() };
    let deleted = call::<ec2::DeleteKeyPair>(&world, &input).unwrap();
    assert_eq!(deleted.key_pair_id, made.key_pair_id);
    assert_eq!(call::<ec2::DeleteKeyPair>(&world, &input).unwrap().key_pair_id, None);
    let describe =
        ec2::DescribeKeyPairsRequest { key_names: Some(vec!["mine".to_owned()]), ..Default::default() };
    assert_eq!(code::<ec2::DescribeKeyPairs>(&world, &describe), "InvalidKeyPair.NotFound");
}
