//! Images on a node: which are there, how they are pulled and how a pull fails.

use std::collections::BTreeMap;

use super::script::ImageScript;
use crate::api::core::pull_policy;
use crate::base::{Digest, Duration, Random, Time, ids};

/// A pull of an image whose layers are there already only asks the registry for the manifest.
const MANIFEST_ONLY: Duration = Duration::from_millis(450);
/// How long the registry takes to refuse.
const REFUSAL: Duration = Duration::from_millis(900);

/// A reference in its parts: `docker.io/library/perl:5.34`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    pub domain: String,
    pub path: String,
    pub tag: String,
    pub digest: String,
}

/// Why an image is not usable: the reason that the container waits with, and its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageTrouble {
    pub reason: &'static str,
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImageAnswer {
    Present,
    /// A pull began; `result` is known now and told at `until`.
    Pulling {
        until: Time,
        took: Duration,
        waited: Duration,
        size_bytes: u64,
        result: Result<(), ImageTrouble>,
    },
    Refused(ImageTrouble),
}

/// What is known of an image before it is pulled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageFacts {
    pub size_bytes: u64,
    pub pull: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct Images {
    /// Images with the instant from which each is there.
    present: BTreeMap<String, Time>,
    /// Pulls follow one another: the instant at which the last one ends.
    busy_until: Time,
    pub registry_down: bool,
}

/// Parses an image reference; the error is the parser's text.
// Models github.com/distribution/reference ParseNormalizedNamed
pub fn parse_reference(image: &str) -> Result<Reference, String> {
    let invalid = || "invalid reference format".to_owned();
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let (domain, rest) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name),
    };
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (rest, ""),
    };
    let path = if domain == "docker.io" && !path.contains('/') {
        format!("library/{path}")
    } else {
        path.to_owned()
    };
    let has_upper = path.bytes().any(|b| b.is_ascii_uppercase());
    if has_upper && is_path(&path.to_ascii_lowercase()) {
        return Err(format!("invalid reference format: repository name ({path}) must be lowercase"));
    }
    let tag_ok = tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        && tag.len() <= 128
        && !tag.starts_with(['.', '-']);
    let digest_ok = digest.is_empty()
        || digest.split_once(':').is_some_and(|(algorithm, hex)| {
            !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        });
    let colon_without_tag = tag.is_empty() && rest.ends_with(':');
    if !is_path(&path)
        || !tag_ok
        || !digest_ok
        || colon_without_tag
        || image.contains('@') && digest.is_empty()
    {
        return Err(invalid());
    }
    let tag = if tag.is_empty() && digest.is_empty() { "latest" } else { tag };
    Ok(Reference { domain: domain.to_owned(), path, tag: tag.to_owned(), digest: digest.to_owned() })
}

fn is_path(path: &str) -> bool {
    path.split('/').all(|part| {
        let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        edge(part.as_bytes().first())
            && edge(part.as_bytes().last())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
    })
}

/// `docker.io/library/perl:5.34`.
impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if !self.tag.is_empty() {
            write!(f, ":{}", self.tag)?;
        }
        if !self.digest.is_empty() {
            write!(f, "@{}", self.digest)?;
        }
        Ok(())
    }
}

impl Reference {
    /// A digest that stands for the image's content: the same reference always has the same.
    pub fn image_id(&self) -> String {
        let mut seed = Digest::default();
        seed.add(&self.to_string());
        let digest = match self.digest.as_str() {
            "" => format!("sha256:{}", ids::hex64(&mut Random::new(seed.number()))),
            digest => digest.to_owned(),
        };
        format!("{}/{}@{digest}", self.domain, self.path)
    }
}

impl Images {
    /// The image is there without a pull.
    pub fn preload(&mut self, image: &str) {
        if let Ok(reference) = parse_reference(image) {
            self.present.insert(reference.to_string(), Time::default());
        }
    }

    fn arrives(&self, reference: &Reference) -> Option<Time> {
        self.present.get(&reference.to_string()).copied()
    }

    /// What becomes of a container's image. `facts` are those of the registry; `None` is an unknown image.
    // Models pkg/kubelet/images/image_manager.go EnsureImageExists
    pub fn request(
        &mut self,
        image: &str,
        policy: &str,
        facts: Option<ImageFacts>,
        now: Time,
    ) -> ImageAnswer {
        let reference = match parse_reference(image) {
            Ok(reference) => reference,
            Err(error) => return ImageAnswer::Refused(invalid_name(image, &error)),
        };
        let arrives = self.arrives(&reference);
        let present = arrives.is_some_and(|at| at <= now);
        if present && policy != pull_policy::ALWAYS {
            return ImageAnswer::Present;
        }
        if policy == pull_policy::NEVER {
            let message = format!("Container image \"{image}\" is not present with pull policy of Never");
            return ImageAnswer::Refused(ImageTrouble { reason: "ErrImageNeverPull", message });
        }
        let result = match (self.registry_down, facts) {
            (true, _) => Err(pull_trouble(&reference, &unreachable(&reference))),
            (false, None) => Err(pull_trouble(&reference, &unknown(&reference))),
            (false, Some(_)) => Ok(()),
        };
        let took = match (&result, facts) {
            (Ok(()), Some(facts)) if arrives.is_none() => facts.pull,
            (Ok(()), _) => MANIFEST_ONLY,
            (Err(_), _) => REFUSAL,
        };
        let begin = now.max(self.busy_until);
        self.busy_until = begin + took;
        if result.is_ok() {
            // Whoever pulls next waits for this pull and then finds the layers.
            self.present.entry(reference.to_string()).or_insert(self.busy_until);
        }
        let size_bytes = facts.map_or(0, |facts| facts.size_bytes);
        let waited = self.busy_until - now;
        ImageAnswer::Pulling { until: self.busy_until, took, waited, size_bytes, result }
    }

