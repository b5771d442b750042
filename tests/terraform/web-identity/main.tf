# A pipeline that has a token of its own instead of keys.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "role" {}

variable "token" {
  sensitive = true
}

provider "aws" {
  region = "eu-west-1"
  assume_role_with_web_identity {
    role_arn           = var.role
    session_name       = "pipeline"
    web_identity_token = var.token
  }
}

data "aws_caller_identity" "here" {}

resource "aws_iam_user" "made" {
  name = "made-by-a-pipeline"
}

output "caller" {
  value = data.aws_caller_identity.here.arn
}
