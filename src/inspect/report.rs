//! What an inspection found.

/// One Service, layer by layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// From the client inwards; each has a finding.
    pub layers: Vec<Layer>,
}

/// What was found in one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which.
    pub kind: LayerKind,
    /// At least one in a [`Report`].
    pub findings: Vec<Finding>,
}

/// The layers, from the client inwards: LoadBalancer over NodePort over ClusterIP over pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerKind {
    /// The Service itself, and what elbow says of it.
    Service,
    /// The published hostname.
    Hostname,
    /// The load balancer.
    LoadBalancer,
    /// Its listeners.
    Listeners,
    /// The load balancer's security groups, which admit clients.
    ClientRules,
    /// The target groups and the health of each node.
    TargetGroups,
    /// The nodes' security groups, which admit the load balancer.
    NodeRules,
    /// The nodePorts and the nodes that answer there.
    NodePort,
    /// The cluster IP and the endpoints behind it.
    ClusterIp,
    /// The pods.
    Pods,
}

/// How bad a finding is; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Sound,
    /// Nothing is broken, but it is worth knowing.
    Notice,
    /// Could not be looked at.
    Unknown,
    /// Does not work, most often because something further in does not: what that is is named first.
    Symptom,
    /// Broken in part: some requests get through.
    Degraded,
    /// Broken.
    Broken,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is, without regard to its details.
    pub severity: Severity,
    /// A fixed word in `PascalCase`; none where all is sound. elbow's own reason where it repeats a condition.
    pub reason: Option<String>,
    /// One line.
    pub message: String,
    /// What to do; always there from [`Severity::Unknown`] on.
    pub action: Option<String>,
    /// Its parts, such as the targets of a target group.
    pub details: Vec<Finding>,
}

/// What a report says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every layer is sound.
    Sound,
    /// Some layer is broken.
    Broken,
    /// Nothing broken was seen, but not everything could be looked at.
    Unknown,
}

impl Report {
    /// The whole in one word.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.worst() {
            Severity::Sound | Severity::Notice => Verdict::Sound,
            Severity::Unknown => Verdict::Unknown,
            Severity::Symptom | Severity::Degraded | Severity::Broken => Verdict::Broken,
        }
    }

    /// The first layer that is broken, with what is broken there. A symptom comes first only where nothing else is broken,
    /// and what is broken in part only where nothing is broken altogether: so the cause is named and not its effects.
    #[must_use]
    pub fn first_broken(&self) -> Option<(LayerKind, &Finding)> {
        let worst = self.worst();
        let broken = worst >= Severity::Symptom;
        let mut layers = self.layers.iter().filter(|_| broken);
        layers.find_map(|layer| Some((layer.kind, layer.findings.iter().find_map(|found| found.first(worst))?)))
    }

    /// What could not be looked at, with what to do.
    #[must_use]
    pub fn unseen(&self) -> Vec<&Finding> {
        let findings = self.layers.iter().flat_map(|layer| &layer.findings);
        findings.filter_map(|found| found.first(Severity::Unknown)).collect()
    }

    fn worst(&self) -> Severity {
        self.layers.iter().map(Layer::worst).max().unwrap_or(Severity::Sound)
    }
}

impl Layer {
    /// The worst of its findings.
    #[must_use]
    pub fn worst(&self) -> Severity {
        let findings = self.findings.iter().map(Finding::worst);
        findings.max().unwrap_or(Severity::Sound)
    }
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn sound(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Sound,
            reason: None,
            message: message.into(),
            action: None,
            details: Vec::new(),
        }
    }

    /// Worth knowing.
    #[must_use]
    pub fn notice(reason: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Notice,
            reason: Some(reason.to_owned()),
            ..Self::sound(message)
        }
    }

    /// Something that was found out of order, and what to do.
    #[must_use]
    pub fn fault(severity: Severity, reason: &str, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            severity,
            action: Some(action.into()),
            ..Self::notice(reason, message)
        }
    }

    /// Broken altogether.
    #[must_use]
    pub fn broken(reason: &str, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self::fault(Severity::Broken, reason, message, action)
    }

    /// Does not work because of something further in.
    #[must_use]
    pub fn symptom(reason: &str, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self::fault(Severity::Symptom, reason, message, action)
    }

    /// With these parts.
    #[must_use]
    pub fn with(self, details: Vec<Self>) -> Self {
        Self { details, ..self }
    }

    /// The worst of it and its details.
    #[must_use]
    pub fn worst(&self) -> Severity {
        let details = self.details.iter().map(Self::worst);
        details.fold(self.severity, Severity::max)
    }

    /// The first of it and its details that is exactly so bad.
    fn first(&self, severity: Severity) -> Option<&Self> {
        if self.severity == severity {
            return Some(self);
        }
        self.details.iter().find_map(|detail| detail.first(severity))
    }
}

