//! ELBv2: listeners.

use std::collections::BTreeSet;

use elbow::aws::api::{ListenerDescription, ListenerSettings};
use elbow::aws::ids::{CertificateArn, ListenerArn, LoadBalancerArn};
use elbow::aws::stack::{AlpnPolicy, ListenerProtocol, Tags};

use super::{Answer, Listener, State, catalog, refuse, require};

/// Listeners of a load balancer where the quota is not raised.
const MOST: usize = 50;
/// Certificates of a listener besides the default one, where the quota is not raised.
const MOST_CERTIFICATES: usize = 25;

impl State {
    pub(super) fn describe_listeners(&mut self, load_balancer: &LoadBalancerArn) -> Answer<Vec<ListenerDescription>> {
        self.load_balancer_mut(load_balancer)?;
        let described = self
            .listeners_of(load_balancer)
            .map(|(arn, listener)| ListenerDescription {
                arn: arn.clone(),
                port: listener.settings.port,
                settings: Some(listener.settings.clone()),
            });
        Ok(described.collect())
    }

    fn listeners_of(&self, load_balancer: &LoadBalancerArn) -> impl Iterator<Item = (&ListenerArn, &Listener)> {
        let listeners = self.listeners.iter();
        listeners.filter(move |(_, listener)| listener.load_balancer == *load_balancer)
    }

    pub(super) fn create_listener(
        &mut self,
        load_balancer: &LoadBalancerArn,
        wanted: &ListenerSettings,
        tags: &Tags,
    ) -> Answer<ListenerArn> {
        self.load_balancer_mut(load_balancer)?;
        let found = self
            .listeners_of(load_balancer)
            .find(|(_, known)| known.settings.port == wanted.port);
        if let Some((arn, known)) = found {
            let same = known.settings == *wanted && known.tags == *tags;
            require(same, "DuplicateListener", "a listener on that port exists")?;
            return Ok(arn.clone());
        }
        let count = self.listeners_of(load_balancer).count();
        require(count < MOST, "TooManyListeners", "the load balancer has 50 listeners")?;
        check_tls(wanted)?;
        self.check_action(load_balancer, wanted)?;
        self.check_listener_load(load_balancer, wanted)?;
        let arn = ListenerArn::new(format!("{load_balancer}/listener/{}", self.new_id()));
        let listener = Listener {
            load_balancer: load_balancer.clone(),
            settings: wanted.clone(),
            more_certificates: BTreeSet::new(),
            attributes: catalog::listener_attributes(wanted.protocol),
            tags: tags.clone(),
        };
        self.listeners.insert(arn.clone(), listener);
        if !self.watch.listens_first {
            self.note_empty_targets(&arn);
        }
        Ok(arn)
    }

    pub(super) fn modify_listener(&mut self, arn: &ListenerArn, wanted: &ListenerSettings) -> Answer<()> {
        let load_balancer = self.listener_mut(arn)?.load_balancer.clone();
        let taken = self
            .listeners_of(&load_balancer)
            .any(|(other, known)| other != arn && known.settings.port == wanted.port);
        require(!taken, "DuplicateListener", "a listener on that port exists")?;
        check_tls(wanted)?;
        self.check_action(&load_balancer, wanted)?;
        self.check_listener_load(&load_balancer, wanted)?;
        let known = self.listener_mut(arn)?;
        if known.settings.protocol != wanted.protocol {
            let mut attributes = catalog::listener_attributes(wanted.protocol);
            for (key, value) in &mut attributes {
                if let Some(before) = known.attributes.get(key) {
                    value.clone_from(before);
                }
            }
            known.attributes = attributes;
        }
        if wanted.certificate.is_none() {
            known.more_certificates.clear();
        }
        known.settings = wanted.clone();
        self.note_empty_targets(arn);
        Ok(())
    }

    fn note_empty_targets(&mut self, arn: &ListenerArn) {
        let groups: Vec<_> = self.listeners[arn].target_groups().cloned().collect();
        for group in groups {
            self.note_if_empty(&group);
        }
    }

    pub(super) fn add_certificates(&mut self, arn: &ListenerArn, certificates: &[CertificateArn]) -> Answer<()> {
        let known = self.listener_mut(arn)?;
        require(
            known.settings.protocol.is_secure(),
            "InvalidConfigurationRequest",
            "certificates are for listeners that speak TLS",
        )?;
        known.more_certificates.extend(certificates.iter().cloned());
        let count = known.more_certificates.len();
        require(
            count <= MOST_CERTIFICATES,
            "TooManyCertificates",
            "more than 25 certificates",
        )
    }

    pub(super) fn remove_certificates(&mut self, arn: &ListenerArn, certificates: &[CertificateArn]) -> Answer<()> {
        let known = self.listener_mut(arn)?;
        known.more_certificates.retain(|known| !certificates.contains(known));
        Ok(())
    }

    pub(super) fn delete_listener(&mut self, arn: &ListenerArn) -> Answer<()> {
        self.listener_mut(arn)?;
        self.listeners.remove(arn);
        Ok(())
    }

    pub(crate) fn listener_mut(&mut self, arn: &ListenerArn) -> Answer<&mut Listener> {
        match self.listeners.get_mut(arn) {
            Some(listener) => Ok(listener),
            None => refuse("ListenerNotFound", format!("{arn} does not exist")),
        }
    }
}

fn check_tls(wanted: &ListenerSettings) -> Answer<()> {
    let secure = wanted.protocol.is_secure();
    require(
        secure == wanted.certificate.is_some() && (secure || wanted.ssl_policy.is_none()),
        "CertificateNotFound",
        "a listener that speaks TLS has a certificate, and no other one",
    )?;
    require(
        wanted.alpn == AlpnPolicy::None || wanted.protocol == ListenerProtocol::Tls,
        "InvalidConfigurationRequest",
        "an ALPN policy is for TLS listeners",
    )
}
