# Draws what AWS holds for each Service of a cluster, as one JSON object: Service -> load balancer, listeners by port, target
# groups by resource tag, rules of the frontend group. Names of fields are AWS' own.
import json

elb, ec2 = client('elbv2'), client('ec2')


def pairs(items):
    return {item['Key']: item.get('Value', '') for item in items}


def attributes(answer):
    return pairs(answer['Attributes'])


def tags(arn):
    return pairs(elb.describe_tags(ResourceArns=[arn])['TagDescriptions'][0]['Tags'])


def rules(group):
    drawn = []
    for rule in group['IpPermissions']:
        sources = [it['CidrIp'] for it in rule['IpRanges']] + [it['CidrIpv6'] for it in rule['Ipv6Ranges']]
        sources += [it['PrefixListId'] for it in rule['PrefixListIds']] + [it['GroupId'] for it in rule['UserIdGroupPairs']]
        ports = f"{rule['IpProtocol']} {rule.get('FromPort')}-{rule.get('ToPort')}"
        drawn += [f'{ports} from {source}' for source in sources]
    return sorted(drawn)


def listener(found):
    arn = found['ListenerArn']
    found['Tags'] = tags(arn)
    if found['Protocol'] in ('TLS', 'HTTPS'):
        found['Served'] = sorted(it['CertificateArn'] for it in elb.describe_listener_certificates(ListenerArn=arn)['Certificates'])
    if found['Protocol'] in ('TCP', 'HTTP', 'HTTPS'):
        found['Attributes'] = attributes(elb.describe_listener_attributes(ListenerArn=arn))
    return found


def load_balancer(found):
    arn = found['LoadBalancerArn']
    found['Attributes'] = attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
    capacity = elb.describe_capacity_reservation(LoadBalancerArn=arn).get('MinimumLoadBalancerCapacity') or {}
    found['Capacity'] = capacity.get('CapacityUnits') or 0
    if found['Type'] == 'application':
        found['WebAcl'] = client('wafv2').get_web_acl_for_resource(ResourceArn=arn).get('WebACL', {}).get('ARN')
    zones = sorted(found['AvailabilityZones'], key=lambda zone: zone['ZoneName'])
    found['Subnets'] = [zone['SubnetId'] for zone in zones]
    addresses = [zone.get('LoadBalancerAddresses') or [{}] for zone in zones]
    for field in ('AllocationId', 'PrivateIPv4Address', 'IPv6Address'):
        found[field] = [next((it[field] for it in zone if it.get(field)), None) for zone in addresses]
    found['SourceNatPrefixes'] = [(zone.get('SourceNatIpv6Prefixes') or [None])[0] for zone in zones]
    return found


def draw_load_balancer(found, drawn):
    marks = tags(found['LoadBalancerArn'])
    if marks.get('elbow.dev/cluster') != CLUSTER:
        return
    listeners = elb.describe_listeners(LoadBalancerArn=found['LoadBalancerArn'])['Listeners']
    listeners = {str(it['Port']): listener(it) for it in listeners}
    of = drawn.setdefault(marks['elbow.dev/service'], {'loadBalancers': 0, 'targetGroups': {}, 'targetGroupCount': 0})
    of['loadBalancers'] += 1
    of |= {'loadBalancer': load_balancer(found) | {'Tags': marks}, 'listeners': listeners}


def draw_target_group(found, drawn):
    arn = found['TargetGroupArn']
    marks = tags(arn)
    if marks.get('elbow.dev/cluster') != CLUSTER or marks.get('elbow.dev/service') not in drawn:
        return
    found['Attributes'] = attributes(elb.describe_target_group_attributes(TargetGroupArn=arn))
    found['Tags'] = marks
    targets = elb.describe_target_health(TargetGroupArn=arn)['TargetHealthDescriptions']
    found['Targets'] = sorted(it['Target']['Id'] for it in targets)
    of = drawn[marks['elbow.dev/service']]
    of['targetGroups'][marks['elbow.dev/resource']] = found
    of['targetGroupCount'] += 1


def draw(resources, one, drawn):
    for found in resources:
        try:
            one(found, drawn)
        except elb.exceptions.ClientError as error:
            # It goes while we look; the next picture shows it gone.
            if not any(word in error.response['Error']['Code'] for word in ('NotFound', 'NonexistentItem')):
                raise


drawn = {}
draw(elb.describe_load_balancers()['LoadBalancers'], draw_load_balancer, drawn)
draw(elb.describe_target_groups()['TargetGroups'], draw_target_group, drawn)
for group in ec2.describe_security_groups(Filters=[{'Name': 'tag:elbow.dev/cluster', 'Values': [CLUSTER]}])['SecurityGroups']:
    service = pairs(group['Tags']).get('elbow.dev/service')
    if service in drawn:
        drawn[service]['frontend'] = rules(group)
        drawn[service]['frontendGroup'] = group['GroupId']
print(json.dumps(drawn, default=str))
