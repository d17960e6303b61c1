//! ELBv2: listeners.

use elbow::aws::api::{ListenerDescription, ListenerSettings};
use elbow::aws::ids::{ListenerArn, LoadBalancerArn};
use elbow::aws::stack::{ListenerProtocol, Tags, TargetProtocol};
use std::collections::BTreeSet;

use super::{Answer, Listener, State, refuse, require};

impl State {
    pub(super) fn describe_listeners(&mut self, load_balancer: &LoadBalancerArn) -> Answer<Vec<ListenerDescription>> {
        self.load_balancer_mut(load_balancer)?;
        let listeners = self
            .listeners
            .iter()
            .filter(|(_, listener)| listener.load_balancer == *load_balancer);
        let described = listeners.map(|(arn, listener)| ListenerDescription {
            arn: arn.clone(),
            port: listener.port,
            settings: Some(listener.settings()),
        });
        Ok(described.collect())
    }

    pub(super) fn create_listener(
        &mut self,
        load_balancer: &LoadBalancerArn,
        wanted: &ListenerSettings,
        tags: &Tags,
    ) -> Answer<ListenerArn> {
        self.load_balancer_mut(load_balancer)?;
        let mut known = self.listeners.iter();
        let found = known.find(|(_, known)| known.load_balancer == *load_balancer && known.port == wanted.port);
        if let Some((arn, known)) = found {
            let same = known.settings() == *wanted && known.tags == *tags;
            require(same, "DuplicateListener", "a listener on that port exists")?;
            return Ok(arn.clone());
        }
        self.check_forward(load_balancer, wanted)?;
        let arn = ListenerArn::new(format!("{load_balancer}/listener/{}", self.new_id()));
        let listener = Listener {
            load_balancer: load_balancer.clone(),
            port: wanted.port,
            protocol: wanted.protocol,
            target_group: wanted.target_group.clone(),
            certificate: wanted.certificate.clone(),
            more_certificates: BTreeSet::new(),
            ssl_policy: wanted.ssl_policy.clone(),
            tags: tags.clone(),
        };
        self.listeners.insert(arn.clone(), listener);
        Ok(arn)
    }

    pub(super) fn modify_listener(&mut self, arn: &ListenerArn, wanted: &ListenerSettings) -> Answer<()> {
        let load_balancer = self.listener_mut(arn)?.load_balancer.clone();
        let mut others = self.listeners.iter().filter(|(other, _)| *other != arn);
        let taken = others.any(|(_, other)| other.load_balancer == load_balancer && other.port == wanted.port);
        require(!taken, "DuplicateListener", "a listener on that port exists")?;
        self.check_forward(&load_balancer, wanted)?;
        let known = self.listener_mut(arn)?;
        known.port = wanted.port;
        known.protocol = wanted.protocol;
        known.target_group = wanted.target_group.clone();
        known.certificate = wanted.certificate.clone();
        known.ssl_policy = wanted.ssl_policy.clone();
        if wanted.certificate.is_none() {
            known.more_certificates.clear();
        }
        Ok(())
    }

    fn check_forward(&mut self, load_balancer: &LoadBalancerArn, wanted: &ListenerSettings) -> Answer<()> {
        let protocol = self.target_group_mut(&wanted.target_group)?.settings.protocol;
        let fits = match wanted.protocol {
            ListenerProtocol::Tcp | ListenerProtocol::Tls => TargetProtocol::Tcp,
            ListenerProtocol::Udp => TargetProtocol::Udp,
            ListenerProtocol::TcpUdp => TargetProtocol::TcpUdp,
        };
        require(
            protocol == fits,
            "InvalidConfigurationRequest",
            "protocols of listener and target group differ",
        )?;
        let certified = (wanted.protocol == ListenerProtocol::Tls) == wanted.certificate.is_some();
        require(
            certified,
            "CertificateNotFound",
            "a TLS listener has a certificate, and no other one",
        )?;
        let mut users = self
            .listeners
            .values()
            .filter(|known| known.target_group == wanted.target_group);
        let alone = users.all(|known| known.load_balancer == *load_balancer);
        require(
            alone,
            "TargetGroupAssociationLimit",
            "the target group serves another load balancer",
        )
    }

    pub(crate) fn listener_mut(&mut self, arn: &ListenerArn) -> Answer<&mut Listener> {
        match self.listeners.get_mut(arn) {
            Some(listener) => Ok(listener),
            None => refuse("ListenerNotFound", format!("{arn} does not exist")),
        }
    }
}

impl Listener {
    fn settings(&self) -> ListenerSettings {
        ListenerSettings {
            port: self.port,
            protocol: self.protocol,
            target_group: self.target_group.clone(),
            certificate: self.certificate.clone(),
            ssl_policy: self.ssl_policy.clone(),
        }
    }
}
