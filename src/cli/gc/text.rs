//! PURE. What was found, for people.

use super::delete::orphan_name;
use super::report::{Fate, Orphan, Outcome, Report};
use crate::aws::provider::Resource;
use crate::cli::terminal::{BOLD, GREEN, RED, YELLOW, painted, plain};

/// All that belongs to no Service, owner by owner.
#[must_use]
pub fn report(report: &Report, colors: bool) -> String {
    let mut page = Page {
        text: String::new(),
        colors,
    };
    for orphan in &report.orphans {
        page.orphan(orphan);
    }
    if !report.shared.resources.is_empty() {
        page.line(0, BOLD, "Shared by all Services of the cluster, and needed by none");
        page.resources(&report.shared.resources);
    }
    page.summary(report);
    page.text
}

/// What became of it, in one line.
#[must_use]
pub fn end(report: &Report, colors: bool) -> String {
    let (color, text) = match report.outcome {
        Outcome::Clean => (GREEN, "Nothing is left that belongs to no Service.".to_owned()),
        Outcome::Orphans => (YELLOW, "Nothing was deleted.".to_owned()),
        Outcome::Error => {
            let fates = report.orphans.iter().map(|orphan| orphan.fate);
            let failed = fates.chain([report.shared.fate]).filter(|fate| *fate == Fate::Failed);
            (RED, format!("{} could not be deleted.", failed.count()))
        }
    };
    format!("{}\n", painted(color, &text, colors))
}

/// How much there is.
#[must_use]
pub fn amount(report: &Report) -> String {
    let resources = report.orphans.iter().flat_map(|orphan| &orphan.resources);
    let resources = resources.chain(&report.shared.resources).count();
    format!(
        "{} of {}",
        counted(resources, "resource"),
        counted(report.orphans.len(), "Service")
    )
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

struct Page {
    text: String,
    colors: bool,
}

impl Page {
    fn orphan(&mut self, orphan: &Orphan) {
        let name = orphan_name(&orphan.owner);
        let uid = if orphan.owner.name.is_empty() {
            String::new()
        } else {
            format!(" (uid {})", plain(&orphan.owner.uid))
        };
        self.line(0, BOLD, &format!("Service {name}{uid}"));
        self.line(2, "", orphan.reason.text());
        self.resources(&orphan.resources);
    }

    fn resources(&mut self, resources: &[Resource]) {
        for resource in resources {
            let note = if resource.protected {
                " (protected from deletion)"
            } else {
                ""
            };
            let rules = if resource.rules.is_empty() {
                ""
            } else {
                ", elbow's rules"
            };
            let name = plain(&resource.name);
            self.line(2, RED, &format!("- {} {name}{rules}{note}", resource.kind));
            for rule in &resource.rules {
                self.line(6, RED, &format!("- {}", plain(rule)));
            }
        }
        self.text.push('\n');
    }

    fn summary(&mut self, report: &Report) {
        let cluster = plain(&report.cluster);
        let living = counted(report.living, "Service");
        if report.is_clean() {
            let text = format!("Cluster {cluster}: nothing belongs to no Service; {living} served.");
            self.line(0, GREEN, &text);
        } else {
            let text = format!(
                "Cluster {cluster}: {} that live no more; {living} served.",
                amount(report)
            );
            self.line(0, BOLD, &text);
        }
    }

    fn line(&mut self, indent: usize, color: &str, text: &str) {
        let indent = " ".repeat(indent);
        self.text
            .push_str(&format!("{indent}{}\n", painted(color, text, self.colors)));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::aws::preview::changes::Kind;
    use crate::cli::gc::report::Shared;
    use crate::controller::orphans::Cause;
    use crate::service::Owner;

    fn resource(kind: Kind, name: &str) -> Resource {
        Resource {
            kind,
            name: name.to_owned(),
            id: name.to_owned(),
            protected: kind == Kind::LoadBalancer,
            rules: if kind == Kind::NodeSecurityGroup {
                vec!["tcp 30000-32767 from sg-backend".to_owned()]
            } else {
                Vec::new()
            },
        }
    }

    fn orphan(name: &str, reason: Cause) -> Orphan {
        Orphan {
            owner: Owner {
                namespace: if name.is_empty() {
                    String::new()
                } else {
                    "shop".to_owned()
                },
                name: name.to_owned(),
                uid: "u-1".to_owned(),
            },
            reason,
            resources: vec![resource(Kind::LoadBalancer, "k8s-shop-web")],
            fate: Fate::Found,
            error: None,
        }
    }

    fn found(orphans: Vec<Orphan>, shared: Vec<Resource>) -> Report {
        let mut report = Report {
            cluster: "prod".to_owned(),
            vpc: "vpc-1".to_owned(),
            outcome: Outcome::Clean,
            living: 2,
            orphans,
            shared: Shared {
                resources: shared,
                ..Shared::default()
            },
        };
        report.conclude();
        report
    }

    #[test]
    fn each_owner_is_named_with_what_it_left_and_why() {
        let shared = vec![
            resource(Kind::NodeSecurityGroup, "sg-nodes"),
            resource(Kind::BackendSecurityGroup, "k8s-backend"),
        ];
        let orphans = vec![orphan("web", Cause::ServiceGone), orphan("", Cause::Nameless)];
        let expected = "\
Service shop/web (uid u-1)
  there is no such Service
  - load balancer k8s-shop-web (protected from deletion)

Service uid u-1
  its tags name no Service, and none has this UID
  - load balancer k8s-shop-web (protected from deletion)

Shared by all Services of the cluster, and needed by none
  - node security group sg-nodes, elbow's rules
      - tcp 30000-32767 from sg-backend
  - backend security group k8s-backend

Cluster prod: 4 resources of 2 Services that live no more; 2 Services served.
";
        assert_eq!(report(&found(orphans, shared), false), expected);
    }

    #[test]
    fn where_all_belongs_to_somebody_one_line_says_so() {
        let clean = report(&found(Vec::new(), Vec::new()), false);
        assert_eq!(
            clean,
            "Cluster prod: nothing belongs to no Service; 2 Services served.\n"
        );
    }

    #[rstest]
    #[case(Fate::Deleted, "Nothing is left that belongs to no Service.\n")]
    #[case(Fate::Found, "Nothing was deleted.\n")]
    #[case(Fate::Failed, "1 could not be deleted.\n")]
    fn the_end_says_what_became_of_it(#[case] fate: Fate, #[case] expected: &str) {
        let mut orphan = orphan("web", Cause::ServiceGone);
        orphan.fate = fate;
        assert_eq!(end(&found(vec![orphan], Vec::new()), false), expected);
    }

    #[test]
    fn what_tags_say_cannot_command_the_terminal() {
        let mut orphan = orphan("web", Cause::ServiceGone);
        orphan.owner.namespace = "a\x1b[2Jb".to_owned();
        let text = report(&found(vec![orphan], Vec::new()), false);
        assert!(text.starts_with("Service a\\u{1b}[2Jb/web"), "{text}");
    }
}
