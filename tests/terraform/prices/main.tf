# What a machine costs, as a configuration looks it up.

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

data "aws_pricing_product" "machine" {
  service_code = "AmazonEC2"

  dynamic "filters" {
    for_each = {
      instanceType    = "c5.xlarge"
      operatingSystem = "Linux"
      location        = "EU (Frankfurt)"
      preInstalledSw  = "NA"
      licenseModel    = "No License required"
      tenancy         = "Shared"
      capacitystatus  = "Used"
    }
    content {
      field = filters.key
      value = filters.value
    }
  }
}

output "hourly" {
  value = values(values(jsondecode(data.aws_pricing_product.machine.result).terms.OnDemand)[0].priceDimensions)[0].pricePerUnit.USD
}
