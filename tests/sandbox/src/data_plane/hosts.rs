//! The names of load balancers, as a hosts file that the sandbox's name server answers from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::Instant;

use super::model::Scheme;
use super::{Picture, routing};

/// For how long resolvers know a name that is gone (Elastic Load Balancing user guide, "Request routing").
const TIME_TO_LIVE: Duration = Duration::from_secs(60);

/// The names that stand, and those that went a moment ago, as resolvers remember them.
#[derive(Debug, Default)]
pub struct Names {
    standing: BTreeMap<String, Name>,
    gone: BTreeMap<String, (Name, Instant)>,
}

#[derive(Clone, Debug)]
struct Name {
    addresses: Vec<Ipv4Addr>,
    scheme: Scheme,
}

impl Names {
    /// Takes over what the picture says at the time `now`. Only names of internet-facing load balancers are remembered: an
    /// address in the VPC may be another's at once.
    pub fn note(&mut self, picture: &Picture, now: Instant) {
        let before = std::mem::replace(&mut self.standing, standing(picture));
        for (name, was) in before {
            if was.scheme == Scheme::InternetFacing {
                self.gone.insert(name, (was, now + TIME_TO_LIVE));
            }
        }
        self.gone
            .retain(|name, (_, until)| *until > now && !self.standing.contains_key(name));
    }

    /// One line for each address that a name stands for now.
    #[must_use]
    pub fn file(&self) -> String {
        let gone = self.gone.iter().map(|(name, (was, _))| (name, was));
        let mut text = String::new();
        for (name, known) in self.standing.iter().chain(gone) {
            for address in &known.addresses {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{address} {name}");
            }
        }
        text
    }

    /// How long until the next name is forgotten.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let first = self.gone.values().map(|(_, until)| *until).min()?;
        Some(first.saturating_duration_since(now))
    }
}

fn standing(picture: &Picture) -> BTreeMap<String, Name> {
    let balancers = picture.model.load_balancers.iter();
    let names = balancers.map(|balancer| {
        let zones = routing::named_zones(picture, balancer).into_iter();
        let addresses = zones.filter_map(|zone| picture.addresses.of(balancer, zone));
        let name = Name {
            addresses: addresses.map(|address| address.named()).collect(),
            scheme: balancer.scheme,
        };
        (balancer.hostname.to_lowercase(), name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_plane::fixture::{judge, picture, unhealthy};

    fn of(scheme: Scheme) -> Picture {
        let mut picture = picture();
        picture.model.load_balancers[0].scheme = scheme;
        picture.addresses = Default::default();
        picture.addresses.assign(&picture.model);
        picture
    }

    #[test]
    fn a_name_stands_for_the_addresses_of_the_zones_that_serve() {
        let mut names = Names::default();
        let mut picture = of(Scheme::InternetFacing);
        names.note(&picture, Instant::now());
        assert_eq!(names.file().lines().count(), 3);
        judge(&mut picture, "b", unhealthy());
        names.note(&picture, Instant::now());
        let file = names.file();
        assert_eq!(file.lines().count(), 2, "{file}");
        assert!(file.starts_with("198.18.0.1 "), "{file}");
    }

    #[test]
    fn a_name_in_the_internet_is_known_for_a_minute_after_its_load_balancer_went() {
        for (scheme, lines) in [(Scheme::InternetFacing, 3), (Scheme::Internal, 0)] {
            let (mut names, now) = (Names::default(), Instant::now());
            names.note(&of(scheme), now);
            names.note(&Picture::default(), now);
            assert_eq!(names.file().lines().count(), lines);
            assert_eq!(names.next(now), (lines > 0).then_some(TIME_TO_LIVE));
            names.note(&Picture::default(), now + TIME_TO_LIVE);
            assert_eq!(names.file(), "");
            assert_eq!(names.next(now), None);
        }
    }

    #[test]
    fn a_name_that_stands_again_is_not_remembered_too() {
        let (mut names, now) = (Names::default(), Instant::now());
        for picture in [
            of(Scheme::InternetFacing),
            Picture::default(),
            of(Scheme::InternetFacing),
        ] {
            names.note(&picture, now);
        }
        assert_eq!(names.file().lines().count(), 3);
        assert_eq!(names.next(now), None);
    }
}
