//! Requests on objects: what the API server's endpoints do with them.

use serde_json::{Value, json};
use zadachnik::api::decode::{Validation, decode};
use zadachnik::api::status::StatusReason;
use zadachnik::api::{Kind, Object, Status};
use zadachnik::apiserver::managers::Apply;
use zadachnik::apiserver::selectors::{FieldQuery, LabelQuery};
use zadachnik::apiserver::{
    DeleteOptions, ObjectKey, PatchKind, Preconditions, Propagation, Subresource, WriteOptions,
};
use zadachnik::kubectl::commands::patch::json_value;
use zadachnik::kubectl::objects::{self, Info, Selectors};
use zadachnik::kubectl::select::ENDPOINTS_ARE_DEPRECATED;

use super::World;
use super::http::{Answer, Request};
use super::paths::Target;
use super::protobuf;
use super::status::{self, method_not_allowed, refusal};
use super::streams::{Follow, Watch};
use super::table;

pub fn answer(world: &mut World, request: &Request, target: &Target) -> Answer {
    world.cluster.api_mut().write_as(Some(writer(request)));
    let answer = answer_writer(world, request, target);
    world.cluster.api_mut().write_as(None);
    answer
}

fn answer_writer(world: &mut World, request: &Request, target: &Target) -> Answer {
    let outcome = match (request.method.as_str(), target.subresource.as_str()) {
        ("GET", "log") => return Answer::Follow(Box::new(Follow::of(request, target))),
        ("GET", "") if request.flag("watch") => watch(request, target),
        ("GET", "" | "status") => read(world, request, target),
        ("POST", "eviction") => evict(world, request, target),
        ("POST", "") => create(world, request, target),
        ("PUT", "" | "status") => update(world, request, target),
        ("PATCH", "" | "status") => patch(world, request, target),
        ("DELETE", "") => delete(world, request, target),
        (_, "") => return method_not_allowed(),
        _ => return status::no_such_resource(),
    };
    let mut answer = outcome.unwrap_or_else(|status| refusal(&status));
    if let Answer::Json { warnings, .. } = &mut answer
        && target.resource.plural == "endpoints"
    {
        warnings.push(ENDPOINTS_ARE_DEPRECATED.to_owned());
    }
    answer
}

/// In whose name a request writes: by its own word, else by its program's name.
fn writer(request: &Request) -> String {
    let agent = request.header("user-agent").split('/').next().unwrap_or_default();
    let given = request.param("fieldManager");
    if given.is_empty() { agent.to_owned() } else { given.to_owned() }
}

fn stored_kind(target: &Target) -> Result<Kind, Status> {
    target.resource.stored.ok_or_else(|| {
        let message = format!("objects of kind {} are not simulated here", target.resource.kind);
        Status { reason: StatusReason::MethodNotAllowed, ..Status::bad_request(message) }
    })
}

fn key(target: &Target) -> ObjectKey {
    ObjectKey::new(target.namespace.clone().unwrap_or_default(), target.name.clone().unwrap_or_default())
}

fn subresource(target: &Target) -> Subresource {
    if target.subresource == "status" { Subresource::Status } else { Subresource::Main }
}

fn selectors(request: &Request) -> Selectors {
    let text = |name: &str| request.param(name).to_owned();
    Selectors { labels: text("labelSelector"), fields: text("fieldSelector") }
}

/// The server refuses selectors in its own words, before it looks at any object.
fn check_selectors(target: &Target, selectors: &Selectors) -> Result<(), Status> {
    LabelQuery::parse(&selectors.labels)?;
    if let Some(kind) = target.resource.stored {
        FieldQuery::parse(kind, &selectors.fields)?;
    }
    Ok(())
}

fn watch(request: &Request, target: &Target) -> Result<Answer, Status> {
    let selectors = selectors(request);
    check_selectors(target, &selectors)?;
    Ok(Answer::Watch(Box::new(Watch::of(request, target, selectors))))
}

fn read(world: &World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let cluster = &world.cluster;
    let (resource, version) = (target.resource, cluster.api().version().0);
    let shown = |infos: &[Info]| {
        table::table(resource, infos, version, request.param("includeObject"), cluster.now())
    };
    let Some(name) = &target.name else {
        let selectors = selectors(request);
        check_selectors(target, &selectors)?;
        let infos = selectors.list(cluster, resource, target.namespace.as_deref())?;
        if table::is_wanted(request) {
            return Ok(Answer::json(200, shown(&infos)));
        }
        let items: Vec<Value> = infos.iter().map(|info| info.item.to_value()).collect();
        return Ok(Answer::json(
            200,
            json!({
                "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version,
                "metadata": {"resourceVersion": version.to_string()}, "items": items,
            }),
        ));
    };
    let info = objects::get(cluster, resource, target.namespace.as_deref().unwrap_or_default(), name)?;
    let value = if table::is_wanted(request) { shown(&[info]) } else { info.item.to_value() };
    Ok(Answer::json(200, value))
}

fn dry_run(request: &Request) -> WriteOptions {
    WriteOptions { dry_run: request.param("dryRun") == "All" }
}

fn validation(request: &Request) -> Validation {
    match request.param("fieldValidation") {
        "Strict" => Validation::Strict,
        "Ignore" => Validation::Ignore,
        _ => Validation::Warn,
    }
}

