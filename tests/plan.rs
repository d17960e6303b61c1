//! `elbow plan` without cluster and AWS: the binary, its documents against their schemas, and the examples of the documentation.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its world is not as it built it"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FACTS: &str = "docs/examples/plan/facts.yaml";

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{path}")).unwrap()
}

/// Exit code, standard output and standard error.
fn elbow(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_elbow"))
        .args(arguments)
        .env_clear()
        .current_dir(ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that ends before it reads has said why.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn plan(manifests: &Value, facts: &str) -> (i32, Value) {
    let arguments = ["plan", "-f", "-", "--facts", facts, "-o", "json"];
    let (code, out, error) = elbow(&arguments, &manifests.to_string());
    (
        code,
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{error}")),
    )
}

fn faults(schema: &str, document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&file(schema)).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults = validator.iter_errors(document);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

fn service(name: &str, annotations: &Value, spec: &Value) -> Value {
    let mut all = json!({"type": "LoadBalancer", "loadBalancerClass": "elbow.dev/nlb", "ports": [{"port": 80}]});
    let members = all.as_object_mut().unwrap();
    members.extend(spec.as_object().unwrap().clone());
    let metadata = json!({"name": name, "namespace": "shop", "annotations": annotations});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": all})
}

/// Keys behind the common prefix with values, some of which are refused.
const ANNOTATIONS: &[(&str, &str)] = &[
    ("scheme", "internal"),
    ("scheme", "public"),
    ("healthcheck-interval", "20"),
    ("healthcheck-protocol", "http"),
    ("security-groups", "office"),
    ("disable-nlb-sg", "true"),
    (
        "attributes",
        "load_balancing.cross_zone.enabled=true,deletion_protection.enabled=true",
    ),
    ("target-group-attributes", "deregistration_delay.timeout_seconds=30"),
    (
        "ssl-cert",
        "arn:aws:acm:eu-central-1:123456789012:certificate/0a0a0a0a-0000-4000-8000-0a0a0a0a0a0a",
    ),
    ("additional-resource-tags", "stage=live"),
    ("multi-cluster-target-group", "true"),
    ("no-such-key", "x"),
];

fn declared() -> impl Strategy<Value = Value> {
    let annotations = proptest::sample::subsequence(ANNOTATIONS, 0..=3);
    let ports = proptest::collection::btree_set((80_u16..90, any::<bool>()), 1..4);
    (annotations, ports, any::<bool>(), any::<bool>()).prop_map(|(annotations, ports, alb, local)| {
        let annotations: serde_json::Map<_, _> = annotations
            .iter()
            .map(|(key, value)| {
                (
                    format!("service.beta.kubernetes.io/aws-load-balancer-{key}"),
                    json!(value),
                )
            })
            .collect();
        let port = |(port, udp): &(u16, bool)| {
            let protocol = if *udp { "UDP" } else { "TCP" };
            json!({"name": format!("{protocol}-{port}").to_lowercase(), "port": port, "protocol": protocol})
        };
        let ports: Vec<Value> = ports.iter().map(port).collect();
        let class = if alb { "elbow.dev/alb" } else { "elbow.dev/nlb" };
        let policy = if local { "Local" } else { "Cluster" };
        let spec = json!({"ports": ports, "loadBalancerClass": class, "externalTrafficPolicy": policy});
        service("web", &json!(annotations), &spec)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_document_has_the_shape_of_the_schema(declared in declared()) {
        let (code, document) = plan(&declared, FACTS);
        prop_assert_eq!(faults("docs/schemas/plan.schema.json", &document), Vec::<String>::new());
        let outcome = document["outcome"].as_str().unwrap();
        prop_assert_eq!(code, match outcome { "noChanges" => 0, "changes" => 2, _ => 1 });
    }
}

#[test]
fn the_example_of_a_facts_file_has_the_shape_of_its_schema() {
    let facts: Value = serde_saphyr::from_str(&file(FACTS)).unwrap();
    assert_eq!(faults("docs/schemas/facts.schema.json", &facts), Vec::<String>::new());
    let standing: Value = serde_saphyr::from_str(&file("docs/examples/plan/standing.yaml")).unwrap();
    assert_eq!(
        faults("docs/schemas/facts.schema.json", &standing),
        Vec::<String>::new()
    );
    assert_eq!(faults("docs/schemas/facts.schema.json", &json!({"a": 1})).len(), 3);
}

#[test]
fn the_schemas_are_sound() {
    for name in ["plan", "facts"] {
        let schema: Value = serde_json::from_str(&file(&format!("docs/schemas/{name}.schema.json"))).unwrap();
        assert!(jsonschema::meta::validate(&schema).is_ok(), "{name}");
    }
}

#[rstest]
#[case("docs/plan.md", "web", "facts", 2)]
#[case("docs/plan.md", "wrong", "facts", 1)]
#[case("README.md", "web", "standing", 2)]
fn the_documentation_shows_what_is_printed(
    #[case] page: &str,
    #[case] name: &str,
    #[case] facts: &str,
    #[case] expected: i32,
) {
    let (manifest, facts) = (
        format!("docs/examples/plan/{name}.yaml"),
        format!("docs/examples/plan/{facts}.yaml"),
    );
    let (code, out, _) = elbow(&["plan", "-f", &manifest, "--facts", &facts], "");
    assert_eq!(code, expected);
    let example = format!("$ elbow plan -f {manifest} --facts {facts}\n{out}```");
    assert!(file(page).contains(&example), "{example}");
    assert!(file("docs/plan.md").contains(&format!("```yaml\n{}```", file(FACTS))));
}

#[test]
fn what_was_planned_and_stands_is_no_change_and_yaml_says_the_same_as_json() {
    let (_, first) = plan(&service("web", &json!({}), &json!({})), FACTS);
    let yaml = ["plan", "-f", "-", "--facts", FACTS, "-o", "yaml"];
    let (_, yaml, _) = elbow(&yaml, &service("web", &json!({}), &json!({})).to_string());
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), first);
    let facts = standing(&first);
    let (code, again) = plan(&service("web", &json!({}), &json!({})), facts.to_str().unwrap());
    assert_eq!((code, &again["services"][0]["changes"]), (0, &json!([])), "{again:#}");
    let interval = json!({"service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval": "20"});
    let (code, edited) = plan(&service("web", &interval, &json!({})), facts.to_str().unwrap());
    std::fs::remove_file(facts).unwrap();
    assert_eq!(code, 2);
    let fields = &edited["services"][0]["changes"][0]["fields"];
    assert_eq!(
        *fields,
        json!([{"path": ["healthCheck", "interval"], "old": 10, "new": 20}])
    );
}

/// A facts file in which stands what a plan would make.
fn standing(planned: &Value) -> std::path::PathBuf {
    let mut facts: Value = serde_saphyr::from_str(&file(FACTS)).unwrap();
    let stack = &planned["services"][0]["stack"];
    let mut load_balancer = stack["loadBalancer"].clone();
    let groups = [json!({"id": "sg-1"}), json!({"id": facts["backendSecurityGroup"]})];
    load_balancer["securityGroups"] = json!(groups);
    let listeners = stack["listeners"].as_object().unwrap().values();
    let listeners: Vec<Value> = listeners
        .map(|listener| json!({"arn": "listener", "port": listener["port"], "spec": listener}))
        .collect();
    let target_groups = stack["targetGroups"].as_object().unwrap().values();
    let target_groups: Vec<Value> = target_groups
        .map(|group| json!({"arn": "group", "spec": group}))
        .collect();
    let load_balancer = json!({"arn": "lb", "dnsName": "lb.example", "active": true, "spec": load_balancer,
        "listeners": listeners});
    facts["observed"] = json!([{
        "owner": stack["owner"],
        "loadBalancers": [load_balancer],
        "targetGroups": target_groups,
        "securityGroups": [{"id": "sg-1", "spec": stack["frontendGroup"]}],
    }]);
    assert_eq!(faults("docs/schemas/facts.schema.json", &facts), Vec::<String>::new());
    let path = std::env::temp_dir().join(format!("elbow-plan-{}.yaml", std::process::id()));
    std::fs::write(&path, facts.to_string()).unwrap();
    path
}

#[rstest]
#[case(&["plan"], "required")]
#[case(&["plan", "--all", "--facts", FACTS], "cannot be used")]
#[case(&["plan", "-f", "nowhere.yaml", "--facts", FACTS], "cannot read nowhere.yaml")]
#[case(&["plan", "-f", "docs/examples/plan/web.yaml", "--facts", "nowhere.yaml"], "cannot read nowhere.yaml")]
#[case(&["plan", "-f", "docs/examples/plan/web.yaml", "--facts", FACTS, "--default-tags=x"], "--default-tags")]
fn a_plan_that_cannot_be_made_says_why(#[case] arguments: &[&str], #[case] expected: &str) {
    let (code, out, error) = elbow(arguments, "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(error.contains(expected), "{error}");
}

#[test]
fn flags_of_the_command_line_win_over_the_file() {
    let arguments = ["plan", "-f", "docs/examples/plan/web.yaml", "--facts", FACTS];
    let (_, out, _) = elbow(
        &[&arguments[..], &["--default-load-balancer-scheme=internal"]].concat(),
        "",
    );
    assert!(out.contains("scheme: internal\n"), "{out}");
}
