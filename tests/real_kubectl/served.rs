//! `sim serve` in a folder of its own, and the real kubectl that talks to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zadachnik::base::Time;

use super::Printed;

const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A line that has not ended by then waits for virtual time to pass.
const PATIENCE: Duration = Duration::from_secs(5);
/// Then it is killed.
const LINE_MAX: Duration = Duration::from_secs(20);

/// Orders for the clock.
const RUNNING: &str = "{\"speed\": 10}";
const STANDING: &str = "{\"speed\": 0}";

static COUNT: AtomicU32 = AtomicU32::new(0);

pub struct Served {
    server: Child,
    address: String,
    folder: PathBuf,
    /// The virtual instant at which the cluster began.
    pub start: Time,
}

impl Served {
    /// A cluster whose clock stands still until it is told to go on.
    pub fn start(files: &BTreeMap<String, String>) -> Served {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("real-kubectl-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("a file");
        }
        let mut server = Command::new(env!("CARGO_BIN_EXE_sim"))
            .args(["serve", "--port", "0", "--speed", "0", "--seed", "1", "--lives", "annotations"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sim serve starts");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("the address");
        let address = line.trim().trim_start_matches("http://").to_owned();
        let mut served = Served { server, address, folder, start: Time::default() };
        served.write_config();
        served.start = served.now();
        served
    }

    /// Where the virtual clock stands.
    pub fn now(&self) -> Time {
        let clock = self.clock("{}");
        let rest = clock.split("\"now\":").nth(1).expect("an answer");
        Time::from_millis(
            rest.split(',').next().and_then(|digits| digits.parse().ok()).expect("milliseconds"),
        )
    }

    fn write_config(&self) {
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: zadachnik\n\
             clusters: [{{name: zadachnik, cluster: {{server: \"http://{}\"}}}}]\n\
             users: [{{name: student, user: {{}}}}]\n\
             contexts: [{{name: zadachnik, context: {{cluster: zadachnik, user: student}}}}]\n",
            self.address
        );
        std::fs::create_dir_all(self.folder.join(".kube")).expect("a folder");
        std::fs::write(self.folder.join(".kube/config"), config).expect("the configuration");
    }

    /// Gives the clock orders; answers where it stands.
    pub fn clock(&self, orders: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        let head = format!("POST /sim/clock HTTP/1.1\r\nContent-Length: {}\r\n\r\n{orders}", orders.len());
        stream.write_all(head.as_bytes()).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(&self.folder)
            .env("KUBECONFIG", self.folder.join(".kube/config"))
            .env("HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .stdin(Stdio::null());
        command
    }

    /// Runs a line that waits for virtual time to pass.
    pub fn run_waiting(&self, line: &str) -> Printed {
        self.clock(RUNNING);
        let printed = self.run(line);
        self.clock(STANDING);
        printed
    }

    /// Runs a line to its end. One that has not ended after a while gets a running clock.
    pub fn run(&self, line: &str) -> Printed {
        let [stdout, stderr] = ["out", "err"].map(|name| self.folder.join(format!(".{name}")));
        let file = |path: &PathBuf| std::fs::File::create(path).expect("a file");
        let mut child =
            self.command(line).stdout(file(&stdout)).stderr(file(&stderr)).spawn().expect("bash runs");
        let (mut waited, mut runs) = (Duration::ZERO, false);
        while child.try_wait().expect("a child").is_none() {
            std::thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
            if waited > LINE_MAX {
                let _ = child.kill();
            } else if waited > PATIENCE && !runs {
                self.clock(RUNNING);
                runs = true;
            }
        }
        let status = child.wait().expect("it ended").code().unwrap_or(-1);
        if runs {
            self.clock(STANDING);
        }
        let text = |path: &PathBuf| {
            let bytes = std::fs::read(path).expect("written");
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text
        };
        Printed { stdout: text(&stdout), stderr: text(&stderr), status }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
