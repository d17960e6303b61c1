//! How the vocabulary reads in logs and messages.

use std::fmt::{self, Display};

use super::{
    GroupRef, IngressRule, Listener, ListenerProtocol, ResourceName, RuleProtocol, RuleSource, Scheme, Target,
};

impl Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.protocol, self.port, self.target_group)
    }
}

impl Display for ListenerProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
            Self::Tls => "TLS",
        })
    }
}

impl Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frontend => f.write_str("frontend group"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl Display for IngressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match &self.protocol {
            RuleProtocol::Tcp => "tcp",
            RuleProtocol::Udp => "udp",
            RuleProtocol::Other(name) => name,
        };
        write!(f, "{protocol} {}-{} from ", self.from, self.to)?;
        match &self.source {
            RuleSource::Cidr(net) => net.fmt(f),
            RuleSource::Group(id) => id.fmt(f),
            RuleSource::PrefixList(id) => f.write_str(id),
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.instance, self.port)
    }
}

impl Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Internal => "internal",
            Self::InternetFacing => "internet-facing",
        })
    }
}
