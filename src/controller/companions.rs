//! Services whose load balancer forwards to other Services of their namespace too: what the others are, and whom a change
//! of one of them concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::stream::iter;
use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1 as k8s;
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::{self, Event};

use super::claim::Claim;
use super::reconcile::Context;
use crate::provider::LoadBalancerProvider;
use crate::service::{Service, ServicePort};

impl<P: LoadBalancerProvider> Context<P> {
    /// What `object` asks for, together with the ports of its companions as the watch has delivered them last.
    #[must_use]
    pub fn declared(&self, object: &k8s::Service) -> Service {
        let namespace = object.namespace().unwrap_or_default();
        let ports = |name: &str| {
            let companion = self.store.get(&ObjectRef::new(name).within(&namespace))?;
            Some(Service::from(&*companion).ports)
        };
        accompanied(object, self.companions(object), ports)
    }

    /// Names of the other Services that `object` needs; none where it is not ours to serve.
    fn companions(&self, object: &k8s::Service) -> BTreeSet<String> {
        if self.claims.of(object) == Claim::Held {
            names(object, |annotations| self.provider.companions(annotations))
        } else {
            BTreeSet::new()
        }
    }
}

/// Names of the other Services that `object` needs, of those that `named` reads in its annotations: it is no companion of
/// itself.
pub fn names(
    object: &k8s::Service,
    named: impl FnOnce(&BTreeMap<String, String>) -> BTreeSet<String>,
) -> BTreeSet<String> {
    let mut names = named(object.annotations());
    names.remove(&object.name_any());
    names
}

/// What `object` asks for, together with the ports of these companions, as far as `ports` knows them.
pub fn accompanied(
    object: &k8s::Service,
    companions: BTreeSet<String>,
    ports: impl Fn(&str) -> Option<Vec<ServicePort>>,
) -> Service {
    let known = companions.into_iter().filter_map(|name| {
        let ports = ports(&name)?;
        Some((name, ports))
    });
    Service {
        companions: known.collect(),
        ..Service::from(object)
    }
}

/// The Services to pass over, in the order of what the watch delivers: each that has changed, and those that have it as
/// companion. `events` must have reached the store before. A list that the watch begins anew with concerns all: what was
/// deleted meanwhile is in no event.
pub fn concerned<P: LoadBalancerProvider>(
    events: impl Stream<Item = watcher::Result<Event<k8s::Service>>>,
    context: Arc<Context<P>>,
) -> impl Stream<Item = watcher::Result<ObjectRef<k8s::Service>>> {
    let mut dependents = Dependents::default();
    events.flat_map(move |event| {
        let event = match event {
            Ok(event) => event,
            Err(error) => return iter(vec![Err(error)]),
        };
        let concerned = dependents.follow(event, &context.store, |object| context.companions(object));
        iter(concerned.into_iter().map(Ok).collect::<Vec<_>>())
    })
}

/// All Services of the store, in the order of their names: a run can be repeated.
pub fn all(store: &Store<k8s::Service>) -> Vec<ObjectRef<k8s::Service>> {
    let services = store.state();
    let mut all: Vec<_> = services.iter().map(|service| ObjectRef::from_obj(&**service)).collect();
    all.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    all
}

/// The Services that have companions, with their names. Few do, so that most changes find it empty.
#[derive(Debug, Default)]
struct Dependents(HashMap<ObjectRef<k8s::Service>, BTreeSet<String>>);

impl Dependents {
    /// Whom `event` concerns.
    fn follow(
        &mut self,
        event: Event<k8s::Service>,
        store: &Store<k8s::Service>,
        companions: impl Fn(&k8s::Service) -> BTreeSet<String>,
    ) -> Vec<ObjectRef<k8s::Service>> {
        match event {
            Event::Init => self.0.clear(),
            Event::InitApply(object) => self.note(ObjectRef::from_obj(&object), companions(&object)),
            Event::InitDone => return all(store),
            Event::Apply(object) => {
                let changed = ObjectRef::from_obj(&object);
                self.note(changed.clone(), companions(&object));
                return std::iter::once(changed.clone()).chain(self.of(&changed)).collect();
            }
            Event::Delete(object) => {
                let gone = ObjectRef::from_obj(&object);
                self.0.remove(&gone);
                return self.of(&gone).collect();
            }
        }
        Vec::new()
    }

    fn note(&mut self, service: ObjectRef<k8s::Service>, companions: BTreeSet<String>) {
        if companions.is_empty() {
            self.0.remove(&service);
        } else {
            self.0.insert(service, companions);
        }
    }

