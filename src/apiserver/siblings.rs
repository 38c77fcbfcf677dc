//! Pods of one template are alike but for their names: what the server made of the last one holds for the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::patch::PatchKind;
use crate::api::core::{Pod, PodSpec, PodStatus};
use crate::api::{Object, Shared};

/// What the server makes of a pod that it accepts.
#[derive(Clone, Debug)]
pub struct Made {
    spec: Shared<PodSpec>,
    status: Shared<PodStatus>,
    generation: i64,
    warnings: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Siblings {
    /// The pod that was created last, as it was asked for and as it was made.
    last: Option<(Pod, Made)>,
    /// By node, the spec of the pod that was bound there last, before and after.
    bound: BTreeMap<String, (Shared<PodSpec>, Shared<PodSpec>)>,
    /// By node, what was made of the spec of the pod that was patched there last.
    patched: BTreeMap<String, Patched>,
    /// Those of the pod that was written last.
    labels: Shared<BTreeMap<String, String>>,
    annotations: Shared<BTreeMap<String, String>>,
}

/// A patch of nothing but the spec that was accepted.
#[derive(Clone, Debug)]
struct Patched {
    patch: (PatchKind, Value),
    /// Some of them are warned of.
    annotations: Shared<BTreeMap<String, String>>,
    before: Shared<PodSpec>,
    after: Shared<PodSpec>,
    warnings: Vec<String>,
}

impl Siblings {
    /// What was made of a pod that was asked for in the same words.
    pub fn made(&self, asked: &Object) -> Option<Made> {
        let Object::Pod(asked) = asked else { return None };
        let (_, made) = self.last.as_ref().filter(|(last, _)| *last == **asked)?;
        Some(made.clone())
    }

    pub fn note(&mut self, asked: Pod, pod: &Pod, warnings: &[String]) {
        let made = Made {
            spec: pod.spec.clone(),
            status: pod.status.clone(),
            generation: pod.metadata.generation,
            warnings: warnings.to_vec(),
        };
        self.last = Some((asked, made));
    }

    /// The pod with its spec as the same patch made it of the same spec before, and the warnings.
    pub fn patched(&self, pod: &Object, (kind, patch): (PatchKind, &Value)) -> Option<(Object, Vec<String>)> {
        let Object::Pod(pod) = pod else { return None };
        let known = self.patched.get(&pod.spec.node_name)?;
        let is_alike = known.before.is_same(&pod.spec) && known.annotations == pod.metadata.annotations;
        if !is_alike || known.patch.0 != kind || known.patch.1 != *patch {
            return None;
        }
        let patched = Pod { spec: known.after.clone(), ..Pod::clone(pod) };
        Some((patched.into(), known.warnings.clone()))
    }

    pub fn note_patch(
        &mut self,
        before: &Object,
        (kind, patch): (PatchKind, &Value),
        after: &Object,
        warnings: &[String],
    ) {
        let is_of_spec = patch.as_object().is_some_and(|parts| parts.keys().eq(["spec"]));
        if let (Object::Pod(before), Object::Pod(after), true) = (before, after, is_of_spec) {
            let known = Patched {
                patch: (kind, patch.clone()),
                annotations: before.metadata.annotations.clone(),
                before: before.spec.clone(),
                after: after.spec.clone(),
                warnings: warnings.to_vec(),
            };
            self.patched.insert(before.spec.node_name.clone(), known);
        }
    }

    /// Whether an update's change of the spec was accepted for another pod.
    pub fn have_had(&self, before: &Object, after: &Object) -> bool {
        let (Object::Pod(before), Object::Pod(after)) = (before, after) else { return false };
        self.patched
            .get(&before.spec.node_name)
            .is_some_and(|known| known.before.is_same(&before.spec) && known.after.is_same(&after.spec))
    }

    /// Makes what the pod has like the last one the same memory.
    pub fn share(&mut self, object: &mut Object) {
        let Object::Pod(pod) = object else { return };
        let meta = &mut Arc::make_mut(pod).metadata;
        for (last, own) in
            [(&mut self.labels, &mut meta.labels), (&mut self.annotations, &mut meta.annotations)]
        {
            match last == own {
                true => own.clone_from(last),
                false => last.clone_from(own),
            }
        }
    }

