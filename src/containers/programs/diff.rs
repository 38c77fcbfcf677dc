//! diff: of two files, plain or with surroundings.

use super::args::Args;
use crate::base::line_diff::{hunks, plain};
use crate::containers::images::Base;
use crate::containers::kernel::{Step, Sys};

/// Lines that are compared: the work grows with the product of both files' lengths.
const LINES_MAX: usize = 3_000;
/// The exit status when something went wrong.
const TROUBLE: i32 = 2;

pub fn diff(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let args = Args::parse(&argv, "uqsN", "U", &[]);
    let [first, second] = args.operands.as_slice() else {
        sys.err("diff: missing operand\n");
        return Step::Exit(TROUBLE);
    };
    let mut texts = Vec::new();
    for name in [first, second] {
        match sys.read_whole(name) {
            Ok(text) => texts.push(text),
            Err(_) if args.has(&["N"]) => texts.push(String::new()),
            Err(error) => {
                sys.err(&format!("diff: {name}: {error}\n"));
                return Step::Exit(TROUBLE);
            }
        }
    }
    if texts[0] == texts[1] {
        return Step::Exit(0);
    }
    if args.has(&["q", "brief"]) {
        sys.out(&format!("Files {first} and {second} differ\n"));
        return Step::Exit(1);
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (texts[0].lines().collect(), texts[1].lines().collect());
    if before.len().max(after.len()) > LINES_MAX {
        sys.err(&format!("diff: files of more than {LINES_MAX} lines are not compared here\n"));
        return Step::Exit(TROUBLE);
    }
    let unified = args.has(&["u", "U", "unified"]) || sys.kernel.image.base == Base::Busybox;
    let text = match unified {
        true => format!("--- {first}\n+++ {second}\n{}", hunks(&before, &after)),
        false => plain(&before, &after),
    };
    sys.out(&text);
    Step::Exit(1)
}
