# An organization with a tree of units, an account in it, and an administrator.

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
  }
}
