# Placement groups of every strategy, with instances and an Auto Scaling group in them.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.16.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "team" {
  default = "blue"
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2*"]
  }
  filter {
    name   = "architecture"
    values = ["x86_64"]
  }
}

resource "aws_placement_group" "near" {
  name     = "near"
  strategy = "cluster"

  tags = {
    team = var.team
  }
}

resource "aws_placement_group" "parts" {
  name            = "parts"
  strategy        = "partition"
  partition_count = 3
}

resource "aws_placement_group" "apart" {
  name     = "apart"
  strategy = "spread"
}

resource "aws_instance" "near" {
  count           = 2
  ami             = data.aws_ami.linux.id
  instance_type   = "m5.large"
  placement_group = aws_placement_group.near.id
}

resource "aws_instance" "part" {
  ami                        = data.aws_ami.linux.id
  instance_type              = "m5.large"
  placement_group            = aws_placement_group.parts.id
  placement_partition_number = 3
}

resource "aws_launch_template" "part" {
  name          = "part"
  image_id      = data.aws_ami.linux.id
  instance_type = "m5.large"

  placement {
    group_name       = aws_placement_group.parts.name
    partition_number = 2
  }
}

resource "aws_autoscaling_group" "part" {
  name               = "part"
  availability_zones = ["us-east-1a"]
  max_size           = 1
  min_size           = 1

  launch_template {
    id = aws_launch_template.part.id
  }
}

resource "aws_autoscaling_group" "apart" {
  name               = "apart"
  availability_zones = ["us-east-1a", "us-east-1b"]
  max_size           = 2
  min_size           = 2
  placement_group    = aws_placement_group.apart.id

  launch_template {
    id = aws_launch_template.plain.id
  }
}

resource "aws_launch_template" "plain" {
  name          = "plain"
  image_id      = data.aws_ami.linux.id
  instance_type = "t3.large"
}
