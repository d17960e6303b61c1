from world import Check, attributes, ec2, elbv2, pairs, target_group_of, unique

CHECK = ("HealthCheckProtocol", "HealthCheckPath", "HealthCheckTimeoutSeconds", "Matcher")


class TargetGroups(Check):
    def test_health_checks_have_the_defaults_of_their_protocol(self):
        cases = [
            ("TCP", {}, ("TCP", None, 10, None)),
            ("UDP", {}, ("TCP", None, 10, None)),
            ("TLS", {}, ("TCP", None, 10, None)),
            ("TCP", {"HealthCheckProtocol": "HTTP"}, ("HTTP", "/", 6, {"HttpCode": "200-399"})),
            ("TCP", {"HealthCheckProtocol": "HTTPS"}, ("HTTPS", "/", 10, {"HttpCode": "200-399"})),
            ("HTTP", {}, ("HTTP", "/", 5, {"HttpCode": "200"})),
            ("HTTPS", {}, ("HTTP", "/", 5, {"HttpCode": "200"})),
            ("HTTP", {"ProtocolVersion": "GRPC"}, ("HTTP", "/AWS.ALB/healthcheck", 5, {"GrpcCode": "12"})),
        ]
        for protocol, settings, expected in cases:
            with self.subTest(protocol, **settings):
                found = target_group_of(self.targets(protocol, **settings))
                self.assertEqual(tuple(found.get(key) for key in CHECK), expected)
                self.assertEqual((found["HealthyThresholdCount"], found["UnhealthyThresholdCount"]), (5, 2))
                self.assertEqual((found["HealthCheckPort"], found["HealthCheckIntervalSeconds"]), ("traffic-port", 30))
                self.assertEqual((found["IpAddressType"], found["TargetType"]), ("ipv4", "instance"))

    def test_versions_and_address_types_are_kept(self):
        for version in ("HTTP1", "HTTP2", "GRPC"):
            found = target_group_of(self.targets("HTTP", ProtocolVersion=version, IpAddressType="ipv6"))
            self.assertEqual((found["ProtocolVersion"], found["IpAddressType"]), (version, "ipv6"))
        self.assertEqual(target_group_of(self.targets("HTTPS"))["ProtocolVersion"], "HTTP1")
        self.assertNotIn("ProtocolVersion", target_group_of(self.targets("TCP")))
        with self.refused("InvalidConfigurationRequest"):
            self.targets("TCP", ProtocolVersion="HTTP2")

    def test_a_health_check_changes(self):
        arn = self.targets("TCP")
        change = {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/ready", "HealthyThresholdCount": 3}
        change["Matcher"] = {"HttpCode": "204"}
        elbv2.modify_target_group(TargetGroupArn=arn, **change)
        found = target_group_of(arn)
        self.assertEqual({key: found[key] for key in change}, change)
        elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckProtocol="TCP")
        self.assertNotIn("Matcher", target_group_of(arn))
        grpc = self.targets("HTTP", ProtocolVersion="GRPC")
        elbv2.modify_target_group(TargetGroupArn=grpc, Matcher={"GrpcCode": "0-5"})
        self.assertEqual(target_group_of(grpc)["Matcher"], {"GrpcCode": "0-5"})

    def test_health_checks_that_aws_refuses_are_refused(self):
        cases = [
            ("HTTP", {"HealthCheckProtocol": "TCP"}),
            ("TCP", {"HealthCheckProtocol": "UDP"}),
            ("TCP", {"HealthCheckIntervalSeconds": 4}),
            ("TCP", {"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 11}),
            ("TCP", {"HealthyThresholdCount": 11}),
            ("TCP", {"HealthCheckProtocol": "HTTP", "Matcher": {"HttpCode": "600"}}),
            ("HTTP", {"Matcher": {"HttpCode": "500"}}),
            ("HTTP", {"Matcher": {"GrpcCode": "1"}}),
            ("HTTP", {"HealthCheckPath": "ready"}),
        ]
        for protocol, settings in cases:
            with self.subTest(protocol, **settings), self.refused("ValidationError"):
                self.targets(protocol, **settings)

    def test_the_same_request_answers_the_same_target_group_and_another_is_refused(self):
        settings = {"Name": unique(), "Port": 80, "VpcId": self.vpc}
        first, second = (elbv2.create_target_group(Protocol="TCP", **settings)["TargetGroups"][0] for _ in range(2))
        self.addCleanup(elbv2.delete_target_group, TargetGroupArn=first["TargetGroupArn"])
        self.assertEqual(first["TargetGroupArn"], second["TargetGroupArn"])
        with self.refused("DuplicateTargetGroupName"):
            elbv2.create_target_group(Protocol="UDP", **settings)

    def test_attributes_are_those_of_the_protocol(self):
        tcp, udp, http = (self.of(self.targets(protocol)) for protocol in ("TCP", "UDP", "HTTP"))
        self.assertEqual(len(tcp), 13)
        self.assertEqual((tcp["stickiness.type"], tcp["preserve_client_ip.enabled"]), ("source_ip", "true"))
        differing = {key for key in tcp if tcp[key] != udp[key]}
        terminated = "deregistration_delay.connection_termination.enabled"
        unhealthy = "target_health_state.unhealthy.connection_termination.enabled"
        self.assertEqual(differing, {terminated, unhealthy})
        self.assertEqual((http["stickiness.type"], http["load_balancing.algorithm.type"]), ("lb_cookie", "round_robin"))
        self.assertNotIn("proxy_protocol_v2.enabled", http)

    def test_attributes_change_within_their_ranges(self):
        tcp, udp, tls, http = (self.targets(protocol) for protocol in ("TCP", "UDP", "TLS", "HTTP"))
        self.change(tcp, deregistration_delay__timeout_seconds="3600", proxy_protocol_v2__enabled="true")
        found = self.of(tcp)
        self.assertEqual((found["deregistration_delay.timeout_seconds"], found["proxy_protocol_v2.enabled"]), ("3600", "true"))
        self.change(http, stickiness__enabled="true", stickiness__lb_cookie__duration_seconds="60")
        for arn, code, change in [
            (tcp, "ValidationError", {"nonsense": "1"}),
            (tcp, "ValidationError", {"deregistration_delay__timeout_seconds": "3601"}),
            (tcp, "InvalidConfigurationRequest", {"slow_start__duration_seconds": "30"}),
            (tcp, "InvalidConfigurationRequest", {"target_health_state__unhealthy__draining_interval_seconds": "5"}),
            (udp, "ValidationError", {"preserve_client_ip__enabled": "false"}),
            (tls, "InvalidConfigurationRequest", {"stickiness__enabled": "true"}),
            (http, "InvalidConfigurationRequest", {"proxy_protocol_v2__enabled": "true"}),
            (http, "InvalidConfigurationRequest", {"stickiness__type": "app_cookie"}),
        ]:
            with self.subTest(change), self.refused(code):
                self.change(arn, **change)

    @staticmethod
    def of(arn):
        return attributes(elbv2.describe_target_group_attributes(TargetGroupArn=arn))

    @staticmethod
    def change(arn, **values):
        elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=pairs(**values))


class Targets(Check):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nodes = ec2.create_security_group(GroupName=unique(), Description="nodes", VpcId=cls.vpc)["GroupId"]
        cls.addClassCleanup(ec2.delete_security_group, GroupId=cls.nodes)
        settings = {"SubnetId": cls.subnets[0], "SecurityGroupIds": [cls.nodes]}
        started = ec2.run_instances(ImageId="ami-00000000000000000", MinCount=1, MaxCount=1, **settings)
        cls.instance = started["Instances"][0]["InstanceId"]
        cls.addClassCleanup(ec2.terminate_instances, InstanceIds=[cls.instance])

    def admit(self, first, last, **source):
        rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **source}
        ec2.authorize_security_group_ingress(GroupId=self.nodes, IpPermissions=[rule])
        self.addCleanup(ec2.revoke_security_group_ingress, GroupId=self.nodes, IpPermissions=[rule])

    def test_a_health_check_needs_a_rule_that_admits_it_and_a_port_that_a_node_listens_on(self):
        group = self.group()
        arn = self.targets(HealthCheckPort="30090")
        self.listener(self.balancer(SecurityGroups=[group]), "TCP", 80, arn)
        elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": self.instance, "Port": 30080}])
        self.admit(30080, 30080, UserIdGroupPairs=[{"GroupId": group}])
        self.assertEqual(self.health(arn), {30080: "Target.Timeout"})
        self.admit(30090, 30090, UserIdGroupPairs=[{"GroupId": group}])
        self.assertEqual(self.health(arn), {30080: "healthy"})
        elbv2.modify_target_group(TargetGroupArn=arn, HealthCheckPort="8080")
        self.assertEqual(self.health(arn), {30080: "Target.Timeout"})
        self.admit(8080, 8080, IpRanges=[{"CidrIp": "10.0.0.0/8"}])
        self.assertEqual(self.health(arn), {30080: "Target.FailedHealthChecks"})

    def test_an_instance_is_a_target_with_several_ports_and_is_healthy_once_it_is_used(self):
        self.admit(30080, 30081, IpRanges=[{"CidrIp": "0.0.0.0/0"}])
        arn = self.targets()
        targets = [{"Id": self.instance, "Port": port} for port in (30080, 30081)]
        elbv2.register_targets(TargetGroupArn=arn, Targets=targets)
        self.assertEqual(self.health(arn), {30080: "Target.NotInUse", 30081: "Target.NotInUse"})
        self.listener(self.balancer(), "TCP", 80, arn)
        self.assertEqual(self.health(arn), {30080: "healthy", 30081: "healthy"})
        elbv2.deregister_targets(TargetGroupArn=arn, Targets=targets[:1])
        elbv2.deregister_targets(TargetGroupArn=arn, Targets=targets[:1])
        self.assertEqual(self.health(arn), {30081: "healthy"})

    def test_an_instance_that_does_not_exist_fails_the_whole_registration(self):
        arn = self.targets()
        with self.refused("InvalidTarget"):
            elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": self.instance}, {"Id": "i-0123456789abcdef0"}])
        self.assertEqual(self.health(arn), {})

    @staticmethod
    def health(arn):
        found = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {one["Target"]["Port"]: one["TargetHealth"].get("Reason") or one["TargetHealth"]["State"] for one in found}