fn body(request: &Request) -> Result<Value, Status> {
    if request.header("content-type").contains("protobuf") {
        return protobuf::object(&request.body).map_err(|message| Status {
            reason: StatusReason::UnsupportedMediaType,
            ..Status::bad_request(message)
        });
    }
    json_value(&String::from_utf8_lossy(&request.body))
}

/// The object of a request, in the namespace of its path.
fn object(request: &Request, target: &Target) -> Result<(Object, Vec<String>), Status> {
    let kind = stored_kind(target)?;
    let (mut object, warnings) = decode(kind, body(request)?, validation(request))?;
    let meta = object.metadata_mut();
    if let Some(namespace) = &target.namespace {
        if !meta.namespace.is_empty() && meta.namespace != *namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        meta.namespace.clone_from(namespace);
    }
    Ok((object, warnings))
}

fn written(world: &mut World, code: u16, object: &Object, mut warnings: Vec<String>) -> Answer {
    warnings.extend(world.cluster.api_mut().take_warnings());
    Answer::Json { code, value: object.to_value(), warnings }
}

fn create(world: &mut World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let (object, warnings) = object(request, target)?;
    let created = world.cluster.api_mut().create_with(object, dry_run(request))?;
    Ok(written(world, 201, &created, warnings))
}

fn update(world: &mut World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let (object, warnings) = object(request, target)?;
    let updated = world.cluster.api_mut().update_with(object, subresource(target), dry_run(request))?;
    Ok(written(world, 200, &updated, warnings))
}

fn patch(world: &mut World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let kind = stored_kind(target)?;
    let content = request.header("content-type");
    let api = world.cluster.api_mut();
    if content.starts_with("application/apply-patch") {
        return apply(world, request, target, kind);
    }
    let patch_kind = match content {
        "application/json-patch+json" => PatchKind::Json,
        "application/merge-patch+json" => PatchKind::JsonMerge,
        "application/strategic-merge-patch+json" => PatchKind::Strategic,
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types include: \
                           application/json-patch+json, application/merge-patch+json, \
                           application/strategic-merge-patch+json, application/apply-patch+yaml";
            return Err(Status {
                reason: StatusReason::UnsupportedMediaType,
                ..Status::bad_request(message)
            });
        }
    };
    let change = body(request)?;
    let what = (patch_kind, &change);
    let patched = api.patch_value(kind, &key(target), subresource(target), what, dry_run(request))?;
    Ok(written(world, 200, &patched, Vec::new()))
}

/// Server-side apply.
fn apply(world: &mut World, request: &Request, target: &Target, kind: Kind) -> Result<Answer, Status> {
    let mut config = body(request)?;
    if let (Some(namespace), Some(Value::Object(metadata))) = (&target.namespace, config.get_mut("metadata"))
    {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let manager = request.param("fieldManager");
    if manager.is_empty() {
        let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(Status { reason: StatusReason::Invalid, ..Status::bad_request(message) });
    }
    let api = world.cluster.api_mut();
    let is_new = api.find(kind, &key(target)).is_none();
    let order = Apply { manager, force: request.flag("force"), options: dry_run(request) };
    let applied = api.apply_on_server(kind, &config, order)?;
    Ok(written(world, if is_new { 201 } else { 200 }, &applied, Vec::new()))
}

fn delete_options(request: &Request, value: &Value) -> Result<DeleteOptions, Status> {
    let text = |name: &str| value[name].as_str().unwrap_or_else(|| request.param(name)).to_owned();
    let grace = request.param("gracePeriodSeconds").parse().ok();
    let propagation = match text("propagationPolicy").as_str() {
        "" => None,
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        other => return Err(Status::bad_request(format!("unknown propagation policy: {other}"))),
    };
    let uid = value["preconditions"]["uid"].as_str().map(str::to_owned);
    Ok(DeleteOptions {
        grace_period_seconds: value["gracePeriodSeconds"].as_i64().or(grace),
        propagation,
        preconditions: Preconditions { uid, resource_version: None },
        dry_run: dry_run(request).dry_run || value["dryRun"][0] == "All",
    })
}

fn delete(world: &mut World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let kind = stored_kind(target)?;
    if target.name.is_none() {
        return Ok(method_not_allowed());
    }
    let value = if request.body.is_empty() { Value::Null } else { body(request)? };
    let options = delete_options(request, &value)?;
    let key = key(target);
    let deleted = world.cluster.api_mut().delete(kind, &key, &options)?;
    let is_gone = world.cluster.api().find(kind, &key).is_none();
    if !is_gone {
        return Ok(Answer::json(200, deleted.to_value()));
    }
    Ok(success(kind, &deleted))
}

fn success(kind: Kind, object: &Object) -> Answer {
    let meta = object.metadata();
    let details = json!({"name": meta.name, "group": kind.group(), "kind": kind.plural(), "uid": meta.uid});
    Answer::json(
        200,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
    )
}

fn evict(world: &mut World, request: &Request, target: &Target) -> Result<Answer, Status> {
    let value = body(request)?;
    let options = delete_options(request, &value["deleteOptions"])?;
    world.cluster.api_mut().evict(&key(target), &options)?;
    Ok(Answer::json(201, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})))
}

/// A refusal as one event of a watch.
pub fn error_event(problem: &Status) -> Value {
    json!({"type": "ERROR", "object": status::value(problem)})
}
