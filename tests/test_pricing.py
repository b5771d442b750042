"""Prices as boto3, the AWS CLI and Terraform ask the price list for them."""

import json

import pytest
from conftest import error, fresh_account


@pytest.fixture
def pricing(shared):
    return shared.client("pricing")


def matching(**fields):
    return [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in fields.items()]


def products(client, service="AmazonEC2", **fields):
    pages = client.get_paginator("get_products").paginate(ServiceCode=service, Filters=matching(**fields))
    return [json.loads(entry) for page in pages for entry in page["PriceList"]]


def price(product):
    """Dollars of the only On-Demand rate, with its unit."""
    [term] = product["terms"]["OnDemand"].values()
    [rate] = term["priceDimensions"].values()
    return float(rate["pricePerUnit"]["USD"]), rate["unit"]


SHARED_LINUX = {"operatingSystem": "Linux", "tenancy": "Shared", "capacitystatus": "Used", "preInstalledSw": "NA"}


def test_a_product_has_the_shape_of_the_price_list(pricing):
    [found] = products(pricing, instanceType="m5.large", location="US East (N. Virginia)", **SHARED_LINUX)
    assert price(found) == (0.096, "Hrs") and found["serviceCode"] == "AmazonEC2"
    product = found["product"]
    attributes = product["attributes"]
    assert product["productFamily"] == "Compute Instance"
    assert attributes["usagetype"] == "BoxUsage:m5.large" and attributes["operation"] == "RunInstances"
    assert (attributes["vcpu"], attributes["memory"], attributes["storage"]) == ("2", "8 GiB", "EBS only")
    assert attributes["regionCode"] == "us-east-1" and attributes["marketoption"] == "OnDemand"
    sku = product["sku"]
    [(term, offer)] = found["terms"]["OnDemand"].items()
    assert term == f"{sku}.JRTCKXETXF" and list(offer["priceDimensions"]) == [f"{term}.6YS6EN2CT7"]
    [rate] = offer["priceDimensions"].values()
    assert rate["description"] == "$0.096 per On Demand Linux m5.large Instance Hour"
    assert (rate["beginRange"], rate["endRange"], rate["appliesTo"]) == ("0", "Inf", [])


def test_systems_standings_and_regions_are_told_apart(pricing):
    there = {"instanceType": "m5.large", "location": "EU (Ireland)", "tenancy": "Shared"}
    found = products(pricing, **there)
    assert len(found) == 12 and len({it["product"]["sku"] for it in found}) == 12
    [windows] = products(pricing, operatingSystem="Windows", capacitystatus="Used", **there)
    [linux] = products(pricing, operatingSystem="Linux", capacitystatus="Used", **there)
    assert price(windows)[0] == pytest.approx(price(linux)[0] + 0.092)
    assert windows["product"]["attributes"]["operation"] == "RunInstances:0002"
    [unused] = products(pricing, operatingSystem="Linux", capacitystatus="UnusedCapacityReservation", **there)
    assert unused["product"]["attributes"]["usagetype"] == "EU-UnusedBox:m5.large" and price(unused) == price(linux)
    # What is not known is not listed, and what there is not is not found.
    assert products(pricing, instanceType="m5.large", tenancy="Dedicated") == []
    assert products(pricing, instanceType="m99.large") == [] and products(pricing, colour="red") == []


def test_volumes_and_addresses_have_their_prices_in_other_regions(pricing):
    there = {"regionCode": "eu-central-1"}
    [volume] = products(pricing, volumeApiName="gp3", usagetype="EUC1-EBS:VolumeUsage.gp3", **there)
    assert price(volume) == (0.0952, "GB-Mo")
    addresses = products(pricing, "AmazonVPC", usagetype="EUC1-PublicIPv4:InUseAddress", **there)
    assert {price(address) for address in addresses} == {(0.005, "Hrs")}
    # Nobody's list of these is known there.
    assert products(pricing, usagetype="EUC1-NatGateway-Hours", **there) == []


def test_every_kind_of_filter(pricing):
    def found(*filters):
        filters = [{"Type": kind, "Field": field, "Value": value} for kind, field, value in filters]
        filters += matching(regionCode="us-east-1", **SHARED_LINUX)
        entries = pricing.get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
        return [json.loads(entry)["product"]["attributes"]["instanceType"] for entry in entries]

    assert found(("EQUALS", "instanceType", "m5.large")) == ["m5.large"]
    assert sorted(found(("ANY_OF", "instanceType", "m5.large,c5.large, nope"))) == ["c5.large", "m5.large"]
    assert set(found(("CONTAINS", "instanceType", "m5.8x"))) == {"m5.8xlarge"}
    some = found(("CONTAINS", "instanceType", "m5."), ("NONE_OF", "instanceType", "m5.large,m5.xlarge"))
    assert "m5.2xlarge" in some and not {"m5.large", "m5.xlarge"} & set(some)
    code, message, status = error(found, ("REGEX", "instanceType", "m5"))
    assert (code, status) == ("ValidationException", 400) and "TERM_MATCH" in message


def test_pages_follow_one_another(pricing):
    filters = matching(regionCode="us-east-1", **SHARED_LINUX)
    names, token = [], {}
    while True:
        page = pricing.get_products(ServiceCode="AmazonEC2", Filters=filters, MaxResults=100, **token)
        names += [json.loads(entry)["product"]["attributes"]["instanceType"] for entry in page["PriceList"]]
        if "NextToken" not in page:
            break
        assert len(page["PriceList"]) == 100
        token = {"NextToken": page["NextToken"]}
    assert len(names) == len(set(names)) > 700
    for forged in ("x", "00" * 9, "zz"):
        assert error(pricing.get_products, ServiceCode="AmazonEC2", NextToken=forged)[0] == "InvalidNextTokenException"


