from world import Check, elbv2, unique, wafv2


class WebAcls(Check):
    def web_acl(self):
        name = unique()
        metrics = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name}
        settings = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": metrics}
        made = wafv2.create_web_acl(Name=name, **settings)["Summary"]
        known = {"Name": name, "Scope": "REGIONAL", "Id": made["Id"], "LockToken": made["LockToken"]}
        self.addCleanup(wafv2.delete_web_acl, **known)
        return made["ARN"]

    def protecting(self, arn):
        return (wafv2.get_web_acl_for_resource(ResourceArn=arn).get("WebACL") or {}).get("ARN")

    def test_an_alb_has_one_web_acl_at_most(self):
        one, two, arn = self.web_acl(), self.web_acl(), self.balancer("application")
        self.assertIsNone(self.protecting(arn))
        for acl in (one, two, two):
            wafv2.associate_web_acl(WebACLArn=acl, ResourceArn=arn)
            self.assertEqual(self.protecting(arn), acl)
        wafv2.disassociate_web_acl(ResourceArn=arn)
        self.assertIsNone(self.protecting(arn))
        wafv2.disassociate_web_acl(ResourceArn=arn)

    def test_what_cannot_be_protected_is_refused(self):
        acl, arn = self.web_acl(), self.balancer("application")
        with self.refused("WAFInvalidParameterException"):
            wafv2.associate_web_acl(WebACLArn=acl, ResourceArn=self.balancer())
        with self.refused("WAFNonexistentItemException"):
            wafv2.associate_web_acl(WebACLArn=acl + "0", ResourceArn=arn)
        with self.refused("WAFNonexistentItemException"):
            wafv2.associate_web_acl(WebACLArn=acl, ResourceArn=arn + "0")

    def test_a_deleted_alb_holds_no_web_acl(self):
        acl, arn = self.web_acl(), self.balancer("application")
        wafv2.associate_web_acl(WebACLArn=acl, ResourceArn=arn)
        elbv2.delete_load_balancer(LoadBalancerArn=arn)
        with self.refused("WAFNonexistentItemException"):
            self.protecting(arn)
