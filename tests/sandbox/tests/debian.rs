//! Debian's packages: downloaded, unpacked and run without being installed.

use std::path::{Path, PathBuf};

use elbow_sandbox::cache::Cache;
use elbow_sandbox::debian;
use elbow_sandbox::layout::Layout;
use elbow_sandbox::progress::Progress;

/// A directory of the test's own; gone when dropped.
struct Own(PathBuf);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
#[ignore = "downloads packages"]
async fn a_program_of_a_package_runs_with_the_libraries_that_the_machine_lacks() {
    let own = Own(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("debian-{}", std::process::id())));
    let cache = Cache::at(own.0.join("cache")).unwrap();
    let layout = Layout::new(&own.0.join("state")).unwrap();
    let progress = Progress::on_standard_error();
    let unpacked = debian::unpack(&cache, &layout, &progress, "nftables", &["nftables"])
        .await
        .unwrap();
    let mut nft = unpacked.program("usr/sbin/nft").unwrap().command();
    let output = nft.arg("--version").output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("nftables v"));
}

#[tokio::test]
#[ignore = "downloads packages"]
async fn a_package_that_does_not_exist_is_named() {
    let own = Own(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("debian-none-{}", std::process::id())));
    let cache = Cache::at(own.0.join("cache")).unwrap();
    let layout = Layout::new(&own.0.join("state")).unwrap();
    let packages = ["no-such-package-of-this-name"];
    let outcome = debian::unpack(&cache, &layout, &Progress::on_standard_error(), "none", &packages).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("no-such-package-of-this-name"), "{error}");
}