    /// The Services that have `companion`.
    fn of(&self, companion: &ObjectRef<k8s::Service>) -> impl Iterator<Item = ObjectRef<k8s::Service>> {
        let dependents = self
            .0
            .iter()
            .filter(|(service, names)| service.namespace == companion.namespace && names.contains(&companion.name));
        dependents.map(|(service, _)| service.clone())
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector::store;
    use rstest::rstest;
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_service_is_accompanied_by_the_others_that_exist_and_not_by_itself() {
        let web = service("shop", "web", "");
        let named = |_: &BTreeMap<String, String>| ["web", "canary", "gone"].map(str::to_owned).into();
        let names = names(&web, named);
        assert_eq!(names, ["canary", "gone"].map(str::to_owned).into());
        let accompanied = accompanied(&web, names, |name| (name == "canary").then(Vec::new));
        assert_eq!(accompanied.companions.keys().collect::<Vec<_>>(), ["canary"]);
    }

    #[rstest]
    #[case::created_or_changed(Event::Apply(service("shop", "api", "")), &["api", "mirror", "web"])]
    #[case::deleted(Event::Delete(service("shop", "api", "")), &["mirror", "web"])]
    #[case::another(Event::Apply(service("shop", "db", "")), &["db"])]
    #[case::its_namesake_elsewhere(Event::Apply(service("farm", "api", "")), &["api"])]
    #[case::one_that_has_companions_itself(Event::Apply(service("shop", "web", "api")), &["web"])]
    #[case::one_that_has_companions_goes(Event::Delete(service("shop", "web", "api")), &[])]
    fn a_change_concerns_the_service_and_those_that_have_it_as_companion(
        #[case] event: Event<k8s::Service>,
        #[case] expected: &[&str],
    ) {
        let mut dependents = Dependents::default();
        for (name, companions) in [("web", "api,db2"), ("mirror", "api"), ("plain", "")] {
            dependents.note(
                ObjectRef::new(name).within("shop"),
                named(&service("shop", name, companions)),
            );
        }
        assert_eq!(follow(&mut dependents, event), expected);
    }

    #[test]
    fn a_companion_that_is_no_more_wanted_concerns_nobody_else() {
        let mut dependents = Dependents::default();
        follow(&mut dependents, Event::Apply(service("shop", "web", "api")));
        follow(&mut dependents, Event::Apply(service("shop", "web", "")));
        assert_eq!(
            follow(&mut dependents, Event::Apply(service("shop", "api", ""))),
            ["api"]
        );
        assert!(dependents.0.is_empty());
    }

    #[test]
    fn a_list_that_begins_anew_forgets_what_was_deleted_meanwhile() {
        let mut dependents = Dependents::default();
        follow(&mut dependents, Event::Apply(service("shop", "web", "api")));
        for event in [Event::Init, Event::InitApply(service("shop", "mirror", "api"))] {
            assert!(follow(&mut dependents, event).is_empty());
        }
        let gone = Event::Delete(service("shop", "api", ""));
        assert_eq!(follow(&mut dependents, gone), ["mirror"]);
    }

    #[test]
    fn a_complete_list_concerns_all() {
        let (store, mut writer) = store();
        let events = [
            Event::Init,
            Event::InitApply(service("shop", "web", "")),
            Event::InitApply(service("shop", "api", "")),
            Event::InitDone,
        ];
        events.iter().for_each(|event| writer.apply_watcher_event(event));
        let concerned = Dependents::default().follow(Event::InitDone, &store, named);
        assert_eq!(sorted(concerned), ["api", "web"]);
    }

    fn follow(dependents: &mut Dependents, event: Event<k8s::Service>) -> Vec<String> {
        sorted(dependents.follow(event, &store().0, named))
    }

    fn sorted(concerned: Vec<ObjectRef<k8s::Service>>) -> Vec<String> {
        let mut names: Vec<_> = concerned.into_iter().map(|service| service.name).collect();
        names.sort();
        names
    }

    fn named(object: &k8s::Service) -> BTreeSet<String> {
        let names = &object.annotations()["companions"];
        names.split_terminator(',').map(str::to_owned).collect()
    }

    fn service(namespace: &str, name: &str, companions: &str) -> k8s::Service {
        let annotations = json!({"companions": companions});
        from_value(json!({"metadata": {"namespace": namespace, "name": name, "annotations": annotations}})).unwrap()
    }
}
