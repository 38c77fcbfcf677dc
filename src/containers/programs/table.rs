//! Which programs there are, and in which images.

use super::filter::{Build, Filter};
use super::simple::{self, Once};
use super::{Program, files, has_program, info, network, runners, text, together};
use crate::containers::images::Image;
use crate::containers::kernel::Step;

/// Which images have a program without naming it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Everywhere,
    Busybox,
    Debian,
    /// Only images that name it.
    Named,
}

/// How a program is made.
#[derive(Clone, Copy)]
pub enum Maker {
    Once(Once),
    Filter(Build),
    Make(fn(&Image, &[String]) -> Program),
}

impl Maker {
    pub fn make(self, image: &Image, argv: &[String]) -> Program {
        match self {
            Maker::Once(run) => Program::Once(run),
            Maker::Filter(build) => Program::Filter(Box::new(Filter::new(build))),
            Maker::Make(make) => make(image, argv),
        }
    }
}

use Maker::{Filter as F, Make as M, Once as O};
use Place::{Busybox, Debian, Everywhere, Named};

pub static TABLE: &[(&str, Place, Maker)] = &[
    ("[", Everywhere, O(info::test_program)),
    ("apk", Busybox, O(info::absent)),
    ("apt", Debian, O(info::absent)),
    ("apt-get", Debian, O(info::absent)),
    ("ash", Busybox, M(simple::shell)),
    ("awk", Everywhere, F(super::awk::awk)),
    ("base64", Everywhere, F(super::encode::base64_program)),
    ("basename", Everywhere, O(files::basename)),
    ("bash", Debian, M(simple::shell)),
    ("bc", Busybox, F(super::bc::bc)),
    ("busybox", Busybox, O(runners::wrapper)),
    ("cat", Everywhere, F(text::cat)),
    ("chgrp", Everywhere, O(info::nothing)),
    ("chmod", Everywhere, O(info::nothing)),
    ("chown", Everywhere, O(info::nothing)),
    ("cksum", Everywhere, O(info::absent)),
    ("cmp", Everywhere, O(info::absent)),
    ("column", Debian, F(together::column)),
    ("comm", Everywhere, F(together::comm)),
    ("cp", Everywhere, O(files::copy)),
    ("curl", Named, M(|_, _| Program::Offline(network::Offline::default()))),
    ("cut", Everywhere, F(super::columns::cut)),
    ("dash", Debian, M(simple::shell)),
    ("date", Everywhere, O(super::date::date)),
    ("dd", Everywhere, O(files::dd)),
    ("df", Everywhere, O(info::absent)),
    ("diff", Everywhere, O(super::diff::diff)),
    ("dirname", Everywhere, O(files::dirname)),
    ("docker-entrypoint.sh", Named, O(runners::wrapper)),
    ("du", Everywhere, O(info::absent)),
    ("echo", Everywhere, O(simple::echo)),
    ("egrep", Everywhere, F(super::grep::grep)),
    ("entrypoint.sh", Named, O(runners::wrapper)),
    ("env", Everywhere, O(runners::env)),
    ("expand", Everywhere, O(info::absent)),
    ("expr", Everywhere, O(info::expr)),
    ("factor", Everywhere, O(info::absent)),
    ("false", Everywhere, O(|_| Step::Exit(1))),
    ("fgrep", Everywhere, F(super::grep::grep)),
    ("find", Everywhere, O(super::find::find)),
    ("fold", Everywhere, F(super::columns::fold)),
    ("free", Everywhere, O(info::free)),
    ("getent", Debian, M(|_, _| Program::Offline(network::Offline::default()))),
    ("grep", Everywhere, F(super::grep::grep)),
    ("gunzip", Everywhere, O(info::absent)),
    ("gzip", Everywhere, O(info::absent)),
    ("head", Everywhere, F(text::head)),
    ("hello", Named, O(info::hello)),
    ("hexdump", Busybox, O(info::absent)),
    ("hostname", Everywhere, O(info::hostname)),
    ("httpd-foreground", Named, M(simple::server)),
    ("id", Everywhere, O(info::id)),
    ("join", Debian, O(info::absent)),
    ("ln", Everywhere, O(info::absent)),
    ("ls", Everywhere, O(files::ls)),
    ("md5sum", Everywhere, O(info::absent)),
    ("mkdir", Everywhere, O(files::mkdir)),
    ("mktemp", Everywhere, O(files::mktemp)),
    ("mongod", Named, M(simple::server)),
    ("mv", Everywhere, O(files::copy)),
    ("mysqld", Named, M(simple::server)),
    ("nc", Busybox, M(|_, _| Program::Offline(network::Offline::default()))),
    ("nginx", Named, M(simple::server)),
    ("nice", Everywhere, O(runners::wrapper)),
    ("nl", Everywhere, F(text::nl)),
    ("nohup", Everywhere, O(runners::wrapper)),
    ("nproc", Everywhere, O(info::nproc)),
    ("nslookup", Busybox, M(|_, _| Program::Offline(network::Offline::default()))),
    ("numfmt", Debian, O(info::absent)),
    ("od", Everywhere, O(info::absent)),
    ("paste", Everywhere, F(together::paste)),
    ("pause", Named, M(simple::server)),
    ("perl", Debian, M(|_, _| Program::Perl(Box::default()))),
    ("perl5.34.0", Named, M(|_, _| Program::Perl(Box::default()))),
    ("pgrep", Busybox, O(info::absent)),
    ("pidof", Busybox, O(info::absent)),
    ("ping", Busybox, M(|_, _| Program::Offline(network::Offline::default()))),
    ("pkill", Busybox, O(info::absent)),
    ("postgres", Named, M(simple::server)),
    ("printenv", Everywhere, O(info::printenv)),
    ("printf", Everywhere, O(info::printf_program)),
    ("ps", Everywhere, O(info::ps)),
    ("pwd", Everywhere, O(info::pwd)),
    ("python", Named, M(|_, _| Program::Python(Box::default()))),
    ("python3", Named, M(|_, _| Program::Python(Box::default()))),
    ("rabbitmq-server", Named, M(simple::server)),
    ("readlink", Everywhere, O(files::realpath)),
    ("realpath", Everywhere, O(files::realpath)),
    ("redis-server", Named, M(simple::server)),
    ("rev", Everywhere, F(text::rev)),
    ("rm", Everywhere, O(files::rm)),
    ("rmdir", Everywhere, O(files::rmdir)),
    ("sed", Everywhere, F(super::sed::sed)),
    ("seq", Everywhere, M(|_, _| Program::Generate(Box::default()))),
    ("sh", Everywhere, M(simple::shell)),
    ("sha1sum", Everywhere, O(info::absent)),
    ("sha256sum", Everywhere, O(info::absent)),
    ("sha512sum", Everywhere, O(info::absent)),
    ("shuf", Everywhere, F(text::shuf)),
    ("sleep", Everywhere, M(|_, _| Program::Sleep(simple::Sleep::default()))),
    ("sort", Everywhere, F(super::sort::sort)),
    ("split", Everywhere, O(info::absent)),
    ("stat", Everywhere, O(info::absent)),
    ("stdbuf", Debian, O(runners::wrapper)),
    ("stress", Named, M(|_, _| Program::Stress(runners::Stress::default()))),
    ("strings", Busybox, O(info::absent)),
    ("sync", Everywhere, O(info::nothing)),
    ("tac", Everywhere, F(text::tac)),
    ("tail", Everywhere, M(|_, _| Program::Tail(Box::default()))),
    ("tar", Everywhere, O(info::absent)),
    ("tee", Everywhere, M(|_, _| Program::Tee(runners::Tee::default()))),
    ("test", Everywhere, O(info::test_program)),
    ("timeout", Everywhere, M(|_, _| Program::Timeout(runners::Timeout::default()))),
    ("top", Busybox, O(info::absent)),
    ("touch", Everywhere, O(files::touch)),
    ("tr", Everywhere, F(super::columns::tr)),
    ("true", Everywhere, O(|_| Step::Exit(0))),
    ("truncate", Everywhere, O(info::absent)),
    ("tty", Everywhere, O(info::absent)),
    ("uname", Everywhere, O(info::uname)),
    ("uniq", Everywhere, F(text::uniq)),
    ("unzip", Busybox, O(info::absent)),
    ("uptime", Everywhere, O(info::uptime)),
    ("watch", Busybox, M(|_, _| Program::Watch(Box::default()))),
    ("wc", Everywhere, F(text::wc)),
    ("wget", Busybox, M(|_, _| Program::Offline(network::Offline::default()))),
    ("which", Everywhere, O(info::which)),
    ("whoami", Everywhere, O(info::whoami)),
    ("xargs", Everywhere, M(|_, _| Program::Xargs(Box::default()))),
    ("xxd", Busybox, O(info::absent)),
    ("yes", Everywhere, M(|_, _| Program::Generate(Box::default()))),
];

/// Names of all programs of an image, sorted.
pub fn names(image: &Image) -> Vec<&'static str> {
    TABLE.iter().map(|entry| entry.0).filter(|name| has_program(image, name)).collect()
}
