# Groups and fleets that name their types, as they were before anybody described what they need.

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
  instance_type = "c5.xlarge"
}

resource "aws_autoscaling_group" "list" {
  name               = "list"
  availability_zones = local.zones
  max_size           = 2
  min_size           = 1
  capacity_rebalance = true

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "lowest-price"
      spot_instance_pools                      = 2
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.app.id
        version            = "$Latest"
      }

      override {
        instance_type = "m5.large"
      }
      override {
        instance_type = "m5a.large"
      }
    }
  }
}

resource "aws_autoscaling_group" "plain" {
  name               = "plain"
  availability_zones = local.zones
  max_size           = 1
  min_size           = 1

  launch_template {
    id = aws_launch_template.app.id
  }
}

resource "aws_ec2_fleet" "list" {
  target_capacity_specification {
    default_target_capacity_type = "spot"
    total_target_capacity        = 2
  }

  spot_options {
    allocation_strategy = "capacity-optimized"
    maintenance_strategies {
      capacity_rebalance {
        replacement_strategy = "launch"
      }
    }
  }

  launch_template_config {
    launch_template_specification {
      launch_template_id = aws_launch_template.app.id
      version            = aws_launch_template.app.latest_version
    }

    dynamic "override" {
      for_each = setproduct(["r5.large", "r5a.large"], local.zones)
      content {
        instance_type     = override.value[0]
        availability_zone = override.value[1]
      }
    }
  }
}

resource "aws_spot_fleet_request" "list" {
  iam_fleet_role                = "arn:aws:iam::123456789012:role/aws-ec2-spot-fleet-tagging-role"
  target_capacity               = 1
  allocation_strategy           = "capacityOptimized"
  terminate_instances_on_delete = true

  spot_maintenance_strategies {
    capacity_rebalance {
      replacement_strategy = "launch"
    }
  }

  launch_template_config {
    launch_template_specification {
      id      = aws_launch_template.app.id
      version = aws_launch_template.app.latest_version
    }

    overrides {
      instance_type = "c5.large"
    }
    overrides {
      instance_type = "c5a.large"
    }
  }
}

output "spot_fleet" {
  value = aws_spot_fleet_request.list.id
}

output "fleet" {
  value = aws_ec2_fleet.list.id
}
