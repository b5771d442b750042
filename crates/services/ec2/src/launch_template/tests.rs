//! Tests of templates and versions through the operations.

use ironbird_api::ec2;
use ironbird_rig::World;

use crate::testing::{call, code, scope, world};

fn data(instance_type: &str) -> ec2::RequestLaunchTemplateData {
    ec2::RequestLaunchTemplateData {
        image_id: Some("ami-1a2b3c4d".to_owned()),
        instance_type: Some(instance_type.to_owned()),
        block_device_mappings: Some(vec![ec2::LaunchTemplateBlockDeviceMappingRequest {
            device_name: Some("/dev/xvda".to_owned()),
            ebs: Some(ec2::LaunchTemplateEbsBlockDeviceRequest {
                volume_size: Some(20),
                encrypted: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

fn request(name: &str) -> ec2::CreateLaunchTemplateRequest {
    ec2::CreateLaunchTemplateRequest {
        launch_template_name: name.to_owned(),
        launch_template_data: data("t3.micro"),
        ..Default::default()
    }
}

fn create(world: &World, name: &str) -> String {
    let output = call::<ec2::CreateLaunchTemplate>(world, &request(name)).unwrap();
    output.launch_template.unwrap().launch_template_id.unwrap()
}

fn add(world: &World, id: &str, data: ec2::RequestLaunchTemplateData, source: Option<&str>) -> i64 {
    let input = ec2::CreateLaunchTemplateVersionRequest {
        launch_template_id: Some(id.to_owned()),
        source_version: source.map(str::to_owned),
        launch_template_data: data,
        ..Default::default()
    };
    let output = call::<ec2::CreateLaunchTemplateVersion>(world, &input).unwrap();
    output.launch_template_version.unwrap().version_number.unwrap()
}

fn versions(world: &World, id: &str, words: &[&str]) -> Vec<ec2::LaunchTemplateVersion> {
    let input = ec2::DescribeLaunchTemplateVersionsRequest {
        launch_template_id: Some(id.to_owned()),
        versions: Some(words.iter().map(|word| (*word).to_owned()).collect()),
        ..Default::default()
    };
    call::<ec2::DescribeLaunchTemplateVersions>(world, &input).unwrap().launch_template_versions.unwrap()
}

#[test]
fn a_version_gives_back_all_it_was_given() {
    let world = world();
    let id = create(&world, "web");
    let shown = versions(&world, &id, &["$Latest"]).remove(0);
    assert_eq!((shown.version_number, shown.default_version), (Some(1), Some(true)));
    let data = shown.launch_template_data.unwrap();
    assert_eq!(data.instance_type.as_deref(), Some("t3.micro"));
    let disk = data.block_device_mappings.unwrap().remove(0);
    let ebs = disk.ebs.unwrap();
    assert_eq!((ebs.volume_size, ebs.encrypted), (Some(20), Some(true)));
}

#[test]
fn a_version_takes_what_it_lacks_from_its_source() {
    let world = world();
    let id = create(&world, "web");
    let change =
        ec2::RequestLaunchTemplateData { instance_type: Some("m5.large".to_owned()), ..Default::default() };
    assert_eq!(add(&world, &id, change.clone(), Some("1")), 2);
    assert_eq!(add(&world, &id, change, None), 3);
    let all = versions(&world, &id, &["1", "2", "3"]);
    let numbers: Vec<_> = all.iter().map(|version| version.version_number.unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    let data: Vec<_> = all.into_iter().map(|version| version.launch_template_data.unwrap()).collect();
    assert_eq!(
        (data[1].image_id.as_deref(), data[1].instance_type.as_deref()),
        (Some("ami-1a2b3c4d"), Some("m5.large"))
    );
    assert_eq!(data[0].image_id, None);
}

#[test]
fn the_default_version_is_what_one_says() {
    let world = world();
    let id = create(&world, "web");
    add(&world, &id, data("m5.large"), None);
    let modify = |version: &str| ec2::ModifyLaunchTemplateRequest {
        launch_template_name: Some("web".to_owned()),
        default_version: Some(version.to_owned()),
        ..Default::default()
    };
    let shown = call::<ec2::ModifyLaunchTemplate>(&world, &modify("2")).unwrap().launch_template.unwrap();
    assert_eq!((shown.default_version_number, shown.latest_version_number), (Some(2), Some(2)));
    assert_eq!(
        code::<ec2::ModifyLaunchTemplate>(&world, &modify("7")),
        "InvalidLaunchTemplateId.VersionNotFound"
    );
    assert_eq!(code::<ec2::ModifyLaunchTemplate>(&world, &modify("seven")), "InvalidParameterValue");
    let both = ec2::ModifyLaunchTemplateRequest {
        launch_template_id: Some("lt-0123456789abcdef0".to_owned()),
        ..modify("2")
    };
    let refused = call::<ec2::ModifyLaunchTemplate>(&world, &both).err().unwrap();
    assert_eq!(refused.code(), "InvalidParameterCombination");
    assert_eq!(
        refused.message(),
        "Either provide launch template ID or launch template name to modify the template."
    );
    let resolved =
        world.look(scope(), |ctx| super::resolve(ctx, None, Some("web"), None).map(|version| version.number));
    assert_eq!(resolved.unwrap(), 2);
}

#[test]
fn versions_are_deleted_one_by_one() {
    let world = world();
    let id = create(&world, "web");
    add(&world, &id, data("m5.large"), None);
    add(&world, &id, data("m5.xlarge"), None);
    let input = ec2::DeleteLaunchTemplateVersionsRequest {
        launch_template_id: Some(id.clone()),
        versions: ["1", "3", "9"].map(str::to_owned).to_vec(),
        ..Default::default()
    };
    let output = call::<ec2::DeleteLaunchTemplateVersions>(&world, &input).unwrap();
    assert_eq!(output.successfully_deleted_launch_template_versions.unwrap().len(), 1);
    let codes: Vec<_> = output
        .unsuccessfully_deleted_launch_template_versions
        .unwrap()
        .into_iter()
        .map(|item| (item.version_number.unwrap(), item.response_error.unwrap().code.unwrap()))
        .collect();
    assert_eq!(
        codes,
        [(1, "unexpectedError".to_owned()), (9, "launchTemplateVersionDoesNotExist".to_owned())]
    );
    assert_eq!(versions(&world, &id, &["$Latest"])[0].version_number, Some(2));
    // A number is never used again.
    assert_eq!(add(&world, &id, data("m5.large"), None), 4);
}

#[test]
fn a_client_token_makes_one_template() {
    let world = world();
    let with_token = |kind: &str| ec2::CreateLaunchTemplateRequest {
        client_token: Some("t".to_owned()),
        launch_template_data: data(kind),
        ..request("web")
    };
    let first = call::<ec2::CreateLaunchTemplate>(&world, &with_token("t3.micro")).unwrap();
    let second = call::<ec2::CreateLaunchTemplate>(&world, &with_token("t3.micro")).unwrap();
    assert!(first == second);
    assert_eq!(
        code::<ec2::CreateLaunchTemplate>(&world, &with_token("t3.nano")),
        "IdempotentParameterMismatch"
    );
    assert_eq!(
        code::<ec2::CreateLaunchTemplate>(&world, &request("web")),
        "InvalidLaunchTemplateName.AlreadyExistsException"
    );
}

#[test]
fn wrong_data_is_refused() {
    let world = world();
    let refused = |data: ec2::RequestLaunchTemplateData| {
        code::<ec2::CreateLaunchTemplate>(
            &world,
            &ec2::CreateLaunchTemplateRequest { launch_template_data: data, ..request("web") },
        )
    };
    assert_eq!(refused(ec2::RequestLaunchTemplateData::default()), "MissingParameter");
    let user_data =
        ec2::RequestLaunchTemplateData { user_data: Some("not base64!".to_owned()), ..data("t3.micro") };
    assert_eq!(refused(user_data), "InvalidUserData.Malformed");
    assert_eq!(refused(data("m9.huge")), "InvalidParameterValue");
    let both = ec2::RequestLaunchTemplateData {
        instance_requirements: Some(ec2::InstanceRequirementsRequest::default()),
        ..data("t3.micro")
    };
    assert_eq!(refused(both), "InvalidParameterCombination");
    assert_eq!(
        code::<ec2::CreateLaunchTemplate>(&world, &request("a b")),
        "InvalidLaunchTemplateName.MalformedException"
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    let world = world();
    let by_name = ec2::DescribeLaunchTemplatesRequest {
        launch_template_names: Some(vec!["nope".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        code::<ec2::DescribeLaunchTemplates>(&world, &by_name),
        "InvalidLaunchTemplateName.NotFoundException"
    );
    let delete = ec2::DeleteLaunchTemplateRequest {
        launch_template_id: Some("lt-0123456789abcdef0".to_owned()),
        ..Default::default()
    };
    assert_eq!(code::<ec2::DeleteLaunchTemplate>(&world, &delete), "InvalidLaunchTemplateId.NotFound");
    assert_eq!(code::<ec2::DescribeLaunchTemplateVersions>(&world, &Default::default()), "MissingParameter");
}

#[test]
fn latest_versions_of_all_templates() {
    let world = world();
    for name in ["one", "two", "three"] {
        create(&world, name);
    }
    let input = ec2::DescribeLaunchTemplateVersionsRequest {
        versions: Some(vec!["$Latest".to_owned(), "$Default".to_owned()]),
        max_results: Some(2),
        ..Default::default()
    };
    let first = call::<ec2::DescribeLaunchTemplateVersions>(&world, &input).unwrap();
    assert_eq!(first.launch_template_versions.unwrap().len(), 2);
    let rest = ec2::DescribeLaunchTemplateVersionsRequest { next_token: first.next_token, ..input };
    let rest = call::<ec2::DescribeLaunchTemplateVersions>(&world, &rest).unwrap();
    assert_eq!((rest.launch_template_versions.unwrap().len(), rest.next_token), (1, None));
}

#[test]
fn a_deleted_name_is_free_again() {
    let world = world();
    let id = create(&world, "web");
    let delete =
        ec2::DeleteLaunchTemplateRequest { launch_template_id: Some(id.clone()), ..Default::default() };
    call::<ec2::DeleteLaunchTemplate>(&world, &delete).unwrap();
    assert_ne!(create(&world, "web"), id);
}
