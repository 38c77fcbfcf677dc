//! Probes and hooks that ask over the network. Containers here serve nobody, so they are refused as by any host where
//! nothing listens; only the web servers among the images answer on their port.

use serde_json::Value;

use super::probe::Verdict;
use super::program::command_line;
use crate::api::core::Container;
use crate::base::go_quoted;
use crate::containers;

const WEB_PORT: i64 = 80;
const WEB_PAGES: [&str; 2] = ["/", "/index.html"];

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protocol {
    Http { scheme: String, path: String },
    Tcp,
    Grpc,
}

/// Whom to ask. An empty host is the pod itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    protocol: Protocol,
    host: String,
    /// The number, or the parser's words about a name that no port has.
    port: Result<i64, String>,
}

/// What comes back.
pub enum Answer {
    Now(Verdict),
    /// Nobody answers until the time is over.
    AtDeadline(String),
}

impl Target {
    /// The network action of a probe or a hook.
    pub fn of(handler: &Value, container: &Container) -> Option<Target> {
        let (protocol, action) = if let Some(action) = handler.get("httpGet").filter(|a| a.is_object()) {
            let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
            (Protocol::Http { scheme: text("scheme").to_ascii_lowercase(), path: text("path") }, action)
        } else if let Some(action) = handler.get("tcpSocket").filter(|action| action.is_object()) {
            (Protocol::Tcp, action)
        } else {
            (Protocol::Grpc, handler.get("grpc").filter(|action| action.is_object())?)
        };
        let host = action["host"].as_str().unwrap_or_default().to_owned();
        Some(Target { protocol, host, port: port_of(&action["port"], container) })
    }

    /// Asks now. The texts are those of Go's net package, as probes tell them.
    // Models pkg/probe/{http,tcp,grpc}
    pub fn ask(&self, pod_ip: &str, container: &Container, timeout: &str) -> Answer {
        let port = match &self.port {
            Ok(port) => *port,
            Err(error) => return Answer::Now(Verdict::Errored(error.clone())),
        };
        let host = if self.host.is_empty() { pod_ip } else { &self.host };
        let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let is_own = self.host.is_empty() || self.host == "127.0.0.1" || self.host == "localhost";
        let served = is_own && port == WEB_PORT && is_web_server(container);
        let refused = format!("dial tcp {address}: connect: connection refused");
        Answer::Now(match &self.protocol {
            Protocol::Grpc => {
                return Answer::AtDeadline(format!(
                    "timeout: failed to connect service \"{address}\" within {timeout}: context deadline exceeded"
                ));
            }
            Protocol::Http { path, .. } if served => match WEB_PAGES.contains(&path.as_str()) {
                true => Verdict::Success,
                false => Verdict::Failure("HTTP probe failed with statuscode: 404".to_owned()),
            },
            Protocol::Tcp if served => Verdict::Success,
            Protocol::Http { scheme, path } => {
                let url = format!("{scheme}://{address}/{}", path.trim_start_matches('/'));
                Verdict::Failure(format!("Get {}: {refused}", go_quoted(&url)))
            }
            Protocol::Tcp => Verdict::Failure(refused),
        })
    }

    pub fn path(&self) -> &str {
        if let Protocol::Http { path, .. } = &self.protocol { path } else { "" }
    }
}

// Models pkg/probe/util.go ResolveContainerPort
fn port_of(port: &Value, container: &Container) -> Result<i64, String> {
    if let Some(number) = port.as_i64() {
        return Ok(number);
    }
    let name = port.as_str().unwrap_or_default();
    if let Some(known) = container.ports.iter().find(|port| !name.is_empty() && port.name == name) {
        return Ok(i64::from(known.container_port));
    }
    name.parse().map_err(|_| format!("strconv.Atoi: parsing {}: invalid syntax", go_quoted(name)))
}

fn is_web_server(container: &Container) -> bool {
    let image = containers::images::lookup(&container.image);
    let argv = command_line(&container.command, &container.args, image, &Default::default());
    argv.iter().take(2).any(|word| matches!(word.as_str(), "nginx" | "httpd-foreground"))
}
