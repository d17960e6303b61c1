# What the role may do. Written with jsonencode, not as aws_iam_policy_document, so that tests with a mocked provider
# read the real policy. The keys that each action can be limited by are listed in the AWS Service Authorization Reference.

locals {
  ec2 = "arn:${data.aws_partition.current.partition}:ec2:${data.aws_region.current.id}:*"
  elb = "arn:${data.aws_partition.current.partition}:elasticloadbalancing:${data.aws_region.current.id}:*"

  security_groups            = "${local.ec2}:security-group/*"
  application_load_balancers = "${local.elb}:loadbalancer/app/*"
  load_balancers             = ["${local.elb}:loadbalancer/net/*", local.application_load_balancers]
  target_groups              = "${local.elb}:targetgroup/*"

  # For calls that their condition already limits to what elbow has made, or is making.
  load_balancer_resources = "${local.elb}:*"

  tag_of_cluster = "elbow.dev/cluster"
  tag_of_nodes   = "kubernetes.io/cluster/${var.cluster_name}"

  in_region = { StringEquals = { "aws:RequestedRegion" = data.aws_region.current.id } }

  # The resource exists and is this cluster's.
  owned = { StringEquals = { "aws:ResourceTag/${local.tag_of_cluster}" = var.cluster_name } }

  # The resource is being made and will be this cluster's.
  created = { StringEquals = { "aws:RequestTag/${local.tag_of_cluster}" = var.cluster_name } }

  # Owned, and not being given to another cluster.
  retagged = merge(local.owned, {
    StringEqualsIfExists = { "aws:RequestTag/${local.tag_of_cluster}" = var.cluster_name }
  })

  # Owned, and keeping the tags that say so. A call that names no tag at all would take every one of them away.
  untagged = merge(local.owned, {
    "ForAllValues:StringNotEquals" = { "aws:TagKeys" = [local.tag_of_cluster, local.tag_of_nodes] }
    Null                           = { "aws:TagKeys" = "false" }
  })

  read_statements = [
    {
      # To compare AWS with the Services. Describe calls know no resource and no tag: the region is all that limits them.
      Sid = "Read"
      Action = [
        "ec2:DescribeInstances",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "elasticloadbalancing:DescribeAccountLimits",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
      ]
      Resource  = "*"
      Condition = local.in_region
    },
    {
      # Never called by elbow: Elastic Load Balancing asks for them in the caller's name when it creates load balancers
      # and target groups, puts security groups on them and registers targets ("Elastic Load Balancing API permissions" in
      # its user guide).
      Sid = "ReadByElasticLoadBalancing"
      Action = [
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInternetGateways",
        "ec2:GetSecurityGroupsForVpc",
      ]
      Resource  = "*"
      Condition = local.in_region
    },
  ]

  create_statements = [
    {
      # The first load balancer of an account makes the role that Elastic Load Balancing itself works under.
      Sid       = "CreateServiceLinkedRole"
      Action    = ["iam:CreateServiceLinkedRole"]
      Resource  = "*"
      Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }
    },
    {
      # A load balancer or target group is born with the cluster's tag, or not at all.
      Sid       = "CreateLoadBalancing"
      Action    = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
      Resource  = concat(local.load_balancers, [local.target_groups])
      Condition = local.created
    },
    {
      # A listener is made on a load balancer of this cluster, and tagged too.
      Sid       = "CreateListener"
      Action    = ["elasticloadbalancing:CreateListener"]
      Resource  = local.load_balancers
      Condition = { StringEquals = merge(local.owned.StringEquals, local.created.StringEquals) }
    },
    {
      # The tags inside the three create calls above; AWS checks them as a call of their own.
      Sid      = "TagLoadBalancingOnCreate"
      Action   = ["elasticloadbalancing:AddTags"]
      Resource = local.load_balancer_resources
      Condition = {
        StringEquals = merge(local.created.StringEquals, {
          "elasticloadbalancing:CreateAction" = ["CreateLoadBalancer", "CreateTargetGroup", "CreateListener"]
        })
      }
    },
    {
      # Frontend groups (one a Service) and the backend group (one a cluster).
      Sid       = "CreateSecurityGroup"
      Action    = ["ec2:CreateSecurityGroup"]
      Resource  = local.security_groups
      Condition = local.created
    },
    {
      # The other half of the same call: the VPC that the group is made in. It takes no request tag.
      Sid       = "CreateSecurityGroupInVpc"
      Action    = ["ec2:CreateSecurityGroup"]
      Resource  = "${local.ec2}:vpc/${var.vpc_id}"
      Condition = local.in_region
    },
    {
      # The tags inside CreateSecurityGroup.
      Sid       = "TagSecurityGroupOnCreate"
      Action    = ["ec2:CreateTags"]
      Resource  = local.security_groups
      Condition = { StringEquals = merge(local.created.StringEquals, { "ec2:CreateAction" = "CreateSecurityGroup" }) }
    },
  ]

  change_statements = [
    {
      # What follows a change of a Service or of the nodes, on this cluster's own resources.
      Sid = "ChangeLoadBalancing"
      Action = [
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyCapacityReservation",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ]
      Resource  = local.load_balancer_resources
      Condition = local.owned
    },
    {
      # WAF's half of putting a web ACL on a load balancer, taking it off and reading which one it is; WAF reads the web
      # ACL itself in the caller's name. It knows no tag of the load balancer: ProtectLoadBalancer does.
      Sid = "UseWebAcl"
      Action = [
        "wafv2:AssociateWebACL",
        "wafv2:DisassociateWebACL",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
      ]
      Resource  = "*"
      Condition = local.in_region
    },
    {
      # The load balancer's half, which WAF asks for in the caller's name. The older SetWebAcl, which can be limited to
      # nothing, is not needed beside these ("Permissions for AssociateWebACL" in the developer guide of AWS WAF).
      Sid = "ProtectLoadBalancer"
      Action = [
        "elasticloadbalancing:CreateWebACLAssociation",
        "elasticloadbalancing:DeleteWebACLAssociation",
        "elasticloadbalancing:GetLoadBalancerWebACL",
      ]
      Resource  = local.application_load_balancers
      Condition = local.owned
    },
    {
      # The user's tags follow the Service; the tag of the cluster stays what it is.
      Sid       = "TagLoadBalancing"
      Action    = ["elasticloadbalancing:AddTags"]
      Resource  = local.load_balancer_resources
      Condition = local.retagged
    },
    {
      # A tag that the user took off the Service goes; the tags of the cluster do not.
      Sid       = "UntagLoadBalancing"
      Action    = ["elasticloadbalancing:RemoveTags"]
      Resource  = local.load_balancer_resources
      Condition = local.untagged
    },
    {
      # Rules follow the ports and source ranges of the Services.
      Sid = "ChangeSecurityGroup"
      Action = [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
      ]
      Resource  = local.security_groups
      Condition = local.owned
    },
    {
      # The nodes admit the backend group: the only thing of others that is ever changed.
      Sid       = "AdmitLoadBalancersToNodes"
      Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
      Resource  = local.security_groups
      Condition = { StringEquals = { "aws:ResourceTag/${local.tag_of_nodes}" = ["owned", "shared"] } }
    },
    {
      # As TagLoadBalancing.
      Sid       = "TagSecurityGroup"
      Action    = ["ec2:CreateTags"]
      Resource  = local.security_groups
      Condition = local.retagged
    },
    {
      # As UntagLoadBalancing.
      Sid       = "UntagSecurityGroup"
      Action    = ["ec2:DeleteTags"]
      Resource  = local.security_groups
      Condition = local.untagged
    },
  ]

  # In two halves: a managed policy holds 6144 characters, and long names of clusters need more.
  statements = {
    create = concat(local.read_statements, local.create_statements)
    change = local.change_statements
  }
  policies = {
    for name, statements in local.statements : name => jsonencode({
      Version   = "2012-10-17"
      Statement = [for statement in statements : merge({ Effect = "Allow" }, statement)]
    })
  }
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = flatten([for name in ["create", "change"] : jsondecode(local.policies[name]).Statement])
  })
}
