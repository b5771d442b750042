# Groups and a fleet that say which machines would do, rather than which one: attributes in the launch template, in the group,
# in a fleet, and per architecture.

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
  for_each    = toset(["x86_64", "arm64"])
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2*"]
  }
  filter {
    name   = "architecture"
    values = [each.key]
  }
}

resource "aws_launch_template" "required" {
  name_prefix = "required-"
  image_id    = data.aws_ami.linux["x86_64"].id

  instance_requirements {
    memory_mib {
      min = 8192
    }
    vcpu_count {
      min = 4
    }
    instance_generations = ["current"]
  }
}

resource "aws_launch_template" "plain" {
  for_each    = data.aws_ami.linux
  name_prefix = "${each.key}-"
  image_id    = each.value.id
}

resource "aws_autoscaling_group" "on_demand" {
  name               = "on-demand"
  availability_zones = local.zones
  max_size           = 1
  min_size           = 1

  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.required.id
      }
    }
  }
}

resource "aws_autoscaling_group" "spot" {
  name               = "spot"
  availability_zones = local.zones
  desired_capacity   = 1
  max_size           = 1
  min_size           = 1
  capacity_rebalance = true

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.plain["x86_64"].id
      }

      override {
        instance_requirements {
          memory_mib {
            min = 4096
            max = 32768
          }
          vcpu_count {
            min = 2
          }
          memory_gib_per_vcpu {
            min = 4
            max = 4
          }
          accelerator_count {
            max = 0
          }
        }
      }
    }
  }
}

resource "aws_ec2_fleet" "spot" {
  target_capacity_specification {
    default_target_capacity_type = "spot"
    total_target_capacity        = 5
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
      launch_template_id = aws_launch_template.plain["x86_64"].id
      version            = aws_launch_template.plain["x86_64"].latest_version
    }

    override {
      instance_requirements {
        memory_mib {
          min = 65536
          max = 73728
        }
        vcpu_count {
          min = 32
          max = 36
        }
        cpu_manufacturers   = ["intel"]
        local_storage       = "required"
        local_storage_types = ["ssd"]

        total_local_storage_gb {
          min = 100
        }
      }
    }
  }
}

resource "aws_autoscaling_group" "mixed" {
  name               = "mixed"
  availability_zones = local.zones
  desired_capacity   = 4
  max_size           = 10
  min_size           = 2
  capacity_rebalance = true

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = 2
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.plain["arm64"].id
      }

      override {
        launch_template_specification {
          launch_template_id = aws_launch_template.plain["arm64"].id
        }
        instance_requirements {
          memory_mib {
            min = 16384
            max = 16384
          }
          vcpu_count {
            max = 4
          }
        }
      }

      override {
        launch_template_specification {
          launch_template_id = aws_launch_template.plain["x86_64"].id
        }
        instance_requirements {
          memory_mib {
            min = 16384
          }
          vcpu_count {
            min = 4
          }
        }
      }
    }
  }
}

output "fleet" {
  value = aws_ec2_fleet.spot.id
}
