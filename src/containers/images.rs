//! The registry: which images there are, what is in them and how big they are.

/// What the image is built on: decides the shell and the usual tools.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// BusyBox with its ash.
    Busybox,
    /// Debian or Ubuntu: dash as `sh`, bash, GNU tools, a bare perl.
    Debian,
    /// No shell and no tools.
    Scratch,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// The repository, without the default registry and `library/`.
    pub name: &'static str,
    pub base: Base,
    /// Programs beyond those of the base.
    pub programs: &'static [&'static str],
    pub entrypoint: &'static [&'static str],
    pub cmd: &'static [&'static str],
    pub env: &'static [(&'static str, &'static str)],
    /// Compressed, as the kubelet's Pulled event tells it.
    pub size_bytes: u64,
    /// How long a first pull takes, in virtual milliseconds.
    pub pull_millis: u64,
    /// The newest version that the registry has: major and minor.
    newest: (u32, u32),
}

pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A registry gives about this many bytes in a millisecond, unpacking included.
const PULL_BYTES_PER_MILLI: u64 = 40_000;
const PULL_START_MILLIS: u64 = 800;

const fn image(name: &'static str, base: Base, size_bytes: u64, newest: (u32, u32)) -> Image {
    let pull_millis = PULL_START_MILLIS + size_bytes / PULL_BYTES_PER_MILLI;
    Image {
        name,
        base,
        programs: &[],
        entrypoint: &[],
        cmd: &["sh"],
        env: &[],
        size_bytes,
        pull_millis,
        newest,
    }
}

impl Image {
    const fn cmd(mut self, cmd: &'static [&'static str]) -> Image {
        self.cmd = cmd;
        self
    }

    const fn entrypoint(
        mut self,
        entrypoint: &'static [&'static str],
        cmd: &'static [&'static str],
    ) -> Image {
        self.entrypoint = entrypoint;
        self.cmd = cmd;
        self
    }

    const fn with(mut self, programs: &'static [&'static str]) -> Image {
        self.programs = programs;
        self
    }

    const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Image {
        self.env = env;
        self
    }
}

const DICE: &str = "dice=$(( RANDOM % 6 + 1 )); echo $dice; [ $dice -eq 6 ]";
const RANDOM_ERROR: &str =
    "if [ $(( RANDOM % 3 )) -eq 0 ]; then echo Hello; else echo 'Random error' >&2; exit 1; fi";

