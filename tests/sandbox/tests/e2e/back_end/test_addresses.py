from world import Check, balancer_of, elbv2, unique


def zones_of(arn):
    return {zone["SubnetId"]: zone for zone in balancer_of(arn)["AvailabilityZones"]}


class Addresses(Check):
    def mappings(self, **more):
        """One mapping a subnet; each setting has one value a subnet."""
        each = (dict(zip(more, values)) for values in zip(*more.values()))
        return [{"SubnetId": subnet} | settings for subnet, settings in zip(self.subnets, each)]

    def test_elastic_ips_are_held_by_one_load_balancer_until_it_goes(self):
        addresses = [self.elastic_ip() for _ in self.subnets]
        ids = [address["AllocationId"] for address in addresses]
        arn = self.balancer(SubnetMappings=self.mappings(AllocationId=ids))
        for subnet, address in zip(self.subnets, addresses):
            expected = {"AllocationId": address["AllocationId"], "IpAddress": address["PublicIp"]}
            self.assertEqual(zones_of(arn)[subnet]["LoadBalancerAddresses"], [expected])
        with self.refused("ResourceInUse", "not available for use"):
            self.balancer(SubnetMappings=self.mappings(AllocationId=ids))
        elbv2.delete_load_balancer(LoadBalancerArn=arn)
        self.balancer(SubnetMappings=self.mappings(AllocationId=ids))

    def test_elastic_ips_that_do_not_fit_are_refused(self):
        ids = [self.elastic_ip()["AllocationId"] for _ in self.subnets]
        mappings = self.mappings(AllocationId=ids)
        with self.refused("InvalidConfigurationRequest", "scheme 'internal'"):
            self.balancer(Scheme="internal", SubnetMappings=mappings)
        with self.refused("InvalidConfigurationRequest"):
            self.balancer("application", SubnetMappings=mappings)
        with self.refused("AllocationIdNotFound"):
            self.balancer(SubnetMappings=self.mappings(AllocationId=["eipalloc-0123456789abcdef0"] * 3))
        with self.refused("ValidationError", "not both"):
            self.balancer(SubnetMappings=mappings, Subnets=self.subnets)

    def test_private_addresses_are_of_internal_nlbs_and_of_the_subnet(self):
        addresses = ["10.0.0.10", "10.0.1.10", "10.0.2.10"]
        mappings = self.mappings(PrivateIPv4Address=addresses)
        arn = self.balancer(Scheme="internal", SubnetMappings=mappings)
        self.assertEqual(
            [zones_of(arn)[subnet]["LoadBalancerAddresses"] for subnet in self.subnets],
            [[{"PrivateIPv4Address": address}] for address in addresses],
        )
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(SubnetMappings=mappings)
        with self.refused("ResourceInUse"):
            self.balancer(Scheme="internal", SubnetMappings=mappings)
        with self.refused("InvalidConfigurationRequest", "range of the subnet"):
            self.balancer(Scheme="internal", SubnetMappings=self.mappings(PrivateIPv4Address=addresses[::-1]))

    def test_ipv6_addresses_need_dualstack_and_subnets_with_ipv6(self):
        addresses = [self.ipv6_address(index, 17) for index in range(3)]
        mappings = self.mappings(IPv6Address=addresses)
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(SubnetMappings=mappings)
        arn = self.balancer(SubnetMappings=mappings, IpAddressType="dualstack")
        self.assertEqual(balancer_of(arn)["IpAddressType"], "dualstack")
        self.assertEqual(zones_of(arn)[self.subnets[1]]["LoadBalancerAddresses"], [{"IPv6Address": addresses[1]}])
        with self.refused("ValidationError", "associated IPv6 CIDR block"):
            self.balancer(Subnets=[self.ipv4_subnet], IpAddressType="dualstack")

    def test_the_address_type_changes_by_either_call(self):
        arn = self.balancer()
        answer = elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack")
        self.assertEqual((answer["IpAddressType"], balancer_of(arn)["IpAddressType"]), ("dualstack", "dualstack"))
        answer = elbv2.set_subnets(LoadBalancerArn=arn, Subnets=self.subnets, IpAddressType="ipv4")
        self.assertEqual((answer["IpAddressType"], balancer_of(arn)["IpAddressType"]), ("ipv4", "ipv4"))
        with self.refused("ValidationError"):
            elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack-without-public-ipv4")
        public = self.balancer("application", IpAddressType="dualstack-without-public-ipv4")
        self.assertEqual(balancer_of(public)["IpAddressType"], "dualstack-without-public-ipv4")
        with self.refused("InvalidConfigurationRequest"):
            self.balancer("application", Scheme="internal", IpAddressType="dualstack-without-public-ipv4")

    def test_the_address_of_an_enabled_zone_stays(self):
        first, second = self.elastic_ip()["AllocationId"], self.elastic_ip()["AllocationId"]
        one, two = self.subnets[:2]
        arn = self.balancer(SubnetMappings=[{"SubnetId": one, "AllocationId": first}])
        mappings = [{"SubnetId": one, "AllocationId": second}]
        with self.refused("InvalidConfigurationRequest"):
            elbv2.set_subnets(LoadBalancerArn=arn, SubnetMappings=mappings)
        mappings = [{"SubnetId": one, "AllocationId": first}, {"SubnetId": two, "AllocationId": second}]
        elbv2.set_subnets(LoadBalancerArn=arn, SubnetMappings=mappings)
        held = {subnet: zone["LoadBalancerAddresses"][0]["AllocationId"] for subnet, zone in zones_of(arn).items()}
        self.assertEqual(held, {one: first, two: second})
        with self.refused("InvalidConfigurationRequest", "already associated with the load balancer"):
            elbv2.set_subnets(LoadBalancerArn=arn, Subnets=[self.other_subnet, two])

    def test_prefixes_for_source_nat_are_given_chosen_and_taken_back(self):
        own = f"{self.ipv6_range(0).removesuffix('::/64')}:7::/80"
        mappings = self.mappings(SourceNatIpv6Prefix=[own, "auto_assigned", "auto_assigned"])
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(SubnetMappings=mappings, IpAddressType="dualstack")
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(EnablePrefixForIpv6SourceNat="on")
        arn = self.balancer(SubnetMappings=mappings, IpAddressType="dualstack", EnablePrefixForIpv6SourceNat="on")
        self.assertEqual(balancer_of(arn)["EnablePrefixForIpv6SourceNat"], "on")
        zones = zones_of(arn)
        self.assertEqual(zones[self.subnets[0]]["SourceNatIpv6Prefixes"], [own])
        self.assertRegex(zones[self.subnets[1]]["SourceNatIpv6Prefixes"][0], "::/80$|/80$")
        elbv2.set_subnets(LoadBalancerArn=arn, Subnets=self.subnets, EnablePrefixForIpv6SourceNat="off")
        self.assertEqual(balancer_of(arn)["EnablePrefixForIpv6SourceNat"], "off")
        self.assertEqual(zones_of(arn)[self.subnets[0]].get("SourceNatIpv6Prefixes", []), [])

    def test_datagrams_over_ipv6_need_a_prefix(self):
        arn, group = self.balancer(IpAddressType="dualstack"), self.targets("UDP")
        with self.refused("InvalidConfigurationRequest"):
            self.listener(arn, "UDP", 53, group)
        elbv2.set_subnets(LoadBalancerArn=arn, Subnets=self.subnets, EnablePrefixForIpv6SourceNat="on")
        self.listener(arn, "UDP", 53, group)
        with self.refused("InvalidConfigurationRequest"):
            elbv2.set_subnets(LoadBalancerArn=arn, Subnets=self.subnets, EnablePrefixForIpv6SourceNat="off")

    def test_the_same_request_with_addresses_answers_the_same_load_balancer(self):
        settings = {
            "Name": unique(),
            "SubnetMappings": [{"SubnetId": self.subnets[0], "AllocationId": self.elastic_ip()["AllocationId"]}],
        }
        self.assertEqual(self.balancer(**settings), self.balancer(**settings))