    /// The same for a scripted life.
    pub fn request_scripted(&mut self, image: &str, script: ImageScript, now: Time) -> ImageAnswer {
        let reference = match parse_reference(image) {
            Ok(reference) => reference,
            Err(error) => return ImageAnswer::Refused(invalid_name(image, &error)),
        };
        let pulling = |took: Duration, result| ImageAnswer::Pulling {
            until: now + took,
            took,
            waited: took,
            size_bytes: 2_219_949,
            result,
        };
        match script {
            ImageScript::Fails => pulling(Duration::ZERO, Err(pull_trouble(&reference, &denied(&reference)))),
            ImageScript::Pull(took) if self.arrives(&reference).is_none_or(|at| at > now) => {
                self.present.entry(reference.to_string()).or_insert(now + took);
                pulling(took, Ok(()))
            }
            ImageScript::Pull(_) | ImageScript::Present => ImageAnswer::Present,
        }
    }
}

fn invalid_name(image: &str, error: &str) -> ImageTrouble {
    let message = format!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {error}"
    );
    ImageTrouble { reason: "InvalidImageName", message }
}

fn pull_trouble(reference: &Reference, cause: &str) -> ImageTrouble {
    let message = format!(
        "failed to pull and unpack image \"{reference}\": failed to resolve reference \"{reference}\": {cause}"
    );
    ImageTrouble { reason: "ErrImagePull", message }
}

fn denied(_: &Reference) -> String {
    "pull access denied, repository does not exist or may require authorization: server message: \
     insufficient_scope: authorization failed"
        .to_owned()
}

/// How the registry refuses: what exists in another version is not found, everything else is denied.
fn unknown(reference: &Reference) -> String {
    let own_library = reference.domain == "docker.io" && reference.path.starts_with("library/");
    match reference.domain.as_str() {
        "docker.io" if own_library && is_known_repository(reference) => format!("{reference}: not found"),
        "docker.io" => denied(reference),
        "registry.k8s.io" | "quay.io" | "ghcr.io" | "gcr.io" | "mcr.microsoft.com" => {
            format!("{reference}: not found")
        }
        domain => {
            let (path, tag) = (&reference.path, &reference.tag);
            let host = domain.split(':').next().unwrap_or_default();
            format!(
                "failed to do request: Head \"https://{domain}/v2/{path}/manifests/{tag}\": dial tcp: lookup \
                 {host} on 192.168.49.1:53: no such host"
            )
        }
    }
}

fn is_known_repository(reference: &Reference) -> bool {
    const OFFICIAL: &[&str] = &[
        "alpine",
        "bash",
        "busybox",
        "centos",
        "debian",
        "fedora",
        "golang",
        "httpd",
        "memcached",
        "mysql",
        "nginx",
        "node",
        "openjdk",
        "perl",
        "php",
        "postgres",
        "python",
        "rabbitmq",
        "redis",
        "ruby",
        "rust",
        "ubuntu",
    ];
    OFFICIAL.iter().any(|name| reference.path.strip_prefix("library/") == Some(name))
}

fn unreachable(reference: &Reference) -> String {
    let host = if reference.domain == "docker.io" { "registry-1.docker.io" } else { &reference.domain };
    let manifest = if reference.digest.is_empty() { &reference.tag } else { &reference.digest };
    format!(
        "failed to do request: Head \"https://{host}/v2/{}/manifests/{manifest}\": dial tcp: lookup {host} on \
         192.168.49.1:53: server misbehaving",
        reference.path
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_get_their_defaults() {
        let lower = "invalid reference format: repository name (library/BusyBox) must be lowercase";
        let cases = [
            ("perl:5.34", Ok("docker.io/library/perl:5.34")),
            ("busybox", Ok("docker.io/library/busybox:latest")),
            ("nosuch/image:1", Ok("docker.io/nosuch/image:1")),
            ("registry.k8s.io/pause:3.10", Ok("registry.k8s.io/pause:3.10")),
            ("localhost:5000/a/b", Ok("localhost:5000/a/b:latest")),
            ("BAD image", Err("invalid reference format")),
            ("BusyBox", Err(lower)),
            ("busybox:", Err("invalid reference format")),
            ("", Err("invalid reference format")),
        ];
        for (image, expect) in cases {
            let parsed = parse_reference(image).map(|reference| reference.to_string());
            assert_eq!(parsed.as_deref().map_err(String::as_str), expect, "{image}");
        }
    }

    #[test]
    fn pulls_wait_for_one_another_and_happen_once() {
        let facts = Some(ImageFacts { size_bytes: 1, pull: Duration::from_secs(3) });
        let mut images = Images::default();
        let ends =
            [0, 1].map(|_| match images.request("perl:5.34", "IfNotPresent", facts, Time::default()) {
                ImageAnswer::Pulling { until, .. } => until.as_millis(),
                _ => -1,
            });
        assert_eq!(ends, [3_000, 3_450], "the second waits and then finds the layers");
        let later = images.request("perl:5.34", "IfNotPresent", facts, Time::from_millis(3_000));
        assert_eq!(later, ImageAnswer::Present);
    }
}