static IMAGES: &[Image] = &[
    image("busybox", Base::Busybox, 2_223_685, (1, 37)),
    image("alpine", Base::Busybox, 3_867_103, (3, 23)).cmd(&["/bin/sh"]),
    image("bash", Base::Busybox, 6_532_000, (5, 3))
        .with(&["bash"])
        .entrypoint(&["docker-entrypoint.sh"], &["bash"]),
    image("debian", Base::Debian, 49_285_109, (13, 3)).cmd(&["bash"]),
    image("ubuntu", Base::Debian, 29_724_688, (26, 10)).cmd(&["/bin/bash"]),
    image("centos", Base::Debian, 83_518_086, (8, 5)).cmd(&["/bin/bash"]),
    image("fedora", Base::Debian, 68_110_000, (44, 0)).cmd(&["/bin/bash"]),
    image("rockylinux", Base::Debian, 69_200_000, (9, 6)).cmd(&["/bin/bash"]),
    image("amazonlinux", Base::Debian, 52_600_000, (2023, 9)).cmd(&["/bin/bash"]),
    image("buildpack-deps", Base::Debian, 364_000_000, (0, 0)).cmd(&["bash"]).with(&["curl", "wget", "git"]),
    image("perl", Base::Debian, 336_374_010, (5, 43))
        .cmd(&["perl5.34.0", "-de0"])
        .with(&["perl5.34.0", "bignum"]),
    image("python", Base::Debian, 372_000_000, (3, 15))
        .cmd(&["python3"])
        .with(&["python", "python3", "curl", "wget"])
        .env(&[("LANG", "C.UTF-8"), ("PYTHON_VERSION", "3.13.1")]),
    image("node", Base::Debian, 397_000_000, (26, 9))
        .entrypoint(&["docker-entrypoint.sh"], &["node"])
        .with(&["node", "curl", "wget"]),
    image("ruby", Base::Debian, 363_000_000, (4, 0)).cmd(&["irb"]),
    image("golang", Base::Debian, 298_000_000, (1, 27)).cmd(&["bash"]),
    image("openjdk", Base::Debian, 240_000_000, (27, 0)).cmd(&["jshell"]),
    image("hello-world", Base::Scratch, 2_457, (0, 0)).cmd(&["/hello"]).with(&["hello"]),
    image("nginx", Base::Debian, 72_179_834, (1, 29))
        .entrypoint(&["/docker-entrypoint.sh"], &["nginx", "-g", "daemon off;"])
        .with(&["nginx", "curl"]),
    image("httpd", Base::Debian, 45_000_000, (2, 4)).cmd(&["httpd-foreground"]).with(&["httpd-foreground"]),
    image("redis", Base::Debian, 45_006_722, (8, 6))
        .entrypoint(&["docker-entrypoint.sh"], &["redis-server"])
        .with(&["redis-server"]),
    image("postgres", Base::Debian, 160_000_000, (18, 4))
        .entrypoint(&["docker-entrypoint.sh"], &["postgres"])
        .with(&["postgres"]),
    image("mysql", Base::Debian, 233_000_000, (9, 7))
        .entrypoint(&["docker-entrypoint.sh"], &["mysqld"])
        .with(&["mysqld"]),
    image("rabbitmq", Base::Debian, 110_000_000, (4, 3))
        .entrypoint(&["docker-entrypoint.sh"], &["rabbitmq-server"])
        .with(&["rabbitmq-server"]),
    image("mongo", Base::Debian, 320_000_000, (8, 3))
        .entrypoint(&["docker-entrypoint.sh"], &["mongod"])
        .with(&["mongod"]),
    image("curlimages/curl", Base::Busybox, 9_900_000, (8, 19))
        .entrypoint(&["/entrypoint.sh"], &["curl"])
        .with(&["curl"]),
    image("alpine/curl", Base::Busybox, 5_800_000, (8, 19)).entrypoint(&["curl"], &[]).with(&["curl"]),
    image("bitnami/kubectl", Base::Debian, 97_000_000, (1, 36)).entrypoint(&["kubectl"], &["--help"]),
    image("polinux/stress", Base::Busybox, 4_041_495, (1, 0)).cmd(&["sh"]).with(&["stress"]),
    image("vish/stress", Base::Scratch, 1_558_791, (0, 0)).entrypoint(&["/stress"], &[]).with(&["stress"]),
    image("progrium/stress", Base::Debian, 120_000_000, (0, 0))
        .entrypoint(&["/usr/bin/stress"], &[])
        .with(&["stress"]),
    image("nicolaka/netshoot", Base::Busybox, 200_000_000, (0, 15)).cmd(&["zsh"]).with(&["bash", "curl"]),
    image("kodekloud/throw-dice", Base::Busybox, 3_000_000, (0, 0))
        .with(&["bash"])
        .cmd(&["bash", "-c", DICE]),
    image("kodekloud/random-error", Base::Busybox, 3_000_000, (0, 0)).with(&["bash"]).cmd(&[
        "bash",
        "-c",
        RANDOM_ERROR,
    ]),
    image("registry.k8s.io/pause", Base::Scratch, 318_731, (3, 10))
        .entrypoint(&["/pause"], &[])
        .with(&["pause"]),
    image("registry.k8s.io/busybox", Base::Busybox, 1_144_547, (1, 27)),
    image("registry.k8s.io/e2e-test-images/busybox", Base::Busybox, 2_223_685, (1, 37)),
    image("registry.k8s.io/e2e-test-images/agnhost", Base::Busybox, 51_000_000, (2, 60)),
    image("gcr.io/google-containers/busybox", Base::Busybox, 1_144_547, (1, 27)),
];

/// The image of a reference, any tag that its repository plausibly has; none: the pull fails with "not found".
pub fn lookup(reference: &str) -> Option<&'static Image> {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return None;
    }
    // A colon before the last slash belongs to the registry's port.
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[slash..].find(':') {
        Some(colon) => (&name[..slash + colon], &name[slash + colon + 1..]),
        None => (name, "latest"),
    };
    let repository = familiar(repository);
    let image = IMAGES.iter().find(|image| image.name == repository)?;
    (digest.is_some() || has_tag(image, tag)).then_some(image)
}

