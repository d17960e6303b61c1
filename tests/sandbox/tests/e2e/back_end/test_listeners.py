from world import Check, attributes, elbv2, forward, listener_of, pairs, weighted

REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


def certificates_of(arn):
    found = elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    return {certificate["CertificateArn"]: certificate["IsDefault"] for certificate in found}


class Listeners(Check):
    def test_a_port_is_taken_once(self):
        arn, one, two = self.balancer(), self.targets(), self.targets()
        listener = self.listener(arn, "TCP", 80, one)
        self.assertEqual(self.listener(arn, "TCP", 80, one), listener)
        with self.refused("DuplicateListener"):
            self.listener(arn, "TCP", 80, two)
        other = self.listener(arn, "TCP", 81, two)
        with self.refused("DuplicateListener"):
            elbv2.modify_listener(ListenerArn=other, Port=80)

    def test_protocols_are_those_of_the_kind(self):
        network, tcp = self.balancer(), self.targets("TCP")
        application, http = self.balancer("application"), self.targets("HTTP")
        for protocol in ("HTTP", "HTTPS"):
            with self.refused("ValidationError"):
                self.listener(network, protocol, 80, tcp)
        for protocol in ("TCP", "UDP", "TCP_UDP", "TLS"):
            with self.refused("ValidationError"):
                self.listener(application, protocol, 80, http)

    def test_a_listener_changes_among_the_protocols_of_its_kind(self):
        groups = {protocol: self.targets(protocol) for protocol in ("TCP", "UDP", "TCP_UDP", "TLS")}
        certificate = [{"CertificateArn": self.certificate()}]
        listener = self.listener(self.balancer(), "TCP", 80, groups["TCP"])
        for protocol in ("UDP", "TLS", "TCP_UDP", "TCP"):
            more = {"Certificates": certificate} if protocol == "TLS" else {}
            elbv2.modify_listener(ListenerArn=listener, Protocol=protocol, DefaultActions=forward(groups[protocol]), **more)
            found = listener_of(listener)
            self.assertEqual((found["Protocol"], found.get("Certificates")), (protocol, more.get("Certificates")))
            self.assertEqual("SslPolicy" in found, protocol == "TLS")

    def test_target_groups_fit_the_listener(self):
        network, application = self.balancer(), self.balancer("application")
        with self.refused("IncompatibleProtocols"):
            self.listener(network, "TCP", 80, self.targets("UDP"))
        with self.refused("IncompatibleProtocols"):
            self.listener(application, "HTTP", 80, self.targets("TCP"))
        with self.refused("InvalidConfigurationRequest", "GRPC"):
            self.listener(application, "HTTP", 80, self.targets("HTTP", ProtocolVersion="GRPC"))
        with self.refused("InvalidConfigurationRequest"):
            self.listener(network, "TCP", 80, self.targets(IpAddressType="ipv6"))
        with self.refused("TargetGroupNotFound"):
            self.listener(network, "TCP", 80, self.targets() + "0")
        self.listener(network, "TCP", 80, self.targets("TCP_UDP"))

    def test_a_target_group_serves_one_load_balancer(self):
        one, two, group = self.balancer(), self.balancer(), self.targets()
        listener = self.listener(one, "TCP", 80, group)
        self.listener(one, "TCP", 81, group)
        with self.refused("TargetGroupAssociationLimit"):
            self.listener(two, "TCP", 80, group)
        elbv2.delete_load_balancer(LoadBalancerArn=one)
        self.listener(two, "TCP", 80, group)
        with self.refused("ListenerNotFound"):
            listener_of(listener)

    def test_alpn_is_a_setting_of_tls(self):
        arn, group = self.balancer(), self.targets()
        certificate = [{"CertificateArn": self.certificate()}]
        listener = self.listener(arn, "TLS", 443, group, Certificates=certificate, AlpnPolicy=["HTTP2Preferred"])
        self.assertEqual(listener_of(listener)["AlpnPolicy"], ["HTTP2Preferred"])
        elbv2.modify_listener(ListenerArn=listener, AlpnPolicy=["None"])
        self.assertEqual(listener_of(listener)["AlpnPolicy"], ["None"])
        with self.refused("ALPNPolicyNotFound"):
            elbv2.modify_listener(ListenerArn=listener, AlpnPolicy=["HTTP3"])
        with self.refused("InvalidConfigurationRequest"):
            self.listener(arn, "TCP", 80, group, AlpnPolicy=["None"])
        elbv2.modify_listener(ListenerArn=listener, Protocol="TCP")
        self.assertEqual(listener_of(listener).get("AlpnPolicy", []), [])

    def test_several_target_groups_share_the_traffic_by_weight(self):
        for kind, protocol in (("network", "TCP"), ("application", "HTTP")):
            one, two = self.targets(protocol), self.targets(protocol)
            listener = self.listener(self.balancer(kind), protocol, 80, one)
            [action] = listener_of(listener)["DefaultActions"]
            self.assertEqual(action["TargetGroupArn"], one)
            self.assertEqual(action["ForwardConfig"]["TargetGroups"], [{"TargetGroupArn": one, "Weight": 1}])
            actions = weighted(**{one: 10, two: 90})
            sticky = {"Enabled": True, "DurationSeconds": 60}
            actions[0]["ForwardConfig"]["TargetGroupStickinessConfig"] = sticky
            elbv2.modify_listener(ListenerArn=listener, DefaultActions=actions)
            [action] = listener_of(listener)["DefaultActions"]
            self.assertNotIn("TargetGroupArn", action)
            weights = {group["TargetGroupArn"]: group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]}
            self.assertEqual((weights, action["ForwardConfig"]["TargetGroupStickinessConfig"]), ({one: 10, two: 90}, sticky))
            with self.refused("ResourceInUse"):
                elbv2.delete_target_group(TargetGroupArn=two)
            with self.refused("ValidationError"):
                elbv2.modify_listener(ListenerArn=listener, DefaultActions=weighted(**{one: 1000}))

    def test_a_redirect_is_for_albs_and_is_described_in_full(self):
        listener = self.listener(self.balancer("application"), "HTTP", 80, DefaultActions=[REDIRECT])
        expected = REDIRECT["RedirectConfig"] | {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
        self.assertEqual(listener_of(listener)["DefaultActions"][0]["RedirectConfig"], expected)
        with self.refused("InvalidLoadBalancerAction"):
            self.listener(self.balancer(), "TCP", 80, DefaultActions=[REDIRECT])

    def test_https_has_a_policy_a_default_certificate_and_more(self):
        arn, group = self.balancer("application"), self.targets("HTTP")
        default, second, third = self.certificate(), self.certificate(), self.certificate()
        with self.refused("ValidationError"):
            self.listener(arn, "HTTPS", 443, group)
        with self.refused("CertificateNotFound"):
            self.listener(arn, "HTTPS", 443, group, Certificates=[{"CertificateArn": default + "0"}])
        with self.refused("SSLPolicyNotFound"):
            self.listener(arn, "HTTPS", 443, group, Certificates=[{"CertificateArn": default}], SslPolicy="none")
        policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
        listener = self.listener(arn, "HTTPS", 443, group, Certificates=[{"CertificateArn": default}], SslPolicy=policy)
        for more in (second, third, second):
            elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": more}])
        self.assertEqual(certificates_of(listener), {default: True, second: False, third: False})
        found = listener_of(listener)
        self.assertEqual((found["SslPolicy"], found["Certificates"]), (policy, [{"CertificateArn": default}]))
        with self.refused("OperationNotPermitted"):
            elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": default}])
        elbv2.remove_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": third}])
        fresh = self.certificate()
        elbv2.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": fresh}])
        self.assertEqual(certificates_of(listener), {fresh: True, second: False})
        elbv2.modify_listener(ListenerArn=listener, Protocol="HTTP")
        self.assertEqual(certificates_of(listener), {})

    def test_attributes_are_those_of_the_protocol(self):
        network, group = self.balancer(), self.targets("TCP")
        tcp = self.listener(network, "TCP", 80, group)
        self.assertEqual(self.of(tcp), {"tcp.idle_timeout.seconds": "350"})
        elbv2.modify_listener_attributes(ListenerArn=tcp, Attributes=pairs(tcp__idle_timeout__seconds="6000"))
        self.assertEqual(self.of(tcp), {"tcp.idle_timeout.seconds": "6000"})
        for value in ("59", "6001", "long"):
            with self.refused("ValidationError"):
                elbv2.modify_listener_attributes(ListenerArn=tcp, Attributes=pairs(tcp__idle_timeout__seconds=value))
        udp = self.listener(network, "UDP", 81, self.targets("UDP"))
        self.assertEqual(self.of(udp), {})
        with self.refused("InvalidConfigurationRequest"):
            elbv2.modify_listener_attributes(ListenerArn=udp, Attributes=pairs(tcp__idle_timeout__seconds="60"))
        http = self.listener(self.balancer("application"), "HTTP", 80, DefaultActions=[REDIRECT])
        found = self.of(http)
        self.assertEqual((len(found), found["routing.http.response.server.enabled"]), (11, "true"))
        server = pairs(routing__http__response__server__enabled="false")
        elbv2.modify_listener_attributes(ListenerArn=http, Attributes=server)
        self.assertEqual(self.of(http)["routing.http.response.server.enabled"], "false")
        with self.refused("ValidationError"):
            elbv2.modify_listener_attributes(ListenerArn=http, Attributes=pairs(nonsense="1"))

    @staticmethod
    def of(listener):
        return attributes(elbv2.describe_listener_attributes(ListenerArn=listener))
