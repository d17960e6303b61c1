//! What the commands share that only look: AWS opened for reads, and Services named as for kubectl.

use std::sync::Arc;

use crate::aws::sdk::{self, Call, CallObserver, SdkApi};
use crate::fence::Fence;

/// Opens AWS for reads only: its fence never opens. The region is the given one, else that of the AWS SDK's own settings,
/// else that of the nodes; without any there is nothing to open. Returns the region too.
pub(super) async fn open(given: Option<String>, of_nodes: Option<String>) -> Option<(SdkApi, String)> {
    let region = match given {
        Some(region) => Some(region),
        None => sdk::region().await.or(of_nodes),
    }?;
    let api = sdk::connect(&region, &Fence::closed(), Arc::new(Uncounted)).await;
    Some((api, region))
}

/// Nobody asks how many calls a command takes that only looks.
struct Uncounted;

impl CallObserver for Uncounted {
    fn observed(&self, _: &Call<'_>) {}
}

/// Takes off what kubectl writes before names.
pub(super) fn service_name(text: &str) -> Result<String, String> {
    let kinds = ["service/", "services/", "svc/"];
    let name = kinds.iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text);
    if name.is_empty() || name.contains('/') {
        return Err("must be NAME or service/NAME; the namespace is given by -n".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("web", Ok("web"))]
    #[case("service/web", Ok("web"))]
    #[case("svc/web", Ok("web"))]
    #[case("pod/web", Err(()))]
    #[case("service/", Err(()))]
    fn a_service_is_named_as_for_kubectl(#[case] text: &str, #[case] expected: Result<&str, ()>) {
        assert_eq!(service_name(text).map_err(drop), expected.map(str::to_owned));
    }
}
