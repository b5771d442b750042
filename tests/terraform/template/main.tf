# Groups that take their types from a launch template, which names one.

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

locals {
  zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
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

resource "aws_launch_template" "app" {
  name          = "app"
  image_id      = data.aws_ami.linux.id
  instance_type = "m5.large"
}

resource "aws_autoscaling_group" "latest" {
  name               = "latest"
  availability_zones = local.zones
  max_size           = 2
  min_size           = 1
  capacity_rebalance = true

  mixed_instances_policy {
    instances_distribution {
      on_demand_allocation_strategy            = "lowest-price"
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "price-capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.app.id
        version            = "$Latest"
      }
    }
  }
}

resource "aws_autoscaling_group" "pinned" {
  name               = "pinned"
  availability_zones = local.zones
  max_size           = 1
  min_size           = 1

  launch_template {
    id      = aws_launch_template.app.id
    version = aws_launch_template.app.latest_version
  }
}
