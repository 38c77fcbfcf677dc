//! `sim serve`: the simulated API server over HTTP on loopback, so that the real `kubectl` can talk to it. For
//! development only: no authentication, no TLS, one thread a connection.

#![allow(clippy::disallowed_types, reason = "virtual time follows the machine's own here")]
#![allow(clippy::disallowed_methods, reason = "a connection has a thread of its own")]

mod discovery;
mod http;
mod objects;
mod paths;
mod protobuf;
mod status;
mod streams;
mod table;

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use zadachnik::base::{Duration, Time};
use zadachnik::cluster::{Cluster, ClusterOptions};
use zadachnik::kubectl::commands::discovery::self_review_value;

use super::run::Options;
use crate::output::outln;
use http::{Answer, Connection, Request};

/// The cluster and how its clock follows the machine's.
pub struct World {
    pub cluster: Cluster,
    /// Virtual seconds that pass in a real one; 0 stands still.
    speed: f64,
    /// Virtual and real instant of the last look at the clock.
    seen: (Time, Instant),
}

pub type Shared = Arc<Mutex<World>>;

impl World {
    fn new(options: &ClusterOptions, speed: f64) -> World {
        let cluster = Cluster::new(options);
        let seen = (cluster.now(), Instant::now());
        World { cluster, speed, seen }
    }

    /// Lets as much virtual time pass as the real time since the last look makes due.
    fn catch_up(&mut self) {
        let (virtual_then, real_then) = self.seen;
        let real_now = Instant::now();
        let passed = (real_now - real_then).as_secs_f64() * self.speed * 1000.0;
        let until = virtual_then + Duration::from_millis(passed as i64);
        if until > self.cluster.now() {
            self.cluster.advance_computing(until);
            self.seen = (until, real_now);
        }
    }

    /// `POST /sim/clock {"advance": SECONDS, "speed": X}`: for tests, which need a clock that stands still.
    fn set_clock(&mut self, orders: &Value) -> Value {
        self.catch_up();
        let seconds = orders["advance"].as_f64().unwrap_or(0.0);
        let until = self.cluster.now() + Duration::from_millis((seconds * 1000.0).max(0.0).round() as i64);
        self.cluster.advance_computing(until);
        if let Some(speed) = orders["speed"].as_f64() {
            self.speed = speed.max(0.0);
        }
        self.seen = (self.cluster.now(), Instant::now());
        json!({"now": self.cluster.now().as_millis(), "speed": self.speed})
    }
}

/// The world at the present instant.
pub fn present(shared: &Shared) -> MutexGuard<'_, World> {
    let mut world = shared.lock().unwrap_or_else(PoisonError::into_inner);
    world.catch_up();
    world
}

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    let (mut port, mut speed, mut rest) = (8001_u16, 1.0_f64, Vec::new());
    for pair in args.chunks(2) {
        let [flag, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        match flag.as_str() {
            "--port" => port = value.parse().map_err(|_| format!("--port: \"{value}\" is no port"))?,
            "--speed" => speed = value.parse().map_err(|_| format!("--speed: \"{value}\" is no number"))?,
            _ => rest.extend_from_slice(pair),
        }
    }
    let mut options = Options::parse(&rest)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    options.start.get_or_insert(Time::from_millis(since.as_millis() as i64));
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    outln!("http://{address}");
    let shared: Shared = Arc::new(Mutex::new(World::new(&options.cluster(), speed)));
    for stream in listener.incoming().flatten() {
        let shared = Arc::clone(&shared);
        thread::spawn(move || serve(stream, &shared));
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers the requests of one connection until it closes.
fn serve(stream: TcpStream, shared: &Shared) {
    let Ok(mut connection) = Connection::new(stream) else { return };
    while let Ok(Some(request)) = connection.read() {
        let sent = match answer(shared, &request) {
            Answer::Watch(watch) => streams::watch(&mut connection, shared, *watch),
            Answer::Follow(follow) => streams::follow(&mut connection, shared, *follow),
            plain => connection.send(&plain),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn answer(shared: &Shared, request: &Request) -> Answer {
    let segments: Vec<&str> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["sim", "clock"]) => {
            let orders = serde_json::from_slice(&request.body).unwrap_or_default();
            Answer::json(200, present(shared).set_clock(&orders))
        }
        ("GET", segments) if discovery::document(segments).is_some() => discovery::document(segments)
            .map_or_else(|| status::no_such_path(request), |it| Answer::json(200, it)),
        ("GET", ["healthz" | "livez" | "readyz"]) => Answer::Text { code: 200, text: "ok".to_owned() },
        // The older form of the schema, as protobuf: an empty document knows no kind.
        ("GET", ["openapi", "v2"]) => Answer::Text { code: 200, text: String::new() },
        ("POST", ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"]) => {
            let mut review: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            review["status"] = json!({"allowed": true});
            Answer::json(201, review)
        }
        ("POST", ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"]) => {
            Answer::json(201, self_review_value(present(shared).cluster.now()))
        }
        ("POST", ["apis", "authorization.k8s.io", "v1", "selfsubjectrulesreviews"]) => {
            Answer::json(201, discovery::rules_review())
        }
        (_, segments) => match paths::target(segments) {
            Some(target) => objects::answer(&mut present(shared), request, &target),
            None => status::no_such_path(request),
        },
    }
}
