# A workforce: two people in a group, and what they may do in an account.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "session" {
  default = "PT4H"
}

data "aws_caller_identity" "this" {}

data "aws_ssoadmin_instances" "this" {}

locals {
  instance = tolist(data.aws_ssoadmin_instances.this.arns)[0]
  store    = tolist(data.aws_ssoadmin_instances.this.identity_store_ids)[0]
  people   = { ann = "Ann", bob = "Bob" }
}

resource "aws_identitystore_user" "person" {
  for_each          = local.people
  identity_store_id = local.store
  user_name         = each.key
  display_name      = "${each.value} Doe"
  title             = "Engineer"

  name {
    given_name  = each.value
    family_name = "Doe"
  }

  emails {
    value   = "${each.key}@example.com"
    type    = "work"
    primary = true
  }
}

resource "aws_identitystore_group" "engineers" {
  identity_store_id = local.store
  display_name      = "engineers"
  description       = "Who builds"
}

resource "aws_identitystore_group_membership" "engineer" {
  for_each          = aws_identitystore_user.person
  identity_store_id = local.store
  group_id          = aws_identitystore_group.engineers.group_id
  member_id         = each.value.user_id
}

resource "aws_ssoadmin_permission_set" "builder" {
  name             = "Builder"
  description      = "Builds, and looks at everything"
  instance_arn     = local.instance
  session_duration = var.session
  relay_state      = "https://eu-west-1.console.aws.amazon.com/ec2"
  tags             = { team = "platform" }
}

resource "aws_ssoadmin_managed_policy_attachment" "read" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.builder.arn
  managed_policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "build" {
  statement {
    actions   = ["ec2:RunInstances"]
    resources = ["*"]
  }
}

resource "aws_ssoadmin_permission_set_inline_policy" "build" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.builder.arn
  inline_policy      = data.aws_iam_policy_document.build.json
}

# Every account that the permission set is provisioned to must have it.
resource "aws_iam_policy" "deploy" {
  name   = "deploy"
  path   = "/teams/"
  policy = data.aws_iam_policy_document.build.json
}

resource "aws_ssoadmin_customer_managed_policy_attachment" "deploy" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.builder.arn

  customer_managed_policy_reference {
    name = aws_iam_policy.deploy.name
    path = aws_iam_policy.deploy.path
  }
}

resource "aws_ssoadmin_permissions_boundary_attachment" "limit" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.builder.arn

  permissions_boundary {
    managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
  }
}

resource "aws_ssoadmin_instance_access_control_attributes" "department" {
  instance_arn = local.instance

  attribute {
    key = "department"
    value {
      source = ["$${path:enterprise.department}"]
    }
  }
}

resource "aws_ssoadmin_account_assignment" "engineers" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.builder.arn
  principal_id       = aws_identitystore_group.engineers.group_id
  principal_type     = "GROUP"
  target_id          = data.aws_caller_identity.this.account_id
  target_type        = "AWS_ACCOUNT"
}

data "aws_identitystore_user" "ann" {
  identity_store_id = local.store

  alternate_identifier {
    unique_attribute {
      attribute_path  = "UserName"
      attribute_value = aws_identitystore_user.person["ann"].user_name
    }
  }
}

output "ann" {
  value = data.aws_identitystore_user.ann.user_id
}
