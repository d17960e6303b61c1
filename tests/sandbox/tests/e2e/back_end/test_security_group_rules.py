from world import Check, ec2, unique


class SecurityGroupRules(Check):
    def prefix_list(self):
        entries = [{"Cidr": "10.9.0.0/16"}]
        made = ec2.create_managed_prefix_list(PrefixListName=unique(), MaxEntries=5, AddressFamily="IPv4", Entries=entries)
        self.addCleanup(ec2.delete_managed_prefix_list, PrefixListId=made["PrefixList"]["PrefixListId"])
        return made["PrefixList"]["PrefixListId"]

    def test_every_source_comes_back_with_its_description_and_goes_without_it(self):
        for protocol, ports in (("tcp", (80, 80)), ("icmp", (3, 4)), ("icmpv6", (2, 0)), ("-1", None)):
            group, source = self.group(), self.group()
            sources = [
                ("IpRanges", "CidrIp", "10.0.0.0/8"),
                ("Ipv6Ranges", "CidrIpv6", "::/0"),
                ("PrefixListIds", "PrefixListId", self.prefix_list()),
                ("PrefixListIds", "PrefixListId", self.prefix_list()),
                ("UserIdGroupPairs", "GroupId", source),
            ]
            span = {"FromPort": ports[0], "ToPort": ports[1]} if ports else {}
            for field, key, value in sources:
                rule = {"IpProtocol": protocol, **span, field: [{key: value, "Description": f"from {value}"}]}
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
                rule[field][0]["Description"] = "again"
                with self.refused("InvalidPermission.Duplicate"):
                    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
            [found] = self.rules(group)
            self.assertEqual({key: found[key] for key in ("IpProtocol", *span)}, {"IpProtocol": protocol, **span})
            held = {source[key]: source["Description"] for field, key, _ in sources for source in found[field]}
            self.assertEqual(held, {value: f"from {value}" for _, _, value in sources})
            for field, key, value in sources:
                rule = {"IpProtocol": protocol, **span, field: [{key: value}]}
                ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
            self.assertEqual(self.rules(group), [])

    def test_a_prefix_list_that_does_not_exist_is_refused(self):
        rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}]}
        with self.refused("InvalidPrefixListID.NotFound"):
            ec2.authorize_security_group_ingress(GroupId=self.group(), IpPermissions=[rule])

    @staticmethod
    def rules(group):
        return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]


class Networks(Check):
    def test_vpcs_and_subnets_tell_their_ranges(self):
        vpc = ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]
        self.assertEqual([block["CidrBlock"] for block in vpc["CidrBlockAssociationSet"]], ["10.0.0.0/16"])
        self.assertEqual([block["Ipv6CidrBlockState"]["State"] for block in vpc["Ipv6CidrBlockAssociationSet"]], ["associated"])
        subnet = ec2.describe_subnets(SubnetIds=self.subnets[:1])["Subnets"][0]
        self.assertEqual([block["Ipv6CidrBlock"] for block in subnet["Ipv6CidrBlockAssociationSet"]], [self.ipv6_range(0)])
