# One account shares a Capacity Reservation with another, which accepts.

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

provider "aws" {
  alias      = "consumer"
  region     = "us-east-1"
  access_key = "222222222222"
  secret_key = "ironbird"
}

data "aws_caller_identity" "consumer" {
  provider = aws.consumer
}

variable "name" {
  default = "capacity"
}

resource "aws_ec2_capacity_reservation" "shared" {
  instance_type           = "m5.large"
  instance_platform       = "Linux/UNIX"
  availability_zone       = "us-east-1a"
  instance_count          = 2
  instance_match_criteria = "open"
}

resource "aws_ram_resource_share" "capacity" {
  name                      = var.name
  allow_external_principals = true
  permission_arns           = ["arn:aws:ram::aws:permission/AWSRAMDefaultPermissionCapacityReservation"]

  tags = {
    stage = "red"
  }
}

resource "aws_ram_resource_association" "capacity" {
  resource_arn       = aws_ec2_capacity_reservation.shared.arn
  resource_share_arn = aws_ram_resource_share.capacity.arn
}

resource "aws_ram_principal_association" "consumer" {
  principal          = data.aws_caller_identity.consumer.account_id
  resource_share_arn = aws_ram_resource_share.capacity.arn
}

resource "aws_ram_resource_share_accepter" "consumer" {
  provider   = aws.consumer
  share_arn  = aws_ram_principal_association.consumer.resource_share_arn
  depends_on = [aws_ram_resource_association.capacity]
}

data "aws_ram_resource_share" "seen" {
  provider       = aws.consumer
  name           = aws_ram_resource_share_accepter.consumer.share_name
  resource_owner = "OTHER-ACCOUNTS"
}

output "owner" {
  value = data.aws_ram_resource_share.seen.owning_account_id
}

output "resources" {
  value = aws_ram_resource_share_accepter.consumer.resources
}
