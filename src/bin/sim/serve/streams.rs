//! Answers that go on: watches and followed logs.

use std::io::Result;
use std::thread;

use serde_json::json;
use zadachnik::api::core::Pod;
use zadachnik::api::meta::ResourceVersion;
use zadachnik::api::{Kind, Object, Status};
use zadachnik::apiserver::ObjectKey;
use zadachnik::base::{Duration, Timestamp};
use zadachnik::kubectl::commands::logs_print::{Options, Source, print_source};
use zadachnik::kubectl::objects::{Info, Selectors};
use zadachnik::kubectl::resources::Resource;
use zadachnik::kubectl::{Context, Desk, Stdin};

use super::http::{Answer, Connection, Request};
use super::paths::Target;
use super::{Shared, World, objects, present, status, table};

/// How often the cluster is looked at for news.
const EVERY: std::time::Duration = std::time::Duration::from_millis(20);

#[derive(Debug)]
pub struct Watch {
    resource: &'static Resource,
    namespace: Option<String>,
    selectors: Selectors,
    /// Changes after this version are told; without one the watch begins with what is there.
    version: Option<ResourceVersion>,
    as_table: bool,
    include: String,
    /// Real time after which the server ends the watch, as it does on request.
    timeout: Option<std::time::Duration>,
}

impl Watch {
    pub fn of(request: &Request, target: &Target, selectors: Selectors) -> Watch {
        let version = request.param("resourceVersion").parse().ok().filter(|version| *version > 0);
        let seconds = request.param("timeoutSeconds").parse().ok();
        Watch {
            resource: target.resource,
            namespace: target.namespace.clone(),
            selectors,
            version: version.map(ResourceVersion),
            as_table: table::is_wanted(request),
            include: request.param("includeObject").to_owned(),
            timeout: seconds.map(std::time::Duration::from_secs),
        }
    }

    /// The lines that are new since the last look.
    fn news(&mut self, world: &World) -> std::result::Result<String, Status> {
        let cluster = &world.cluster;
        let now_at = cluster.api().version();
        let Some(version) = self.version.replace(now_at) else {
            let infos = self.selectors.list(cluster, self.resource, self.namespace.as_deref())?;
            return Ok(infos.iter().map(|info| self.line("ADDED", info, world)).collect());
        };
        let mut text = String::new();
        for change in cluster.api().changes_since(version)? {
            let meta = change.object.metadata();
            let here = self.namespace.as_ref().is_none_or(|wanted| *wanted == meta.namespace);
            if !here || Some(change.object.kind()) != self.resource.stored {
                continue;
            }
            if let Some(event) = self.selectors.watched(change) {
                text += &self.line(event, &Info::stored(self.resource, change.object.clone()), world);
            }
        }
        Ok(text)
    }

    fn line(&self, event: &str, info: &Info, world: &World) -> String {
        let version = self.version.map_or(0, |version| version.0);
        let object = match self.as_table {
            true => table::table(
                self.resource,
                std::slice::from_ref(info),
                version,
                &self.include,
                world.cluster.now(),
            ),
            false => info.item.to_value(),
        };
        format!("{}\n", json!({"type": event, "object": object}))
    }
}

pub fn watch(connection: &mut Connection, shared: &Shared, mut watch: Watch) -> Result<()> {
    connection.begin_stream("application/json")?;
    let mut waited = std::time::Duration::ZERO;
    while !connection.is_closed() && watch.timeout.is_none_or(|timeout| waited < timeout) {
        let news = watch.news(&present(shared));
        match news {
            Ok(text) if text.is_empty() => {}
            Ok(text) => connection.send_chunk(&text)?,
            Err(problem) => {
                connection.send_chunk(&format!("{}\n", objects::error_event(&problem)))?;
                break;
            }
        }
        thread::sleep(EVERY);
        waited += EVERY;
    }
    connection.end_stream()
}

