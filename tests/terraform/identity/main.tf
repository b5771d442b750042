# Users, groups, roles and what they are allowed.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "description" {
  default = "reads what the team stores"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::team", "arn:aws:s3:::team/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["a"]
    }
  }
}

data "aws_iam_policy" "by_name" {
  name = "ReadOnlyAccess"
}

data "aws_iam_policy" "by_arn" {
  arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"
}

resource "aws_iam_policy" "read" {
  name        = "read"
  path        = "/teams/"
  description = "reads"
  policy      = data.aws_iam_policy_document.read.json
  tags = {
    team = "a"
  }
}

resource "aws_iam_role" "web" {
  name                 = "web"
  path                 = "/teams/"
  description          = var.description
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
  permissions_boundary = data.aws_iam_policy.by_name.arn
  tags = {
    team = "a"
  }
}

resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.web.id
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.web.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachment" "aws" {
  role       = aws_iam_role.web.name
  policy_arn = data.aws_iam_policy.by_arn.arn
}

resource "aws_iam_instance_profile" "web" {
  name = "web"
  role = aws_iam_role.web.name
}

resource "aws_iam_user" "ann" {
  name = "ann"
  path = "/people/"

  # It looks for everything that a user can have.
  force_destroy = true
  tags = {
    team = "a"
  }
}

resource "aws_iam_user_policy" "inline" {
  name   = "inline"
  user   = aws_iam_user.ann.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_user_policy_attachment" "read" {
  user       = aws_iam_user.ann.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_access_key" "ann" {
  user = aws_iam_user.ann.name
}

resource "aws_iam_group" "readers" {
  name = "readers"
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.readers.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_group_policy" "inline" {
  name   = "inline"
  group  = aws_iam_group.readers.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_group_membership" "readers" {
  name  = "readers"
  users = [aws_iam_user.ann.name]
  group = aws_iam_group.readers.name
}

resource "aws_iam_account_alias" "this" {
  account_alias = "the-team"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_symbols                = true
  allow_users_to_change_password = true
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "team"
}

output "key" {
  value = aws_iam_access_key.ann.id
}

output "secret" {
  value     = aws_iam_access_key.ann.secret
  sensitive = true
}
