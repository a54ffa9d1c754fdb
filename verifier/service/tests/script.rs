//! The script of the counter's pages, run by Node with a window made of a few objects.

use std::path::Path;
use std::process::Command;

#[test]
fn a_page_that_nobody_sees_has_no_event_stream() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = here.join("tests/counter_js.mjs");
    let run = Command::new("node").arg(script).arg(here.join("assets/counter.js")).output();
    let Ok(output) = run else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must have Node");
        eprintln!("skipped: needs Node");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8(output.stderr).unwrap());
}