/// The machine of the learner's terminal.
pub fn terminal() -> &'static Image {
    static TERMINAL: Image = image("terminal", Base::Debian, 0, (0, 0)).with(&["watch"]);
    &TERMINAL
}

/// What a process runs on whose image nobody knows.
pub fn generic() -> &'static Image {
    &IMAGES[0]
}

fn familiar(repository: &str) -> &str {
    const REGISTRIES: [&str; 5] = [
        "docker.io/",
        "index.docker.io/",
        "registry-1.docker.io/",
        "mirror.gcr.io/",
        "public.ecr.aws/docker/",
    ];
    let rest = REGISTRIES.iter().find_map(|registry| repository.strip_prefix(registry)).unwrap_or(repository);
    rest.strip_prefix("library/").unwrap_or(rest)
}

fn is_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Words that tags of official images are made of.
const TAG_WORDS: &[&str] = &[
    "latest",
    "alpine",
    "slim",
    "stable",
    "bookworm",
    "bullseye",
    "buster",
    "trixie",
    "jammy",
    "focal",
    "noble",
    "bionic",
    "xenial",
    "musl",
    "glibc",
    "uclibc",
    "edge",
    "mainline",
    "lts",
    "current",
    "linux",
    "threaded",
    "oldstable",
    "testing",
    "sid",
    "unstable",
    "rolling",
    "devel",
    "rc",
    "beta",
    "otel",
    "perl",
    "unprivileged",
    "management",
    "build",
];

/// Made of versions and known words: `1.28`, `3.12-slim`, `5.34.0`, `alpine3.20`, `bookworm-slim`, `v1.2`.
fn has_tag(image: &Image, tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or("");
    let known = |part: &str| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        TAG_WORDS.contains(&word) || (word.is_empty() && !part.is_empty())
    };
    let version = first.strip_prefix('v').unwrap_or(first);
    let first_is_version = version.starts_with(|c: char| c.is_ascii_digit());
    let first_fits = if first_is_version { version_exists(image, version) } else { known(first) };
    first_fits && parts.all(known)
}

fn version_exists(image: &Image, version: &str) -> bool {
    let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() <= 4) else {
        return is_prerelease(version);
    };
    let (major, minor) = (numbers[0], numbers.get(1).copied().unwrap_or(0));
    // Ubuntu's and others' dates aside, a version above the newest has not been released.
    image.newest == (0, 0) || (major, minor) <= image.newest
}

/// `3.14rc2`, `1.0beta1`.
fn is_prerelease(version: &str) -> bool {
    let rest = version.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let word = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(word, "rc" | "beta" | "alpha" | "a" | "b")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reference: &str, expect: Option<&str>) {
        assert_eq!(lookup(reference).map(|image| image.name), expect, "{reference}");
    }

    #[test]
    fn references_name_one_image_in_many_ways() {
        for reference in
            ["busybox", "busybox:1.28", "docker.io/library/busybox:1.36.1", "library/busybox:musl"]
        {
            check(reference, Some("busybox"));
        }
        check("docker.io/library/python:3", Some("python"));
        check("python:3.12-slim", Some("python"));
        check("python:3-alpine3.20", Some("python"));
        check("perl:5.34.0", Some("perl"));
        check("bash:5", Some("bash"));
        check("alpine:3.19", Some("alpine"));
        check("debian:bookworm-slim", Some("debian"));
        check("ubuntu:22.04", Some("ubuntu"));
        check(&format!("nginx@sha256:{}", "0a".repeat(32)), Some("nginx"));
    }

    #[test]
    fn what_is_not_in_the_registry_is_not_found() {
        check("busybox:doesnotexist", None);
        check("busybox:nosuch", None);
        check("busybox:9.99", None);
        check("busybox:", None);
        check("busybx", None);
        check("localhost:5000/busybox", None);
        check("non-existing-repo/non-existing-image:example", None);
        check("gcr.io/myproject/job-wq-2", None);
        check("nginx@sha256:12", None);
    }
}
