"""What the checks of the back end stand on: a VPC of their own in a region of their own, where no elbow looks."""

import contextlib
import os
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-west-1"
ZONES = ("a", "b", "c")


def client(service):
    return boto3.client(
        service,
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id="observer",
        aws_secret_access_key="secret",
        # What is wrong shall reach the back end.
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


ec2, elbv2, acm, wafv2 = client("ec2"), client("elbv2"), client("acm"), client("wafv2")


class Check(unittest.TestCase):
    """A test case with a VPC; what it makes by these methods is taken down again."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
        cls.addClassCleanup(ec2.delete_vpc, VpcId=cls.vpc)
        ipv6 = ec2.describe_vpcs(VpcIds=[cls.vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        cls.ipv6_start = ipv6.removesuffix("00::/56")
        cls.subnets = [cls.make_subnet(zone, index) for index, zone in enumerate(ZONES)]
        cls.other_subnet = cls.make_subnet("a", 3)
        cls.ipv4_subnet = cls.make_subnet("c", 4, ipv6=False)

    @classmethod
    def make_subnet(cls, zone, index, ipv6=True):
        settings = {"Ipv6CidrBlock": cls.ipv6_range(index)} if ipv6 else {}
        subnet = ec2.create_subnet(
            VpcId=cls.vpc, AvailabilityZone=f"{REGION}{zone}", CidrBlock=f"10.0.{index}.0/24", **settings
        )["Subnet"]["SubnetId"]
        cls.addClassCleanup(ec2.delete_subnet, SubnetId=subnet)
        return subnet

    @classmethod
    def ipv6_range(cls, index):
        return f"{cls.ipv6_start}0{index}::/64"

    @classmethod
    def ipv6_address(cls, index, last):
        return f"{cls.ipv6_start}0{index}::{last}"

    def setUp(self):
        self.balancers = []

    def tearDown(self):
        """Load balancers go first: their listeners hold what the clean-ups take down."""
        for arn in self.balancers:
            elbv2.delete_load_balancer(LoadBalancerArn=arn)

    @contextlib.contextmanager
    def refused(self, code, words=""):
        with self.assertRaises(ClientError) as caught:
            yield
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], words in error["Message"]), (code, True), error)

    def group(self):
        name = unique()
        group = ec2.create_security_group(GroupName=name, Description="check", VpcId=self.vpc)["GroupId"]
        self.addCleanup(ec2.delete_security_group, GroupId=group)
        return group

    def elastic_ip(self):
        address = ec2.allocate_address(Domain="vpc")
        self.addCleanup(ec2.release_address, AllocationId=address["AllocationId"])
        return address

    def certificate(self):
        arn = acm.request_certificate(DomainName=f"{unique()}.example.com")["CertificateArn"]
        self.addCleanup(acm.delete_certificate, CertificateArn=arn)
        return arn

    def balancer(self, kind="network", **settings):
        settings.setdefault("Name", unique())
        if "SubnetMappings" not in settings:
            settings.setdefault("Subnets", self.subnets)
        made = elbv2.create_load_balancer(Type=kind, **settings)["LoadBalancers"][0]
        self.balancers.append(made["LoadBalancerArn"])
        return made["LoadBalancerArn"]

    def targets(self, protocol="TCP", **settings):
        made = elbv2.create_target_group(Name=unique(), Protocol=protocol, Port=80, VpcId=self.vpc, **settings)
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        self.addCleanup(elbv2.delete_target_group, TargetGroupArn=arn)
        return arn

    def listener(self, balancer, protocol, port, target_group=None, **settings):
        settings.setdefault("DefaultActions", forward(target_group))
        made = elbv2.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=port, **settings)
        return made["Listeners"][0]["ListenerArn"]


def unique():
    return f"check-{uuid.uuid4().hex[:20]}"


def forward(target_group):
    return [{"Type": "forward", "TargetGroupArn": target_group}]


def weighted(**weights):
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def balancer_of(arn):
    return elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]


def listener_of(arn):
    return elbv2.describe_listeners(ListenerArns=[arn])["Listeners"][0]


def target_group_of(arn):
    return elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]


def attributes(answer):
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def pairs(**values):
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
