//! The content of a pod's volumes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::downward;
use super::env::{Place, config_map, expand, secret};
use crate::api::codec::Codec;
use crate::api::core::{Container, Pod, ResourceFieldSelector};
use crate::apiserver::ApiServer;
use crate::base::base64;
use crate::base::sorted;
use crate::containers::{FileSystem, Volume};

/// Files by their path inside the volume.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a volume holds at first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// An empty directory that the pod's containers share.
    Empty,
    /// Files made from objects; read-only.
    Files(Files),
    /// A directory of the node at this path.
    HostPath(String),
}

/// The content of every volume of the pod by its name.
///
/// # Errors
/// The message of the event `FailedMount`.
// Models pkg/volume/util/operationexecutor/operation_generator.go GenerateMountVolumeFunc
pub fn contents(api: &ApiServer, pod: &Pod, place: &Place) -> Result<BTreeMap<String, Content>, String> {
    let resolve = |volume: &crate::api::core::Volume| {
        let content = content(api, pod, place, &volume.rest);
        let content = content
            .map_err(|error| format!("MountVolume.SetUp failed for volume \"{}\" : {error}", volume.name))?;
        Ok::<_, String>((volume.name.clone(), content))
    };
    let mut contents = BTreeMap::new();
    for volume in &pod.spec.volumes {
        contents.extend([resolve(volume)?]);
    }
    Ok(contents)
}

fn content(
    api: &ApiServer,
    pod: &Pod,
    place: &Place,
    source: &crate::api::codec::Map,
) -> Result<Content, String> {
    let mut files = Files::new();
    let mut any = false;
    if let Some(map) = source.get("configMap") {
        any = true;
        add_config_map(api, pod, map, &mut files)?;
    }
    if let Some(secret) = source.get("secret") {
        any = true;
        add_secret(api, pod, secret, "secretName", &mut files)?;
    }
    if let Some(downward) = source.get("downwardAPI") {
        any = true;
        add_downward(api, pod, place, downward, &mut files)?;
    }
    if let Some(projected) = source.get("projected") {
        any = true;
        for part in projected["sources"].as_array().into_iter().flatten() {
            if let Some(map) = part.get("configMap") {
                add_config_map(api, pod, map, &mut files)?;
            }
            if let Some(secret) = part.get("secret") {
                add_secret(api, pod, secret, "name", &mut files)?;
            }
            if let Some(downward) = part.get("downwardAPI") {
                add_downward(api, pod, place, downward, &mut files)?;
            }
        }
    }
    if let Some(path) = source.get("hostPath").and_then(|host| host["path"].as_str()) {
        return Ok(Content::HostPath(path.to_owned()));
    }
    Ok(if any { Content::Files(files) } else { Content::Empty })
}

fn is_optional(source: &Value) -> bool {
    source["optional"] == Value::Bool(true)
}

