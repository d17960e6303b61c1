//! Listeners that need a proxy, from a client's namespace to the nodes'.

use std::net::Ipv4Addr;

use elbow_sandbox::client::{Ask, Failure, Reply};
use elbow_sandbox::network;

use crate::Picture;
use crate::bed::{Bed, CLIENT};
use crate::fixture::picture;
use crate::model::{Listener, ListenerProtocol, Peer, Permission, Traffic};

const BALANCER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The load balancer with TLS for `shop.example`.
fn secure() -> Picture {
    let mut picture = picture();
    let listener: &mut Listener = &mut picture.model.load_balancers[0].listeners[0];
    listener.protocol = ListenerProtocol::Tls;
    listener.policy = "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned();
    listener.certificates = vec!["certificate".to_owned()];
    picture.model.certificates = [("certificate".to_owned(), vec!["shop.example".to_owned()])].into();
    picture
}

async fn ask(bed: &Bed) -> Result<Reply, Failure> {
    let ask = Ask::new("tls://shop.example:80").unwrap().at((BALANCER, 80).into());
    let ask = ask
        .from(CLIENT.into())
        .trust(bed.authority())
        .timeout(crate::bed::NO_ANSWER);
    network::inside(&bed.client(), async move || Ok(ask.send().await))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs network namespaces: run by cargo sandbox test"]
async fn a_tls_listener_is_served_from_the_load_balancers_own_address() {
    let bed = Bed::new().await;
    let mut picture = secure();
    bed.serve_healthy(&picture).await;
    let answer = ask(&bed).await.unwrap().body;
    let (node, client) = answer.split_once(' ').unwrap();
    assert!(["a", "b", "c"].contains(&node), "{answer}");
    let zone = &picture.model.load_balancers[0].zones[0];
    let private = picture
        .addresses
        .of(&picture.model.load_balancers[0], zone)
        .unwrap()
        .private;
    assert_eq!(client, private.to_string());

    let permission = Permission {
        traffic: Traffic::Tcp(1..=65535),
        peers: vec![Peer::Range("192.0.2.0/24".parse().unwrap())],
    };
    picture.model.security_groups.get_mut("sg-lb").unwrap().ingress = vec![permission];
    bed.serve(&picture).await;
    bed.wait("the closed door", async || ask(&bed).await.is_err()).await;
    assert!(bed.dropped("to-web").await > 0);
}
