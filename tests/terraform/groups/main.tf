# Groups of each kind, with members.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "auto_release" {
  default = "false"
}

resource "aws_resourcegroups_group" "reds" {
  name        = "reds"
  description = "what is red"

  resource_query {
    query = jsonencode({
      ResourceTypeFilters = ["AWS::EC2::CapacityReservation"]
      TagFilters          = [{ Key = "stage", Values = ["red"] }]
    })
  }

  tags = {
    team = "a"
  }
}

resource "aws_resourcegroups_group" "pool" {
  name = "pool"

  configuration {
    type = "AWS::EC2::CapacityReservationPool"
  }

  configuration {
    type = "AWS::ResourceGroups::Generic"

    parameters {
      name   = "allowed-resource-types"
      values = ["AWS::EC2::CapacityReservation"]
    }
  }
}

resource "aws_ec2_capacity_reservation" "spare" {
  instance_type           = "m5.large"
  instance_platform       = "Linux/UNIX"
  availability_zone       = "us-east-1a"
  instance_count          = 2
  instance_match_criteria = "targeted"

  tags = {
    stage = "red"
  }
}

resource "aws_resourcegroups_resource" "spare" {
  group_arn    = aws_resourcegroups_group.pool.arn
  resource_arn = aws_ec2_capacity_reservation.spare.arn
}

resource "aws_resourcegroups_group" "hosts" {
  name = "hosts"

  configuration {
    type = "AWS::EC2::HostManagement"

    parameters {
      name   = "any-host-based-license-configuration"
      values = ["true"]
    }

    parameters {
      name   = "allowed-host-families"
      values = ["c5"]
    }

    parameters {
      name   = "auto-release-host"
      values = [var.auto_release]
    }
  }

  configuration {
    type = "AWS::ResourceGroups::Generic"

    parameters {
      name   = "allowed-resource-types"
      values = ["AWS::EC2::Host"]
    }

    parameters {
      name   = "deletion-protection"
      values = ["UNLESS_EMPTY"]
    }
  }
}

resource "aws_ec2_host" "one" {
  availability_zone = "us-east-1a"
  instance_family   = "c5"
}

resource "aws_resourcegroups_resource" "one" {
  group_arn    = aws_resourcegroups_group.hosts.arn
  resource_arn = aws_ec2_host.one.arn
}
