//! How the vocabulary reads in logs and messages.

use std::fmt::{self, Display};

use super::{
    Action, AddressType, AlpnPolicy, GroupRef, HttpVersion, IngressRule, Listener, ListenerProtocol, LoadBalancerKind,
    Matcher, ResourceName, RuleProtocol, RuleSource, Scheme, Target, TargetGroupRef, TargetProtocol,
    WeightedTargetGroup,
};

impl Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.protocol, self.port, self.action)
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect(redirect) => write!(f, "redirect to HTTPS {}", redirect.port),
            Self::Forward(forward) => {
                let sole = forward.to.len() == 1;
                for (place, weighted) in forward.to.iter().enumerate() {
                    let separator = if place == 0 { "" } else { ", " };
                    match sole {
                        true => weighted.target_group.fmt(f)?,
                        false => write!(f, "{separator}{weighted}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl Display for WeightedTargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (weight {})", self.target_group, self.weight)
    }
}

impl Display for TargetGroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(name) => name.fmt(f),
            Self::Foreign(arn) => arn.fmt(f),
        }
    }
}

impl Display for AlpnPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::HTTP1Only => "HTTP1Only",
            Self::HTTP2Only => "HTTP2Only",
            Self::HTTP2Optional => "HTTP2Optional",
            Self::HTTP2Preferred => "HTTP2Preferred",
        })
    }
}

impl Display for TargetProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp => f.write_str("TCP"),
            Self::Udp => f.write_str("UDP"),
            Self::TcpUdp => f.write_str("TCP_UDP"),
            Self::Tls => f.write_str("TLS"),
            Self::Http(HttpVersion::Http1) => f.write_str("HTTP"),
            Self::Https(HttpVersion::Http1) => f.write_str("HTTPS"),
            Self::Http(version) => write!(f, "HTTP ({version})"),
            Self::Https(version) => write!(f, "HTTPS ({version})"),
        }
    }
}

impl Display for HttpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP1",
            Self::Http2 => "HTTP2",
            Self::Grpc => "GRPC",
        })
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Http(codes) | Self::Grpc(codes)) = self;
        f.write_str(codes)
    }
}

impl Display for LoadBalancerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Application => "application",
        })
    }
}

impl Display for AddressType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "ipv4",
            Self::Dualstack => "dualstack",
            Self::DualstackWithoutPublicIpv4 => "dualstack-without-public-ipv4",
        })
    }
}

impl Display for ListenerProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
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
            RuleProtocol::Icmp => "icmp",
            RuleProtocol::Icmpv6 => "icmpv6",
            RuleProtocol::Other(name) => name,
        };
        write!(f, "{protocol} {}-{} from {}", self.from, self.to, self.source)
    }
}

impl Display for RuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(net) => net.fmt(f),
            Self::Group(id) => id.fmt(f),
            Self::PrefixList(id) => id.fmt(f),
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
