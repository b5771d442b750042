"""IAM Identity Center, as boto3 and the AWS CLI see it."""

from conftest import error, eventually, fresh_account


def test_an_account_has_one_instance(shared):
    account = fresh_account()
    sso = shared.client("sso-admin", account)
    arn = sso.create_instance(Name="mine", ClientToken="t1", Tags=[{"Key": "a", "Value": "b"}])["InstanceArn"]
    assert sso.create_instance(Name="mine", ClientToken="t1")["InstanceArn"] == arn
    eventually(lambda: sso.describe_instance(InstanceArn=arn)["Status"], "ACTIVE")
    assert error(sso.create_instance)[::2] == ("ConflictException", 400)
    elsewhere = shared.client("sso-admin", account, region="eu-west-1")
    assert error(elsewhere.create_instance)[0] == "ConflictException"
    assert elsewhere.list_instances()["Instances"] == []
    [listed] = sso.list_instances()["Instances"]
    assert (listed["InstanceArn"], listed["OwnerAccountId"], listed["Name"]) == (arn, account, "mine")
    assert listed["IdentityStoreId"].startswith("d-") and len(listed["IdentityStoreId"]) == 12
    code, message, _ = error(elsewhere.describe_instance, InstanceArn=arn)
    assert code == "AccessDeniedException"
    assert message == f"User: arn:aws:iam::{account}:root is not authorized to perform: sso:DescribeInstance on resource: {arn}"
    sso.update_instance(InstanceArn=arn, Name="ours")
    assert sso.describe_instance(InstanceArn=arn)["Name"] == "ours"
    sso.tag_resource(InstanceArn=arn, ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    sso.untag_resource(InstanceArn=arn, ResourceArn=arn, TagKeys=["a"])
    assert sso.list_tags_for_resource(InstanceArn=arn, ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    [region] = sso.list_regions(InstanceArn=arn)["Regions"]
    assert (region["RegionName"], region["Status"], region["IsPrimaryRegion"]) == ("us-east-1", "ACTIVE", True)
    sso.delete_instance(InstanceArn=arn)
    eventually(lambda: sso.list_instances()["Instances"], [])
    assert elsewhere.create_instance()["InstanceArn"] != arn
