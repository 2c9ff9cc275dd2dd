use std::fmt::Write as _;

use super::repository::Repository;
use super::{Check, attributes, documents, fences, files, modules, names, root, sizes};

#[test]
fn this_repository_is_tidy() {
    let repository = Repository::read(&root()).unwrap();
    let mut report = String::new();
    for (name, check) in super::CHECKS {
        for problem in check(&repository) {
            writeln!(report, "{name}: {problem}").unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// What `check` says about a repository of these files, a line a problem.
fn said(check: Check, files: &[(&str, &str)]) -> String {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let problems = check(&Repository::of(files.collect()));
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// `check` says something with all of `expect` in it, or nothing where `expect` is empty.
#[track_caller]
fn expect(check: Check, files: &[(&str, &str)], expect: &[&str]) {
    let said = said(check, files);
    assert_eq!(said.is_empty(), expect.is_empty(), "{said}");
    for part in expect {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn core_is_pure() {
    let core = |text: &str, says: &[&str]| {
        expect(fences::core_is_pure, &[("crates/rolecall-core/src/lib.rs", text)], says);
    };
    core("fn plan() {}", &[]);
    core("async fn plan() {}", &["lib.rs:1: ", "`async`"]);
    core("\nuse std::fs;", &["lib.rs:2: ", "`std`"]);
    core("fn plan() { jiff::Timestamp::now(); }", &["`now`"]);
    core("fn plan(now: u8) -> u8 { now }", &[]);
    core("type Rows = hashbrown::HashMap<u8, u8>;", &["`HashMap`"]);
    core("// std and async are words here\n#[cfg(test)]\nmod tests { use std::fs; }", &[]);
    expect(fences::core_is_pure, &[("crates/rolecall-engine/src/lib.rs", "async fn apply() {}")], &[]);
}

#[test]
fn core_dependencies() {
    let listed = "[dependencies]\nrolecall-yaml.workspace = true\nserde = \"1\"\nserde_json = \"1\"\nbase64 = \"1\"\n\
                  jiff = \"1\"\nsha2 = { version = \"1\" }\nthiserror = \"1\"\nunicode-width = \"0.2\"\n\n[dev-dependencies]\nproptest = \"1\"\n";
    let core = |text: &str, says: &[&str]| {
        expect(fences::core_dependencies, &[("crates/rolecall-core/Cargo.toml", text)], says);
    };
    core(listed, &[]);
    core(&listed.replace("serde =", "rand = \"1\"\nserde ="), &["\"rand\""]);
    core("", &["may depend on"]);
}

#[test]
fn yaml_words() {
    let yaml = |text: &str, says: &[&str]| {
        expect(fences::yaml_words, &[("crates/rolecall-yaml/src/lib.rs", text)], says);
    };
    yaml("//! Reads YAML as Go does.", &[]);
    yaml("//! Reads YAML.\n//! Serves a ConfigMap.", &["lib.rs:2: ", "`configmap`"]);
    yaml("fn flaws() {}", &[]);
}

#[test]
fn sdk_paths() {
    let code = "use aws_sdk_eks::Client;";
    expect(fences::sdk_paths, &[("crates/rolecall-aws/src/lib.rs", code)], &[]);
    expect(fences::sdk_paths, &[("crates/rolecall-engine/src/lib.rs", code)], &["`aws_sdk_eks` stays in"]);
    let code = "type Pod = k8s_openapi::Pod; fn f(_: &kube::Client) {}";
    expect(fences::sdk_paths, &[("crates/rolecall/tests/x.rs", code)], &["`k8s_openapi`", "`kube`"]);
    expect(
        fences::sdk_paths,
        &[("crates/rolecall/src/main.rs", "fn f(kube: u8) { self::kube::g(kube) }")],
        &[],
    );
}

#[test]
fn re_exports() {
    let engine = |text: &str, says: &[&str]| {
        expect(fences::re_exports, &[("crates/rolecall-engine/src/lib.rs", text)], says);
    };
    engine(
        "mod port;\npub use port::Port;\npub use crate::port::Other;\npub use rolecall_core::plan::Plan;",
        &[],
    );
    engine("pub(crate) use tokio::spawn;", &[]);
    engine("\npub use tokio::spawn;", &["lib.rs:2: ", "`pub use tokio`"]);
    engine("pub use {http as web};", &["`pub use http`"]);
    expect(fences::re_exports, &[("crates/rolecall-core/src/lib.rs", "pub use jiff::Timestamp;")], &[]);
}

#[test]
fn reachable() {
    let files = [
        ("crates/a/src/lib.rs", "mod b;\nmod c { mod d; }\n#[path = \"odd.rs\"]\nmod e;"),
        ("crates/a/src/b.rs", "#[cfg(test)]\nmod tests;"),
        ("crates/a/src/b/tests.rs", ""),
        ("crates/a/src/c/d/mod.rs", ""),
        ("crates/a/src/odd.rs", ""),
        ("crates/a/tests/it/main.rs", "mod part;"),
        ("crates/a/tests/it/part.rs", ""),
    ];
    expect(modules::reachable, &files, &[]);
    let mut lost = files.to_vec();
    lost[0].1 = "mod c { mod d; }\n#[path = \"odd.rs\"]\nmod e;";
    expect(
        modules::reachable,
        &lost,
        &["crates/a/src/b.rs: no `mod` line", "crates/a/src/b/tests.rs: no `mod`"],
    );
}

#[test]
fn sizes() {
    let (file, list) = ("crates/a/src/lib.rs", sizes::LIST);
    let long = "// line\n".repeat(401);
    expect(sizes::ratchet, &[(file, &long[8..])], &[]);
    expect(sizes::ratchet, &[(file, &long)], &["lib.rs: 401 lines are too many"]);
    expect(sizes::ratchet, &[(file, &long), (list, "crates/a/src/lib.rs 401\n")], &[]);
    expect(sizes::ratchet, &[(file, &long), (list, "crates/a/src/lib.rs 400\n")], &["grew from 400 to 401"]);
    expect(sizes::ratchet, &[(file, &long), (list, "crates/a/src/lib.rs 500\n")], &["write `", " 401`"]);
    expect(sizes::ratchet, &[(file, ""), (list, "crates/a/src/lib.rs 500\n")], &["delete its line"]);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}");
    expect(sizes::ratchet, &[(file, &tests)], &[]);

    let function = |lines: usize| format!("impl A {{ fn f() {{\n{}}} }}", "g();\n".repeat(lines - 2));
    expect(sizes::ratchet, &[(file, &function(60))], &[]);
    expect(sizes::ratchet, &[(file, &function(61))], &["lib.rs::f: 61 lines"]);
}

#[test]
fn lints() {
    let code = |text: &str, says: &[&str]| expect(attributes::lints, &[("crates/a/src/lib.rs", text)], says);
    code("#[expect(dead_code, reason = \"why\")]\nfn f() {}", &[]);
    code("\n#[allow(dead_code)]\nfn f() {}", &["lib.rs:2: "]);
    code("#![allow(dead_code)]", &["lib.rs:1: "]);
    code("#[cfg_attr(test, allow(dead_code))]\nfn f() {}", &["lib.rs:1: "]);
    code("#[expect(dead_code)]\nfn f() {}", &["needs a `reason`"]);
}

#[test]
fn banned_words() {
    let code =
        |text: &str, says: &[&str]| expect(names::banned_words, &[("crates/a/src/lib.rs", text)], says);
    code("pub fn plan() {}\npub struct Change;\nfn get_it() {}\npub fn get() {}", &[]);
    code("\npub fn get_plan() {}", &["lib.rs:2: ", "`get_plan`"]);
    code("pub struct PlanDelta;", &["say plan"]);
    code("pub enum AuthType {}", &["authentication mode"]);
    code("mod utils {}", &["`utils`"]);
    code("pub struct A { pub state_file: u8 }", &["say ledger"]);
    code("pub trait A { fn tick(); }", &["say reconcile"]);
    code("impl A { pub(crate) fn skew() {} }", &["say drift"]);
    code("pub const CLOCK_SKEW: u8 = 0;\npub fn ticket() {}", &[]);
}

#[test]
fn package_count() {
    expect(files::package_count, &[("Cargo.lock", "[[package]]\nname = \"a\"\n")], &[]);
    expect(files::package_count, &[("Cargo.lock", &"[[package]]\n".repeat(1000))], &["1000 packages"]);
}

#[test]
fn large_files() {
    let limit = "x".repeat(512 * 1024);
    expect(files::large_files, &[("a", &limit)], &[]);
    expect(files::large_files, &[("a", &(limit + "x"))], &["a: 524289 bytes"]);
}

#[test]
fn machine_words() {
    let text = |text: &str, says: &[&str]| expect(files::machine_words, &[("docs/a.md", text)], says);
    let home = ["/ro", "ot/x"].concat();
    text(&format!("see `{home}`"), &["docs/a.md:1: "]);
    text(&format!("see a{home} and iam::1:root"), &[]);
    text(&["https://py", "pi.org/simple"].concat(), &["exists on one machine only"]);
}

#[test]
fn changelog() {
    expect(documents::changelog, &[("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")], &[]);
    expect(documents::changelog, &[("CHANGELOG.md", "# Changelog\n")], &["Unreleased"]);
}

#[test]
fn architecture_length() {
    expect(documents::architecture_length, &[("ARCHITECTURE.md", &"x\n".repeat(200))], &[]);
    expect(documents::architecture_length, &[("ARCHITECTURE.md", &"x\n".repeat(201))], &["201 lines"]);
    expect(documents::architecture_length, &[], &["is missing"]);
}

#[test]
fn proofs() {
    let page = |text: &str, says: &[&str]| {
        let test = ("crates/a/src/tests.rs", "#[test]\nfn it_holds() {}");
        expect(documents::proofs, &[("ARCHITECTURE.md", text), test], says);
    };
    page("| 1 | It holds, as `no_test` says | `it_holds`, and `deny.toml` |", &[]);
    page(
        "| # | What |\n| 1 | It holds | `it_holds`, `it_is_gone` |",
        &["ARCHITECTURE.md:2: ", "`it_is_gone`"],
    );
}

#[test]
fn links() {
    let page = |text: &str, says: &[&str]| {
        let other = ("docs/b.md", "# What it is: `b`\n```\n# not a heading\n```\n");
        expect(documents::links, &[("docs/a.md", text), other, ("README.md", "")], says);
    };
    page("[b](b.md) [up](../README.md) [folder](../docs) [web](https://a.example/x)", &[]);
    page("[b](b.md#what-it-is-b)", &[]);
    page("\n[b](c.md)", &["docs/a.md:2: `c.md` leads nowhere"]);
    page("[b](b.md#not-a-heading)", &["leads nowhere"]);
    page("```\n[b](c.md)\n```", &[]);
}

#[test]
fn mirror() {
    let pair = |japanese: &str, says: &[&str]| {
        let english = "# Rolecall\nThe door list.\n```sh\ncargo xtask test\n```\n## On\n";
        expect(documents::mirror, &[("README.md", english), ("README.ja.md", japanese)], says);
    };
    pair("# ロールコール\n名簿。\n```sh\ncargo xtask test\n```\n## 次へ\n", &[]);
    pair("# ロールコール\n```sh\ncargo test\n```\n## 次へ\n", &["cargo xtask test"]);
    pair("# ロールコール\n```sh\ncargo xtask test\n```\n### 次へ\n", &["level 3", "level 2"]);
    pair("# ロールコール\n```sh\ncargo xtask test\n```\n", &["nothing"]);
}