    /// The spec of a pod that is bound to a node.
    pub fn bound(&mut self, spec: &Shared<PodSpec>, node: &str) -> Shared<PodSpec> {
        if let Some((_, bound)) = self.bound.get(node).filter(|(before, _)| before.is_same(spec)) {
            return bound.clone();
        }
        let mut bound = spec.clone();
        node.clone_into(&mut bound.node_name);
        self.bound.insert(node.to_owned(), (spec.clone(), bound.clone()));
        bound
    }
}

impl Made {
    /// Makes the same of another pod. Answers the warnings.
    pub fn give(self, object: &mut Object) -> Vec<String> {
        if let Object::Pod(pod) = object {
            let pod = Arc::make_mut(pod);
            pod.spec = self.spec;
            pod.status = self.status;
            pod.metadata.generation = self.generation;
        }
        self.warnings
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Kind;
    use crate::apiserver::server::{Subresource, WriteOptions};
    use crate::apiserver::{ApiServer, ObjectKey};
    use crate::base::{Random, Time};

    fn pod(image: &str) -> Object {
        let spec = json!({"containers": [{"name": "a", "image": image}]});
        let value = json!({"metadata": {"generateName": "p-", "namespace": "default"}, "spec": spec});
        Object::decode(Kind::Pod, value).expect("a pod")
    }

    fn spec(object: &Object) -> &Shared<PodSpec> {
        let Object::Pod(pod) = object else { panic!("a pod") };
        &pod.spec
    }

    #[test]
    fn pods_asked_for_in_the_same_words_share_their_spec_also_on_their_node() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let mut make = |image| api.create(pod(image)).expect("valid");
        let (first, second, other) = (make("perl"), make("perl"), make("busybox"));
        assert_ne!(first.metadata().name, second.metadata().name);
        assert!(spec(&first).is_same(spec(&second)));
        assert_eq!(spec(&other).containers[0].image, "busybox");
        assert_eq!(spec(&other).containers[0].image_pull_policy, "Always", "it has its defaults");
        let mut bind = |pod: &Object, node| api.bind(&ObjectKey::of(pod), node).expect("free");
        let (first, second, other) = (bind(&first, "a"), bind(&second, "a"), bind(&other, "a"));
        assert!(spec(&first).is_same(spec(&second)));
        assert_eq!((spec(&first).node_name.as_str(), spec(&other).node_name.as_str()), ("a", "a"));
        assert_eq!(spec(&other).containers[0].image, "busybox");
    }

    #[test]
    fn pods_labelled_alike_share_their_labels() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let pods = ["perl", "perl", "perl"].map(|image| api.create(pod(image)).expect("valid"));
        let labelled = [(&pods[0], "x"), (&pods[1], "x"), (&pods[2], "y")].map(|(pod, value)| {
            let patch = json!({"metadata": {"labels": {"a": value}}});
            let change = (PatchKind::JsonMerge, &patch);
            let key = ObjectKey::of(pod);
            api.patch_value(Kind::Pod, &key, Subresource::Main, change, WriteOptions::default())
                .expect("valid")
        });
        let labels = labelled.each_ref().map(|pod| &pod.metadata().labels);
        assert!(labels[0].is_same(labels[1]));
        assert_eq!((&labels[1]["a"][..], &labels[2]["a"][..]), ("x", "y"));
    }

    #[test]
    fn pods_patched_in_the_same_words_share_their_new_spec() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let pods = ["perl", "perl", "busybox"].map(|image| api.create(pod(image)).expect("valid"));
        let mut patch = |pod: &Object, patch| {
            let answer = api.patch_value(
                Kind::Pod,
                &ObjectKey::of(pod),
                Subresource::Main,
                (PatchKind::Strategic, &patch),
                WriteOptions::default(),
            );
            (answer, api.take_warnings())
        };
        let image = |image| json!({"spec": {"containers": [{"name": "a", "image": image}], "odd": 1}});
        let answers = pods.each_ref().map(|pod| patch(pod, image("perl:5")));
        let [first, second, other] = answers.map(|(answer, warnings)| {
            assert_eq!(warnings, ["unknown field \"spec.odd\""]);
            answer.expect("valid")
        });
        assert!(spec(&first).is_same(spec(&second)));
        assert_eq!(spec(&second).containers[0].image, "perl:5");
        assert_eq!((second.metadata().generation, other.metadata().generation), (2, 2));
        assert!(!spec(&first).is_same(spec(&other)), "another policy for pulls was given to it");
        for pod in &pods {
            assert!(patch(pod, json!({"spec": {"restartPolicy": "Never"}})).0.is_err());
        }
    }

    #[test]
    fn what_was_refused_once_is_refused_again() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        api.create(pod("perl")).expect("valid");
        let refusals = [0, 1].map(|_| api.create(pod("")).expect_err("no image"));
        assert_eq!(refusals[0].message.matches("spec.containers[0].image").count(), 1);
        assert_eq!(refusals[1].message.matches("spec.containers[0].image").count(), 1);
    }
}
