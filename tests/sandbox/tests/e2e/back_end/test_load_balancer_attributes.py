from world import Check, attributes, elbv2, pairs


class LoadBalancerAttributes(Check):
    def test_each_kind_has_its_own(self):
        network, internal, application = (
            self.of(arn) for arn in (self.balancer(), self.balancer(Scheme="internal"), self.balancer("application"))
        )
        self.assertEqual((len(network), len(application)), (9, 23))
        self.assertEqual(network["dns_record.client_routing_policy"], "any_availability_zone")
        for key, one, other in [
            ("load_balancing.cross_zone.enabled", network, application),
            ("ipv6.deny_all_igw_traffic", network, internal),
        ]:
            self.assertEqual((one[key], other[key]), ("false", "true"), key)
        self.assertEqual((application["idle_timeout.timeout_seconds"], application["routing.http2.enabled"]), ("60", "true"))

    def test_they_change_within_their_ranges(self):
        network, application = self.balancer(), self.balancer("application")
        logs = {"access_logs__s3__enabled": "true", "access_logs__s3__bucket": "logs", "access_logs__s3__prefix": "web"}
        self.change(network, **logs)
        self.assertEqual(self.of(network)["access_logs.s3.bucket"], "logs")
        self.change(application, idle_timeout__timeout_seconds="4000", routing__http__drop_invalid_header_fields__enabled="true")
        self.assertEqual(self.of(application)["idle_timeout.timeout_seconds"], "4000")
        for arn, code, change in [
            (network, "ValidationError", {"nonsense": "1"}),
            (network, "InvalidConfigurationRequest", {"idle_timeout__timeout_seconds": "60"}),
            (application, "InvalidConfigurationRequest", {"dns_record__client_routing_policy": "any_availability_zone"}),
            (application, "ValidationError", {"idle_timeout__timeout_seconds": "4001"}),
            (application, "ValidationError", {"load_balancing__cross_zone__enabled": "false"}),
            (application, "InvalidConfigurationRequest", {"access_logs__s3__enabled": "true"}),
        ]:
            with self.subTest(change), self.refused(code):
                self.change(arn, **change)

    def test_secondary_addresses_are_never_fewer(self):
        arn = self.balancer()
        self.change(arn, secondary_ips__auto_assigned__per_subnet="3")
        with self.refused("InvalidConfigurationRequest"):
            self.change(arn, secondary_ips__auto_assigned__per_subnet="2")

    @staticmethod
    def of(arn):
        return attributes(elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn))

    @staticmethod
    def change(arn, **values):
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=pairs(**values))
