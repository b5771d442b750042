"""Systems Manager's public parameters through the wire, as boto3 and the AWS CLI see them."""

import json

import pytest
from botocore.exceptions import ClientError

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
UBUNTU = "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"


def code(call, **named):
    with pytest.raises(ClientError) as caught:
        call(**named)
    return caught.value.response["Error"]["Code"]


def test_a_public_parameter_names_an_image_of_its_region(shared):
    found = shared.client("ssm", region="eu-west-1").get_parameter(Name=AMAZON_LINUX)["Parameter"]
    assert found["ARN"] == f"arn:aws:ssm:eu-west-1::parameter{AMAZON_LINUX}"
    assert (found["Type"], found["DataType"], found["Version"]) == ("String", "text", 1)
    ec2 = shared.client("ec2", region="eu-west-1")
    (image,) = ec2.describe_images(ImageIds=[found["Value"]])["Images"]
    assert image["Name"].startswith("al2023-ami-2023.") and image["Architecture"] == "x86_64"
    assert found["LastModifiedDate"].strftime("%Y-%m-%d") == image["CreationDate"][:10]


def test_several_at_once(shared):
    answer = shared.client("ssm").get_parameters(Names=[UBUNTU, "/mine", AMAZON_LINUX], WithDecryption=True)
    assert [parameter["Name"] for parameter in answer["Parameters"]] == [AMAZON_LINUX, UBUNTU]
    assert answer["Parameters"][1]["DataType"] == "aws:ec2:image"
    assert answer["InvalidParameters"] == ["/mine"]


def test_paths_are_paged(shared):
    pages = shared.client("ssm").get_paginator("get_parameters_by_path")
    found = list(pages.paginate(Path="/aws/service/ami-amazon-linux-latest", PaginationConfig={"PageSize": 4}))
    names = [parameter["Name"] for page in found for parameter in page["Parameters"]]
    assert len(found) > 1 and AMAZON_LINUX in names and len(names) == len(set(names))
    assert shared.client("ssm").get_parameters_by_path(Path="/mine", Recursive=True)["Parameters"] == []


def test_what_is_not_there_or_not_taken_is_refused(shared):
    ssm = shared.client("ssm")
    assert code(ssm.get_parameter, Name="/mine") == "ParameterNotFound"
    assert code(ssm.get_parameter, Name=f"{AMAZON_LINUX}:9") == "ParameterVersionNotFound"
    filters = [{"Key": "Type", "Values": ["String"]}]
    assert code(ssm.get_parameters_by_path, Path="/aws/service", ParameterFilters=filters) == "UnsupportedOperation"
    assert code(ssm.get_parameters_by_path, Path="/aws/service", MaxResults=11) == "ValidationException"


def test_the_command_line_launches_what_it_names(shared):
    answer = json.loads(shared.aws("ssm", "get-parameter", "--name", AMAZON_LINUX, "--output", "json").stdout)
    image = answer["Parameter"]["Value"]
    launched = shared.client("ec2").run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance = launched["Instances"][0]
    assert instance["ImageId"] == image
    shared.client("ec2").terminate_instances(InstanceIds=[instance["InstanceId"]])
