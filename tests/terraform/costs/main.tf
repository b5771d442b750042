# Costs told apart by the tag of a team.

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

resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 8
  tags = {
    team = "red"
  }
}

resource "aws_ce_cost_allocation_tag" "team" {
  tag_key    = "team"
  status     = "Active"
  depends_on = [aws_ebs_volume.data]
}

variable "period" {
  type = object({ start = string, end = string })
}

data "aws_ce_tags" "teams" {
  tag_key = "team"
  time_period {
    start = var.period.start
    end   = var.period.end
  }
  depends_on = [aws_ce_cost_allocation_tag.team]
}

output "type" {
  value = aws_ce_cost_allocation_tag.team.type
}

output "teams" {
  value = data.aws_ce_tags.teams.tags
}
