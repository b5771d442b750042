# An organization with a tree of units, accounts, policies of three types, and an administrator.

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

resource "aws_organizations_organization" "this" {
  feature_set = "ALL"

  aws_service_access_principals = ["guardduty.amazonaws.com", "sso.amazonaws.com"]
  enabled_policy_types          = ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "workloads"
  parent_id = aws_organizations_organization.this.roots[0].id

  tags = {
    team = "a"
  }
}

resource "aws_organizations_organizational_unit" "production" {
  name      = "production"
  parent_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_account" "shop" {
  name      = "shop"
  email     = "shop@example.org"
  parent_id = aws_organizations_organizational_unit.production.id
  role_name = "Admin"

  tags = {
    stage = "production"
  }

  # The provider cannot read it back.
  lifecycle {
    ignore_changes = [role_name]
  }
}

resource "aws_organizations_account" "security" {
  name  = "security"
  email = "security@example.org"

  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_delegated_administrator" "guard" {
  account_id        = aws_organizations_account.security.id
  service_principal = "guardduty.amazonaws.com"
}

resource "aws_organizations_policy" "regions" {
  name        = "regions"
  description = "only two Regions"

  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      NotAction = ["iam:*", "organizations:*", "sts:*"]
      Resource  = "*"
      Condition = { StringNotEquals = { "aws:RequestedRegion" = ["eu-west-1", "us-east-1"] } }
    }]
  })

  tags = {
    team = "a"
  }

  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy" "perimeter" {
  name = "perimeter"
  type = "RESOURCE_CONTROL_POLICY"

  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:*", "sts:AssumeRole"]
      Resource  = "*"
      Condition = { StringNotEqualsIfExists = { "aws:PrincipalOrgID" = aws_organizations_organization.this.id } }
    }]
  })
}

resource "aws_organizations_policy" "stages" {
  name = "stages"
  type = "TAG_POLICY"

  content = jsonencode({
    tags = {
      stage = {
        tag_key   = { "@@assign" = "stage" }
        tag_value = { "@@assign" = ["production", "test"] }
      }
    }
  })

  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy_attachment" "root" {
  for_each = {
    perimeter = aws_organizations_policy.perimeter.id
    stages    = aws_organizations_policy.stages.id
  }

  policy_id = each.value
  target_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_policy_attachment" "production" {
  policy_id = aws_organizations_policy.regions.id
  target_id = aws_organizations_organizational_unit.production.id
}

data "aws_organizations_policies_for_target" "production" {
  target_id  = aws_organizations_organizational_unit.production.id
  filter     = "SERVICE_CONTROL_POLICY"
  depends_on = [aws_organizations_policy_attachment.production]
}

data "aws_organizations_policy" "regions" {
  policy_id = aws_organizations_policy.regions.id
}

data "aws_organizations_organization" "this" {
  depends_on = [aws_organizations_account.shop, aws_organizations_account.security]
}

data "aws_organizations_organizational_units" "top" {
  parent_id  = aws_organizations_organization.this.roots[0].id
  depends_on = [aws_organizations_organizational_unit.workloads]
}

data "aws_organizations_organizational_unit_descendant_accounts" "workloads" {
  parent_id  = aws_organizations_organizational_unit.workloads.id
  depends_on = [aws_organizations_account.shop]
}

data "aws_organizations_delegated_administrators" "guard" {
  service_principal = "guardduty.amazonaws.com"
  depends_on        = [aws_organizations_delegated_administrator.guard]
}

output "found" {
  value = {
    accounts       = sort(data.aws_organizations_organization.this.accounts[*].name)
    units          = data.aws_organizations_organizational_units.top.children[*].name
    below          = data.aws_organizations_organizational_unit_descendant_accounts.workloads.accounts[*].name
    administrators = data.aws_organizations_delegated_administrators.guard.delegated_administrators[*].name
    policies       = length(data.aws_organizations_policies_for_target.production.ids)
    policy         = data.aws_organizations_policy.regions.name
  }
}