fn add_config_map(api: &ApiServer, pod: &Pod, source: &Value, files: &mut Files) -> Result<(), String> {
    let name = source["name"].as_str().unwrap_or_default();
    let map = match config_map(api, &pod.metadata.namespace, name) {
        Ok(map) => map,
        Err(_) if is_optional(source) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut payload: Files =
        sorted::collect(map.data.iter().map(|(k, v)| (k.clone(), v.clone().into_bytes())));
    payload.extend(map.binary_data.iter().map(|(key, value)| (key.clone(), base64::decode_stored(value))));
    add_items(source, payload, "config", files)
}

fn add_secret(
    api: &ApiServer,
    pod: &Pod,
    source: &Value,
    name_field: &str,
    files: &mut Files,
) -> Result<(), String> {
    let name = source[name_field].as_str().unwrap_or_default();
    let secret = match secret(api, &pod.metadata.namespace, name) {
        Ok(secret) => secret,
        Err(_) if is_optional(source) => return Ok(()),
        Err(error) => return Err(error),
    };
    let payload =
        sorted::collect(secret.data.iter().map(|(key, value)| (key.clone(), base64::decode_stored(value))));
    add_items(source, payload, "secret", files)
}

/// All keys, or those that `items` names, under the paths that it gives them.
// Models pkg/volume/configmap/configmap.go MakePayload
fn add_items(source: &Value, payload: Files, what: &str, files: &mut Files) -> Result<(), String> {
    let Some(items) = source["items"].as_array().filter(|items| !items.is_empty()) else {
        files.extend(payload);
        return Ok(());
    };
    for item in items {
        let key = item["key"].as_str().unwrap_or_default();
        match payload.get(key) {
            Some(content) => {
                let path = item["path"].as_str().unwrap_or(key);
                files.insert(path.to_owned(), content.clone());
            }
            None if is_optional(source) => {}
            None => return Err(format!("references non-existent {what} key: {key}")),
        }
    }
    Ok(())
}

fn add_downward(
    api: &ApiServer,
    pod: &Pod,
    place: &Place,
    source: &Value,
    files: &mut Files,
) -> Result<(), String> {
    for item in source["items"].as_array().into_iter().flatten() {
        let path = item["path"].as_str().unwrap_or_default();
        let text = if let Some(field) = item["fieldRef"]["fieldPath"].as_str() {
            downward::field(pod, field, place)?
        } else {
            let selector = ResourceFieldSelector::decode(item["resourceFieldRef"].clone());
            downward::resource(api, pod, &selector.unwrap_or_default(), None)?
        };
        files.insert(path.to_owned(), text.into_bytes());
    }
    Ok(())
}

/// The mounted volumes of one pod.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    contents: BTreeMap<String, Content>,
    /// Storage by volume and path inside it; containers that name the same share it.
    mounted: BTreeMap<(String, String), Volume>,
    /// How often mounting failed.
    pub failures: u32,
}

impl Volumes {
    pub fn new(contents: BTreeMap<String, Content>, host_paths: &mut BTreeMap<String, Volume>) -> Volumes {
        let mut mounted = BTreeMap::new();
        for (name, content) in &contents {
            if let Content::HostPath(path) = content {
                let volume = host_paths.entry(path.clone()).or_default();
                mounted.insert((name.clone(), String::new()), volume.clone());
            }
        }
        Volumes { contents, mounted, failures: 0 }
    }

    /// Mounts what the container asks for.
    // Models pkg/kubelet/kubelet_pods.go makeMounts
    pub fn mount(&mut self, container: &Container, env: &BTreeMap<String, String>, root: &mut FileSystem) {
        for mount in &container.volume_mounts {
            let Some(content) = self.contents.get(&mount.name) else { continue };
            let expression = mount.rest.get("subPathExpr").and_then(Value::as_str);
            let inside = expression.map_or_else(|| mount.sub_path.clone(), |text| expand(text, env));
            let inside = inside.trim_matches('/').to_owned();
            if let Content::Files(files) = content
                && let Some(file) = files.get(&inside).filter(|_| !inside.is_empty())
            {
                let parent = mount.mount_path.rsplit_once('/').map_or("/", |(parent, _)| parent);
                // A path below a file stays empty, as a failed mount would be.
                let _ = root.make_directories(parent);
                let _ = root.write(&mount.mount_path, file);
                continue;
            }
            let read_only = mount.read_only || matches!(content, Content::Files(_));
            let storage = self.mounted.entry((mount.name.clone(), inside.clone())).or_insert_with(|| {
                let volume = Volume::new();
                if let Content::Files(files) = content {
                    let prefix = if inside.is_empty() { String::new() } else { format!("{inside}/") };
                    for (path, bytes) in files {
                        if let Some(path) = path.strip_prefix(prefix.as_str()) {
                            volume.write(path, bytes);
                        }
                    }
                }
                volume
            });
            root.mount(&mount.mount_path, storage.clone(), read_only);
        }
    }
}
