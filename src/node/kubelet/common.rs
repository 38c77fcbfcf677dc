//! What the statuses of a node's pods tell alike: pods of a Job have the same images and resources, and share the words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::images::parse_reference;
use crate::api::Shared;
use crate::api::codec::{Codec, Map};
use crate::api::core::ResourceRequirements;

/// An image as statuses name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageNames {
    /// In full; as it was given when it is no reference.
    pub image: String,
    /// By its content.
    pub id: String,
}

#[derive(Clone, Debug, Default)]
pub struct Common {
    images: BTreeMap<String, ImageNames>,
    /// Of the container that was asked for last.
    runtime: Option<(ResourceRequirements, Shared<Map>)>,
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
    pub fn runtime(&mut self, resources: &ResourceRequirements) -> Shared<Map> {
        if let Some((_, told)) = self.runtime.as_ref().filter(|(known, _)| known == resources) {
            return told.clone();
        }
        let told = Shared::from(runtime(resources));
        self.runtime = Some((resources.clone(), told.clone()));
        told
    }
}

fn runtime(resources: &ResourceRequirements) -> Map {
    let mut told = Map::new();
    let mut shown = Map::new();
    if let Some(limits) = resources.limits.encode() {
        shown.insert("limits".to_owned(), limits);
    }
    if let Some(requests) = resources.requests.encode() {
        told.insert("allocatedResources".to_owned(), requests.clone());
        shown.insert("requests".to_owned(), requests);
    }
    told.insert("resources".to_owned(), Value::Object(shown));
    told.insert("user".to_owned(), json!({"linux": {"gid": 0, "supplementalGroups": [0, 10], "uid": 0}}));
    told
}
