//! What the statuses of a node's pods tell alike: pods of a Job have the same images and resources, and share the words.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::images::parse_reference;
use crate::api::Shared;
use crate::api::codec::{Codec, Map};
use crate::api::core::{PodCondition, ResourceRequirements};

/// For so many lists of conditions it is remembered that they were told.
const CONDITIONS_KEPT: usize = 8;

/// An image as statuses name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageNames {
    /// In full; as it was given when it is no reference.
    pub image: String,
    /// By its content.
    pub id: String,
}

/// What the runtime tells of a container that was made.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub allocated_resources: Shared<Map>,
    pub resources: Shared<Map>,
    pub user: Shared<Map>,
}

#[derive(Clone, Debug, Default)]
pub struct Common {
    images: BTreeMap<String, ImageNames>,
    /// Of the container that was asked for last.
    runtime: Option<(ResourceRequirements, Runtime)>,
    /// Of pods whose conditions were told last, the newest at the end.
    conditions: VecDeque<Shared<Vec<PodCondition>>>,
}

impl Common {
    pub fn image(&mut self, image: &str) -> &ImageNames {
        if !self.images.contains_key(image) {
            let names = match parse_reference(image) {
                Ok(reference) => ImageNames { image: reference.to_string(), id: reference.image_id() },
                Err(_) => ImageNames { image: image.to_owned(), id: String::new() },
            };
            self.images.insert(image.to_owned(), names);
        }
        &self.images[image]
    }

    /// The resources and the user of a container that was made.
    pub fn runtime(&mut self, resources: &ResourceRequirements) -> Runtime {
        if let Some((_, told)) = self.runtime.as_ref().filter(|(known, _)| known == resources) {
            return told.clone();
        }
        let told = Runtime::of(resources);
        self.runtime = Some((resources.clone(), told.clone()));
        told
    }

    /// Pods that start or end in the same second are in the same conditions.
    pub fn conditions(&mut self, conditions: Vec<PodCondition>) -> Shared<Vec<PodCondition>> {
        if let Some(told) = self.conditions.iter().rev().find(|told| ***told == conditions) {
            return told.clone();
        }
        if self.conditions.len() == CONDITIONS_KEPT {
            self.conditions.pop_front();
        }
        let told = Shared::from(conditions);
        self.conditions.push_back(told.clone());
        told
    }
}

impl Runtime {
    fn of(resources: &ResourceRequirements) -> Runtime {
        let (limits, requests) = (resources.limits.encode(), resources.requests.encode());
        let allocated_resources = match &requests {
            Some(Value::Object(requests)) => requests.clone().into(),
            _ => Shared::empty(),
        };
        let given = [("limits", limits), ("requests", requests)].into_iter();
        let shown = given.filter_map(|(name, amounts)| Some((name.to_owned(), amounts?)));
        let linux = json!({"gid": 0, "supplementalGroups": [0, 10], "uid": 0});
        let user = [("linux".to_owned(), linux)];
        Runtime { allocated_resources, resources: shown.collect(), user: user.into_iter().collect() }
    }
}
