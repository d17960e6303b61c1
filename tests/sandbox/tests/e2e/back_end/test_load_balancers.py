from world import Check, balancer_of, ec2, elbv2, unique


class LoadBalancers(Check):
    def test_the_same_request_answers_the_same_load_balancer_and_another_is_refused(self):
        name = unique()
        arn = self.balancer(Name=name)
        self.assertEqual(self.balancer(Name=name), arn)
        with self.refused("DuplicateLoadBalancerName"):
            self.balancer(Name=name, Scheme="internal")
        with self.refused("DuplicateLoadBalancerName"):
            self.balancer(Name=name, Subnets=self.subnets[:1])

    def test_names_that_aws_refuses_are_refused(self):
        for name in ("-web", "web-", "internal-web", "w" * 33, "a_b"):
            with self.subTest(name), self.refused("ValidationError"):
                self.balancer(Name=name)

    def test_an_alb_needs_two_zones_and_gets_the_default_group(self):
        with self.refused("ValidationError", "two different Availability Zones"):
            self.balancer("application", Subnets=self.subnets[:1])
        described = balancer_of(self.balancer("application", Scheme="internal", Subnets=self.subnets[:2]))
        self.assertEqual((described["Type"], described["State"]["Code"]), ("application", "active"))
        self.assertRegex(described["DNSName"], r"^internal-check-.*\.eu-west-1\.elb\.amazonaws\.com$")
        groups = ec2.describe_security_groups(GroupIds=described["SecurityGroups"])["SecurityGroups"]
        self.assertEqual([(group["GroupName"], group["VpcId"]) for group in groups], [("default", self.vpc)])

    def test_an_nlb_with_groups_keeps_some_and_one_without_gets_none(self):
        first, second = self.group(), self.group()
        without = self.balancer()
        self.assertEqual(balancer_of(without).get("SecurityGroups", []), [])
        with self.refused("InvalidConfigurationRequest"):
            elbv2.set_security_groups(LoadBalancerArn=without, SecurityGroups=[first])
        arn = self.balancer(SecurityGroups=[first])
        elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[second])
        self.assertEqual(balancer_of(arn)["SecurityGroups"], [second])
        with self.refused("InvalidConfigurationRequest"):
            elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[])
        with self.refused("InvalidSecurityGroup"):
            elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=["sg-0123456789abcdef0"])
        with self.refused("InvalidSecurityGroup"):
            self.balancer(SecurityGroups=["sg-0123456789abcdef0"])

    def test_private_link_traffic_obeys_the_groups_until_told_otherwise(self):
        group = self.group()
        arn = self.balancer(SecurityGroups=[group])
        key = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
        self.assertEqual(balancer_of(arn)[key], "on")
        self.assertNotIn(key, balancer_of(self.balancer()))
        answer = elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group], **{key: "off"})
        self.assertEqual((answer[key], answer["SecurityGroupIds"]), ("off", [group]))
        self.assertEqual(balancer_of(arn)[key], "off")
        elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])
        self.assertEqual(balancer_of(arn)[key], "off")

    def test_a_protected_load_balancer_stays(self):
        arn = self.balancer()
        protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
        with self.refused("OperationNotPermitted"):
            elbv2.delete_load_balancer(LoadBalancerArn=arn)
        protection[0]["Value"] = "false"
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)

    def test_capacity_is_reserved_changed_and_given_back(self):
        arn = self.balancer()
        self.assertNotIn("MinimumLoadBalancerCapacity", elbv2.describe_capacity_reservation(LoadBalancerArn=arn))
        for units in (1500, 3000, 1500):
            elbv2.modify_capacity_reservation(LoadBalancerArn=arn, MinimumLoadBalancerCapacity={"CapacityUnits": units})
            found = elbv2.describe_capacity_reservation(LoadBalancerArn=arn)
            self.assertEqual(found["MinimumLoadBalancerCapacity"], {"CapacityUnits": units})
            states = {zone["State"]["Code"] for zone in found["CapacityReservationState"]}
            self.assertEqual((states, len(found["CapacityReservationState"])), ({"provisioned"}, 3))
        elbv2.modify_capacity_reservation(LoadBalancerArn=arn, ResetCapacityReservation=True)
        found = elbv2.describe_capacity_reservation(LoadBalancerArn=arn)
        self.assertEqual(found.get("MinimumLoadBalancerCapacity"), None)
        self.assertEqual(found["DecreaseRequestsRemaining"], 0)
        with self.refused("LoadBalancerNotFound"):
            elbv2.describe_capacity_reservation(LoadBalancerArn=arn + "0")
