//! What a host that did not ask for the bridge does not get with the crate.

use std::process::Command;

/// The names in the tree of a build with these features, without what only tests need.
fn tree(features: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "-e",
            "normal,build",
            "--prefix",
            "none",
        ])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn without_the_feature_there_is_no_async_runtime_in_the_tree() {
    let has = |tree: &[String], name: &str| tree.iter().any(|found| found == name);
    for features in [&[][..], &["--features", "cli,testing"]] {
        let tree = tree(features);
        assert!(has(&tree, "rusqlite"), "{tree:?}");
        for name in ["tokio", "async-nats", "nkeys", "futures-util"] {
            assert!(!has(&tree, name), "{name} with {features:?}");
        }
    }
    assert!(has(&tree(&["--features", "nats"]), "tokio"));
}
