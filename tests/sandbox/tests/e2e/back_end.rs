//! The back end of the sandbox answers as AWS documents it, where elbow relies on that.
//!
//! The checks are Python beside this file, in one process, and in a region of their own where no elbow looks.

use std::path::Path;

use tokio::process::Command;

use crate::by_hand;
use crate::scenario::sandbox;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn the_back_end_of_the_sandbox_answers_as_aws_documents_it() {
    let sandbox = sandbox();
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/back_end");
    let output = Command::new(&sandbox.tools.localstack_python)
        .args(["-m", "unittest", "discover", "--start-directory"])
        .arg(&checks)
        .env("AWS_ENDPOINT_URL", &sandbox.localstack_url)
        // The checkout stays clean.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let ran = said.lines().find(|line| line.starts_with("Ran ")).unwrap_or_default();
    assert!(!ran.starts_with("Ran 0 "), "no check was found: {said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the sandbox: run by cargo sandbox test"]
async fn what_tests_need_beside_elbow_is_made_by_hand() {
    let sandbox = sandbox();
    let ranges = by_hand::ipv6_ranges(&sandbox).await;
    assert_eq!(ranges.len(), 6, "{ranges:?}");
    assert!(ranges.values().all(|range| range.ends_with("::/64")), "{ranges:?}");
    let addresses = by_hand::elastic_ips(&sandbox, 2).await;
    assert_eq!(addresses.len(), 2, "{addresses:?}");
    assert!(addresses.iter().all(|id| id.starts_with("eipalloc-")), "{addresses:?}");
    by_hand::release(&sandbox, &addresses).await;
    let prefix_list = by_hand::prefix_list(&sandbox, &["10.9.0.0/16", "10.10.0.0/16"]).await;
    assert!(prefix_list.starts_with("pl-"), "{prefix_list}");
    by_hand::delete_prefix_list(&sandbox, &prefix_list).await;
    let web_acl = by_hand::web_acl(&sandbox).await;
    assert!(web_acl.contains(":regional/webacl/"), "{web_acl}");
    by_hand::delete_web_acl(&sandbox, &web_acl).await;
}