impl LayerKind {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Hostname => "hostname",
            Self::LoadBalancer => "loadBalancer",
            Self::Listeners => "listeners",
            Self::ClientRules => "clientRules",
            Self::TargetGroups => "targetGroups",
            Self::NodeRules => "nodeRules",
            Self::NodePort => "nodePort",
            Self::ClusterIp => "clusterIP",
            Self::Pods => "pods",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Hostname => "hostname",
            Self::LoadBalancer => "load balancer",
            Self::Listeners => "listeners",
            Self::ClientRules => "rules for clients",
            Self::TargetGroups => "target groups",
            Self::NodeRules => "rules for the load balancer on nodes",
            Self::NodePort => "NodePort",
            Self::ClusterIp => "ClusterIP",
            Self::Pods => "pods",
        }
    }
}

impl Severity {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Symptom => "symptom",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(layers: Vec<(LayerKind, Finding)>) -> Report {
        let layer = |(kind, finding)| Layer {
            kind,
            findings: vec![finding],
        };
        Report {
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            layers: layers.into_iter().map(layer).collect(),
        }
    }

    #[test]
    fn the_cause_is_named_before_its_symptom_further_out() {
        let found = report(vec![
            (LayerKind::TargetGroups, Finding::symptom("Unhealthy", "m", "a")),
            (LayerKind::ClusterIp, Finding::broken("NoEndpoints", "m", "a")),
        ]);
        let (layer, finding) = found.first_broken().unwrap();
        assert_eq!(
            (layer, finding.reason.as_deref()),
            (LayerKind::ClusterIp, Some("NoEndpoints"))
        );
    }

    #[test]
    fn a_symptom_without_a_cause_is_what_is_broken() {
        let found = report(vec![(LayerKind::TargetGroups, Finding::symptom("Unhealthy", "m", "a"))]);
        assert_eq!(found.first_broken().unwrap().0, LayerKind::TargetGroups);
        assert_eq!(found.verdict(), Verdict::Broken);
    }

    #[test]
    fn what_is_broken_altogether_is_named_before_what_is_broken_in_part() {
        let part = Finding::fault(Severity::Degraded, "NodeNotReady", "m", "a");
        let found = report(vec![
            (LayerKind::NodePort, part),
            (LayerKind::Pods, Finding::broken("NoPods", "m", "a")),
        ]);
        assert_eq!(found.first_broken().unwrap().0, LayerKind::Pods);
    }

    #[test]
    fn of_equals_the_outermost_is_first_and_details_count() {
        let deep = Finding::sound("group").with(vec![Finding::broken("Inner", "m", "a")]);
        let found = report(vec![
            (LayerKind::Listeners, deep),
            (LayerKind::Pods, Finding::broken("NoPods", "m", "a")),
        ]);
        let (layer, finding) = found.first_broken().unwrap();
        assert_eq!(
            (layer, finding.reason.as_deref()),
            (LayerKind::Listeners, Some("Inner"))
        );
    }

    #[test]
    fn what_was_not_seen_decides_only_where_nothing_is_broken() {
        let unseen = || Finding::fault(Severity::Unknown, "NotSeen", "m", "a");
        let found = report(vec![(LayerKind::LoadBalancer, unseen())]);
        assert_eq!(
            (found.verdict(), found.first_broken(), found.unseen().len()),
            (Verdict::Unknown, None, 1)
        );
        let found = report(vec![
            (LayerKind::LoadBalancer, unseen()),
            (LayerKind::Pods, Finding::broken("NoPods", "m", "a")),
        ]);
        assert_eq!(found.verdict(), Verdict::Broken);
    }

    #[test]
    fn notices_leave_a_service_sound() {
        let found = report(vec![(LayerKind::NodePort, Finding::notice("Extra", "m"))]);
        assert_eq!(found.verdict(), Verdict::Sound);
    }
}
