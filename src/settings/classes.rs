//! Which values of `spec.loadBalancerClass` are served, and as what.

use std::collections::BTreeSet;

use super::flags::Services;
use super::parse;
use super::problems::Check;

/// The classes that are served; none is in both sets.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    /// Classes of Network Load Balancers; at least one.
    network: BTreeSet<String>,
    /// Classes of Application Load Balancers.
    pub(super) application: BTreeSet<String>,
}

impl Classes {
    pub(super) fn check(flags: &Services, check: &mut Check) -> Option<Self> {
        const APPLICATION: &str = "alb-load-balancer-class";
        let application_flag = &flags.alb_load_balancer_class;
        let network = check.value("load-balancer-class", &flags.load_balancer_class, parse::classes);
        let application = check.value(APPLICATION, application_flag, parse::classes_or_none);
        let classes = Self {
            network: network?,
            application: application?,
        };
        if let Some(class) = classes.network.intersection(&classes.application).next() {
            let allowed = format!("without {class}, which --load-balancer-class holds");
            check.wrong(APPLICATION, application_flag, allowed);
        }
        Some(classes)
    }

    /// Classes of both kinds.
    pub(super) fn all(&self) -> BTreeSet<String> {
        self.network.union(&self.application).cloned().collect()
    }
}
