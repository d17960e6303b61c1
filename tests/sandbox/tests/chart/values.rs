//! The values, their schema, and the templates that use them.

use serde_json::Value;

use crate::helm::{CLUSTER, chart, file, refusal, render, yaml};

/// The dotted names of every value: those of the maps whose content the chart defines itself, not of those that it passes on.
fn names(schema: &Value, values: &Value, prefix: &str) -> Vec<String> {
    let properties = values.as_object().expect("values form a map");
    let mut found = Vec::new();
    for (key, value) in properties {
        let name = format!("{prefix}{key}");
        let inner = &schema["properties"][key];
        if inner["properties"].is_object() {
            found.extend(names(inner, value, &format!("{name}.")));
        }
        found.push(name);
    }
    found
}

fn schema() -> Value {
    serde_json::from_str(&file("values.schema.json")).expect("the schema is JSON")
}

/// The part of the schema that describes this value.
fn described<'a>(schema: &'a Value, name: &str) -> &'a Value {
    name.split('.').fold(schema, |schema, key| &schema["properties"][key])
}

#[test]
fn every_value_is_in_the_schema_and_the_schema_knows_no_other() {
    let (schema, values) = (schema(), yaml("values.yaml"));
    for name in names(&schema, &values, "") {
        assert!(
            described(&schema, &name).is_object(),
            "{name} is not in values.schema.json"
        );
        let (parent, key) = name.rsplit_once('.').unwrap_or(("", &name));
        let siblings = described(&schema, parent);
        let siblings = if parent.is_empty() { &schema } else { siblings };
        assert_eq!(siblings["additionalProperties"], false, "beside {key}");
    }
    // The other way round; helm itself gives `global` to a chart that is part of another.
    let known = names(&schema, &values, "");
    for name in names(&schema, &schema_as_values(&schema), "") {
        assert!(
            name == "global" || known.contains(&name),
            "{name} is not in values.yaml"
        );
    }
}

/// A map with the keys that the schema knows.
fn schema_as_values(schema: &Value) -> Value {
    let properties = schema["properties"].as_object();
    let pairs = properties.into_iter().flatten();
    pairs
        .map(|(key, inner)| (key.clone(), schema_as_values(inner)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn every_value_is_used_by_a_template() {
    let templates = std::fs::read_dir(chart().join("templates")).unwrap();
    let text: String = templates
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    for name in names(&schema(), &yaml("values.yaml"), "") {
        assert!(text.contains(&format!(".Values.{name}")), "{name}");
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn a_missing_cluster_name_is_refused_with_what_to_give() {
    let refusal = refusal(&[]);
    assert!(
        refusal.contains("clusterName is required: the name of the EKS cluster"),
        "{refusal}"
    );
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn a_wrong_value_is_refused_by_its_name() {
    for (setting, said) in [
        ("replicas=3", "additional properties 'replicas' not allowed"),
        ("log.filter=x", "at '/log': additional properties 'filter' not allowed"),
        ("replicaCount=two", "at '/replicaCount': got string, want integer"),
        (
            "log.format=xml",
            "at '/log/format': value must be one of 'json', 'text'",
        ),
        ("auditPeriod=5", "at '/auditPeriod': got number, want string"),
        ("auditPeriod=soon", "at '/auditPeriod'"),
        ("auditCallsPerMinute=0", "at '/auditCallsPerMinute'"),
        ("deleteOrphans=yes", "at '/deleteOrphans': got string, want boolean"),
        ("massRemovalDelay=soon", "at '/massRemovalDelay'"),
        ("awsApiRates.elbv2=40", "at '/awsApiRates/elbv2'"),
        ("awsApiRates.ELB=40:8", "invalid propertyName 'ELB'"),
        ("clusterName=blue*", "at '/clusterName'"),
        ("region=Ireland", "at '/region'"),
        ("vpcId=main", "at '/vpcId'"),
        (
            "loadBalancerClasses=elbow.dev/nlb",
            "at '/loadBalancerClasses': got string, want array",
        ),
        ("loadBalancerClasses={a b}", "at '/loadBalancerClasses/0'"),
        ("albLoadBalancerClasses={a b}", "at '/albLoadBalancerClasses/0'"),
        (
            "enableManageBackendSecurityGroupRules=yes",
            "at '/enableManageBackendSecurityGroupRules': got string, want boolean",
        ),
        ("image.digest=latest", "at '/image/digest'"),
        ("metrics.port=70000", "at '/metrics/port'"),
        ("defaultLoadBalancerScheme=public", "at '/defaultLoadBalancerScheme'"),
        ("defaultTags.team=1", "at '/defaultTags/team'"),
        ("extraArgs={debug}", "at '/extraArgs/0'"),
    ] {
        let refusal = refusal(&[&CLUSTER[..], &["--set", setting]].concat());
        assert!(refusal.contains(said), "{setting}: {refusal}");
    }
}

#[test]
#[ignore = "needs helm: run by cargo sandbox test"]
fn values_that_are_passed_on_may_hold_anything() {
    for setting in [
        "resources.limits.cpu=1",
        "affinity.nodeAffinity.any=thing",
        "updateStrategy.type=Recreate",
        "tolerations[0].key=any",
        "podSecurityContext.fsGroup=1000",
        "probes.liveness.initialDelaySeconds=5",
        "global.any=thing",
    ] {
        render(&[&CLUSTER[..], &["--set", setting]].concat());
    }
}