/// A container's log, perhaps followed to its end.
#[derive(Debug)]
pub struct Follow {
    key: ObjectKey,
    container: String,
    options: Options,
    since: Option<Duration>,
}

impl Follow {
    pub fn of(request: &Request, target: &Target) -> Follow {
        let number = |name: &str| request.param(name).parse::<i64>().ok();
        let options = Options {
            follow: request.flag("follow"),
            previous: request.flag("previous"),
            timestamps: request.flag("timestamps"),
            tail: number("tailLines"),
            since: Timestamp::parse_rfc3339(request.param("sinceTime")).map(Timestamp::to_time),
            limit_bytes: number("limitBytes").and_then(|limit| usize::try_from(limit).ok()),
            ..Options::default()
        };
        let (namespace, name) = (target.namespace.clone(), target.name.clone());
        Follow {
            key: ObjectKey::new(namespace.unwrap_or_default(), name.unwrap_or_default()),
            container: request.param("container").to_owned(),
            options,
            since: number("sinceSeconds").map(Duration::from_secs),
        }
    }

    /// The container that is read: the only one when none is named.
    // Models pkg/registry/core/pod/strategy.go LogLocation
    fn source(&self, pod: &Pod) -> std::result::Result<Source, Status> {
        let all = pod.spec.init_containers.iter().chain(&pod.spec.containers);
        let names: Vec<&str> = all.map(|container| container.name.as_str()).collect();
        let pod = &self.key.name;
        let name = match (self.container.as_str(), names.as_slice()) {
            ("", [only]) => only,
            ("", _) => {
                let message = format!(
                    "a container name must be specified for pod {pod}, choose one of: [{}]",
                    names.join(" ")
                );
                return Err(Status::bad_request(message));
            }
            (name, names) if names.contains(&name) => name,
            (name, _) => {
                return Err(Status::bad_request(format!("container {name} is not valid for pod {pod}")));
            }
        };
        Ok(Source::new(self.key.clone(), name))
    }

    fn begin(&mut self, world: &World) -> std::result::Result<Source, Status> {
        if let Some(since) = self.since {
            self.options.since = Some(world.cluster.now() + Duration::from_millis(-since.as_millis()));
        }
        match world.cluster.api().get(Kind::Pod, &self.key)? {
            Object::Pod(pod) => self.source(pod),
            _ => Err(Status::not_found(Kind::Pod, &self.key.name)),
        }
    }

    fn news(&self, world: &mut World, source: &mut Source) -> std::result::Result<String, Status> {
        let mut out = Vec::new();
        let started = world.cluster.now();
        let mut context = Context {
            cluster: &mut world.cluster,
            desk: &mut Desk::default(),
            stdin: &mut Stdin::empty(),
            out: &mut out,
            started,
        };
        source.ended = !self.options.follow || source.has_ended(&context);
        print_source(&mut context, &self.options, source)?;
        Ok(out.into_iter().map(|(_, text)| text).collect())
    }
}

pub fn follow(connection: &mut Connection, shared: &Shared, mut follow: Follow) -> Result<()> {
    let begun = {
        let mut world = present(shared);
        follow.begin(&world).and_then(|mut source| Ok((follow.news(&mut world, &mut source)?, source)))
    };
    let (text, mut source) = match begun {
        Ok(begun) => begun,
        Err(problem) => return connection.send(&status::refusal(&problem)),
    };
    if source.ended {
        return connection.send(&Answer::Text { code: 200, text });
    }
    connection.begin_stream("text/plain")?;
    if !text.is_empty() {
        connection.send_chunk(&text)?;
    }
    while !source.ended && !connection.is_closed() {
        thread::sleep(EVERY);
        let news = follow.news(&mut present(shared), &mut source);
        match news {
            Ok(text) if text.is_empty() => {}
            Ok(text) => connection.send_chunk(&text)?,
            Err(_) => break,
        }
    }
    connection.end_stream()
}
