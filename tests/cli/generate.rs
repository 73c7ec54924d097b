//! Made-up logs by the tool.

use crate::running::Running;
use crate::tool::Tool;

#[test]
fn a_generated_log_is_as_large_as_asked_for_sound_and_the_same_each_time() {
    let tool = Tool::new();
    let generate = |log: &str, seed: &str| {
        let args = ["generate", "--events", "3000", "--seed", seed, "--log", log];
        tool.run(&args).ok();
        tool.run(&["verify", log, "--json"]).ok().json()
    };
    let first = generate("a.db", "7");
    assert_eq!(
        (&first["events"], &first["sound"]),
        (&3000.into(), &true.into())
    );
    assert_eq!(generate("b.db", "7")["chain"], first["chain"]);
    assert_ne!(generate("c.db", "8")["chain"], first["chain"]);
    assert_eq!(tool.state("a.db", &[])["seq"], 3000);
}

#[test]
fn a_file_that_is_there_already_is_left_alone() {
    let tool = Tool::new();
    std::fs::write(tool.path("mine.db"), "mine").unwrap();
    let args = ["generate", "--events", "10", "--log", "mine.db"];
    let text = tool.run(&args).fails_with_text(2);
    assert!(text.contains("mine.db exists"), "{text}");
    assert_eq!(std::fs::read(tool.path("mine.db")).unwrap(), b"mine");
}

#[test]
fn sizes_that_make_no_sense_are_refused() {
    let tool = Tool::new();
    for args in [["--events", "0"], ["--people", "0"], ["--days", "0"]] {
        let args = [&["generate", "--log", "x.db"], &args[..]].concat();
        tool.run(&args).fails_with(2);
        assert!(!tool.path("x.db").exists());
    }
}

#[test]
fn a_signal_ends_it_with_a_sound_log() {
    let tool = Tool::new();
    let args = ["generate", "--events", "1000000000", "--log", "a.db", "-v"];
    let running = Running::start(&tool, &args);
    running.notes("writing 1000000000 events");
    running.signal("TERM");
    let ran = running.end();
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("stopped by a signal"), "{}", ran.err);
    assert_eq!(
        tool.run(&["verify", "a.db", "--json"]).ok().json()["sound"],
        true
    );
}
