//! Public parameters, with the images that EC2 has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ironbird_api::{ec2, ssm as api};
use ironbird_rig::world::{Settings, World};
use ironbird_rig::{Account, Principal, Region, Result, Scope, Timestamp};

const ROOT: Principal = Principal::Root { account: Account::DEFAULT };
const AL2023: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const NOBLE: &str = "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id";

fn world() -> World {
    let services = vec![ironbird_ec2::service(), ironbird_ssm::service()];
    World::rehearsal(services, Settings::default(), Timestamp::from_secs(1_800_000_000))
}

fn scope(region: &str) -> Scope {
    Scope { account: Account::DEFAULT, region: Region::parse(region).unwrap() }
}

fn get(world: &World, region: &str, name: &str) -> Result<api::Parameter> {
    let input = api::GetParameterRequest { name: name.to_owned(), with_decryption: Some(true) };
    Ok(world.call::<api::GetParameter>(scope(region), ROOT, &input)?.parameter.unwrap())
}

fn by_path(
    world: &World,
    path: &str,
    recursive: bool,
    max_results: Option<i32>,
    next_token: Option<String>,
) -> Result<(Vec<String>, Option<String>)> {
    let input = api::GetParametersByPathRequest {
        path: path.to_owned(),
        recursive: Some(recursive),
        max_results,
        next_token,
        ..Default::default()
    };
    let answer = world.call::<api::GetParametersByPath>(scope("us-east-1"), ROOT, &input)?;
    let names = answer.parameters.unwrap().into_iter().map(|parameter| parameter.name.unwrap()).collect();
    Ok((names, answer.next_token))
}

fn all_below(world: &World, path: &str) -> Vec<String> {
    let (mut names, mut token) = by_path(world, path, true, None, None).unwrap();
    while token.is_some() {
        let (more, next) = by_path(world, path, true, None, token).unwrap();
        names.extend(more);
        token = next;
    }
    names
}

#[test]
fn a_parameter_is_the_newest_image_of_its_region() {
    let world = world();
    let found = get(&world, "eu-west-1", AL2023).unwrap();
    assert_eq!(found.arn, Some(format!("arn:aws:ssm:eu-west-1::parameter{AL2023}")));
    assert_eq!((found.r#type.as_deref(), found.version), (Some("String"), Some(1)));
    assert_eq!(found.data_type.as_deref(), Some("text"));
    let images = world
        .call::<ec2::DescribeImages>(
            scope("eu-west-1"),
            ROOT,
            &ec2::DescribeImagesRequest { owners: Some(vec!["amazon".to_owned()]), ..Default::default() },
        )
        .unwrap()
        .images
        .unwrap();
    let newest = images
        .iter()
        .filter(|image| {
            let name = image.name.as_deref().unwrap();
            name.starts_with("al2023-ami-2023.") && image.architecture.as_deref() == Some("x86_64")
        })
        .max_by_key(|image| image.creation_date.clone())
        .unwrap();
    assert_eq!(found.value, newest.image_id);
    let created = Timestamp::parse_iso8601(newest.creation_date.as_deref().unwrap());
    assert_eq!(found.last_modified_date, created);
    assert_ne!(get(&world, "us-east-1", AL2023).unwrap().value, found.value);
    assert_eq!(get(&world, "us-east-1", NOBLE).unwrap().data_type.as_deref(), Some("aws:ec2:image"));
    let china = get(&world, "cn-north-1", AL2023).unwrap();
    assert_eq!(china.arn, Some(format!("arn:aws-cn:ssm:cn-north-1::parameter{AL2023}")));
}

#[test]
fn a_parameter_has_one_version_and_answers_to_its_arn() {
    let world = world();
    let plain = get(&world, "us-east-1", AL2023).unwrap();
    let named = get(&world, "us-east-1", &format!("arn:aws:ssm:us-east-1::parameter{AL2023}:1")).unwrap();
    assert_eq!((named.name, named.value), (plain.name, plain.value));
    assert_eq!(named.selector.as_deref(), Some(":1"));
    let code = |name: &str| get(&world, "us-east-1", name).err().unwrap().code().to_owned();
    assert_eq!(code(&format!("{AL2023}:2")), "ParameterVersionNotFound");
    assert_eq!(code(&format!("{AL2023}:latest")), "ParameterVersionNotFound");
    assert_eq!(code("/mine"), "ParameterNotFound");
    assert_eq!(code("/mine:7"), "ParameterNotFound");
    assert_eq!(code(&format!("arn:aws:ssm:eu-west-1::parameter{AL2023}")), "ParameterNotFound");
}

#[test]
fn several_are_found_or_said_to_be_invalid() {
    let names = [NOBLE, "/mine", AL2023, "/aws/service/nothing"].map(str::to_owned).to_vec();
    let input = api::GetParametersRequest { names, with_decryption: None };
    let answer = world().call::<api::GetParameters>(scope("us-east-1"), ROOT, &input).unwrap();
    let found: Vec<String> =
        answer.parameters.unwrap().into_iter().map(|parameter| parameter.name.unwrap()).collect();
    assert_eq!(found, [AL2023, NOBLE]);
    assert_eq!(answer.invalid_parameters.unwrap(), ["/mine", "/aws/service/nothing"]);
}

#[test]
fn every_public_parameter_has_an_image_and_pages_are_complete() {
    let world = world();
    let names = all_below(&world, "/aws/service");
    assert_eq!(names.len(), 33);
    assert!(names.is_sorted());
    for name in &names {
        assert!(get(&world, "us-east-1", name).unwrap().value.unwrap().starts_with("ami-"), "{name}");
    }
}

#[test]
fn paths_are_hierarchies() {
    let world = world();
    let list = |path: &str, recursive| by_path(&world, path, recursive, None, None).unwrap().0;
    let debian =
        ["/aws/service/debian/release/12/latest/amd64", "/aws/service/debian/release/12/latest/arm64"];
    assert_eq!(list("/aws/service/debian/release/12/latest", false), debian);
    assert_eq!(list("/aws/service/debian/release/12/", true), debian);
    for (path, recursive) in
        [("/aws/service/debian", false), ("/aws/service/deb", true), ("/mine", true), ("/", true)]
    {
        assert_eq!(list(path, recursive), [""; 0], "{path}");
    }
    let (two, token) = by_path(&world, "/aws/service/ami-windows-latest", false, Some(2), None).unwrap();
    let (last, end) = by_path(&world, "/aws/service/ami-windows-latest", false, Some(2), token).unwrap();
    assert_eq!((two.len(), last.len(), end), (2, 1, None));
}

#[test]
fn nonsense_is_refused() {
    let world = world();
    let code = |path: &str, token: Option<&str>| {
        by_path(&world, path, false, None, token.map(str::to_owned)).err().unwrap().code().to_owned()
    };
    assert_eq!(code("aws/service", None), "ValidationException");
    assert_eq!(code("/aws/*", None), "ValidationException");
    assert_eq!(code("/aws/service", Some("zz")), "InvalidNextToken");
}