def test_services_say_what_they_can_be_asked_for(pricing):
    services = pricing.describe_services()["Services"]
    assert [service["ServiceCode"] for service in services] == ["AWSELB", "AmazonEC2", "AmazonVPC"]
    [ec2] = pricing.describe_services(ServiceCode="AmazonEC2")["Services"]
    assert {"instanceType", "location", "operatingSystem", "tenancy", "volumeApiName"} <= set(ec2["AttributeNames"])

    def values(name, service="AmazonEC2"):
        pages = pricing.get_paginator("get_attribute_values").paginate(ServiceCode=service, AttributeName=name)
        return [value["Value"] for page in pages for value in page["AttributeValues"]]

    assert values("operatingSystem") == ["Linux", "RHEL", "SUSE", "Windows"]
    assert {"US East (N. Virginia)", "EU (Ireland)", "Europe (Zurich)"} <= set(values("location"))
    assert len(values("instanceType")) > 100
    assert "gp3" in values("volumeApiName") and values("endpointType", "AmazonVPC") == ["PrivateLink"]
    refused = error(pricing.get_attribute_values, ServiceCode="AmazonEC2", AttributeName="colour")
    assert refused[0] == "InvalidParameterException"


def test_what_cannot_be_answered_is_refused(shared, pricing):
    assert error(pricing.get_products, ServiceCode="AmazonS3")[0] == "UnsupportedOperation"
    assert error(pricing.describe_services, FormatVersion="aws_v9")[0] == "InvalidParameterException"
    elsewhere = shared.client("pricing", region="eu-west-1")
    code, message, _ = error(elsewhere.describe_services)
    assert code == "UnsupportedOperation" and "us-east-1" in message


def test_the_list_times_quantities_is_the_bill(start):
    rig = start("--transitions", "instant")
    account = fresh_account()
    ec2, pricing = rig.client("ec2", key=account), rig.client("pricing", key=account)

    def image(name):
        return ec2.describe_images(Owners=["amazon"], Filters=[
            {"Name": "name", "Values": [name]}, {"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]["ImageId"]

    linux, windows = image("al2023-ami-2*"), image("Windows_Server-20*")
    run = {"MinCount": 1, "MaxCount": 1}
    ec2.run_instances(ImageId=linux, InstanceType="m5.large", **run)
    ec2.run_instances(ImageId=windows, InstanceType="c5.xlarge", **run)
    ec2.create_capacity_reservation(InstanceType="r5.large", InstancePlatform="Linux/UNIX", InstanceCount=2,
                                    AvailabilityZone="us-east-1a")
    ec2.allocate_hosts(InstanceFamily="c5", AvailabilityZone="us-east-1a", Quantity=1)
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3", Iops=4000, Throughput=225)
    ec2.allocate_address()
    endpoints = ec2.describe_subnets()["Subnets"][:2]
    ec2.create_vpc_endpoint(VpcEndpointType="Interface", VpcId=endpoints[0]["VpcId"],
                            ServiceName="com.amazonaws.us-east-1.sqs", SubnetIds=[it["SubnetId"] for it in endpoints])
    rig.client("elbv2", key=account).create_load_balancer(
        Name="web", Scheme="internal", Subnets=[it["SubnetId"] for it in endpoints])
    rig.advance(10 * 3600)
    lines = [line for line in rig.own("GET", "bill").json["lines"] if line["account"] == account]
    listed = {}
    for service in ("AWSELB", "AmazonEC2", "AmazonVPC"):
        for product in products(pricing, service, regionCode="us-east-1"):
            attributes = product["product"]["attributes"]
            listed.setdefault(attributes["usagetype"], {})[attributes["operation"]] = price(product)
    seen = set()
    for line in lines:
        usage = line["usage_type"]
        operation = "RunInstances:0002" if usage == "BoxUsage:c5.xlarge" else next(iter(listed[usage]))
        dollars, unit = listed[usage][operation]
        assert line["unit"] == unit, line
        assert float(line["cost"]) == pytest.approx(dollars * float(line["quantity"]), rel=1e-4, abs=1e-9), line
        seen.add(usage)
    assert {
        "BoxUsage:m5.large", "BoxUsage:c5.xlarge", "UnusedBox:r5.large", "Reservation:r5.large", "HostUsage:c5",
        "EBS:VolumeUsage.gp3", "EBS:VolumeP-IOPS.gp3", "EBS:VolumeP-Throughput.gp3", "PublicIPv4:InUseAddress",
        "PublicIPv4:IdleAddress", "VpcEndpoint-Hours",
    } <= seen


def test_the_cli_asks_for_prices(shared):
    answer = json.loads(shared.aws(
        "pricing", "get-products", "--region", "us-east-1", "--service-code", "AmazonEC2", "--filters",
        "Type=TERM_MATCH,Field=instanceType,Value=t3.micro", "Type=TERM_MATCH,Field=location,Value=US East (Ohio)",
        "Type=TERM_MATCH,Field=operatingSystem,Value=Linux", "Type=TERM_MATCH,Field=capacitystatus,Value=Used",
        "Type=TERM_MATCH,Field=tenancy,Value=Shared").stdout)
    [entry] = answer["PriceList"]
    assert price(json.loads(entry)) == (0.0104, "Hrs")
