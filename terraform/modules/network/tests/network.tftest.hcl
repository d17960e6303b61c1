mock_provider "aws" {}

variables {
  name         = "test"
  cluster_name = "blue"
  zones        = ["us-east-1a", "us-east-1b", "us-east-1c"]
}

run "subnets_carry_the_tags_that_load_balancers_are_placed_by" {
  command = plan

  assert {
    condition     = length(aws_subnet.public) == 3 && length(aws_subnet.private) == 3
    error_message = "one public and one private subnet a zone"
  }
  assert {
    condition     = alltrue([for zone, subnet in aws_subnet.public : subnet.availability_zone == zone && subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "public subnets are for internet-facing load balancers"
  }
  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "private subnets are for internal load balancers"
  }
  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.tags["kubernetes.io/cluster/blue"] == "shared"])
    error_message = "every subnet names the cluster that it serves"
  }
  assert {
    condition = (
      alltrue([for subnet in aws_subnet.private : !contains(keys(subnet.tags), "kubernetes.io/role/elb")]) &&
      alltrue([for subnet in aws_subnet.public : !contains(keys(subnet.tags), "kubernetes.io/role/internal-elb")])
    )
    error_message = "no subnet has both roles"
  }
}

run "subnet_ranges_lie_in_the_vpc_and_do_not_overlap" {
  command = plan

  variables {
    cidr = "10.20.0.0/16"
  }

  assert {
    condition     = [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.20.0.0/24", "10.20.1.0/24", "10.20.2.0/24"]
    error_message = "public subnets share the first sixteenth"
  }
  assert {
    condition     = [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.20.16.0/20", "10.20.32.0/20", "10.20.48.0/20"]
    error_message = "each private subnet has a sixteenth of its own"
  }
}

run "the_public_route_table_leads_to_the_internet_gateway" {
  command = apply

  assert {
    condition     = one(aws_route_table.public.route).gateway_id == aws_internet_gateway.this.id
    error_message = "public means: routed to the internet gateway"
  }
  assert {
    condition     = alltrue([for association in aws_route_table_association.private : association.route_table_id == aws_route_table.private.id])
    error_message = "private subnets have a route table of their own"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 0
    error_message = "no NAT gateway is paid for unless it is asked for"
  }
  assert {
    condition     = output.public_subnet_ids == [for zone in var.zones : aws_subnet.public[zone].id]
    error_message = "outputs keep the order of the zones"
  }
}

run "one_nat_gateway_serves_the_private_subnets_when_asked_for" {
  command = apply

  variables {
    nat_gateway = true
  }

  assert {
    condition     = one(aws_route_table.private.route).nat_gateway_id == one(aws_nat_gateway.this).id
    error_message = "the private default route leads to the NAT gateway"
  }
  assert {
    condition     = one(aws_nat_gateway.this).subnet_id == aws_subnet.public["us-east-1a"].id
    error_message = "the NAT gateway stands in a public subnet"
  }
}

run "a_range_too_small_to_cut_is_refused" {
  command = plan

  variables {
    cidr = "10.0.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "a_zone_given_twice_is_refused" {
  command = plan

  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }

  expect_failures = [var.zones]
}
