//! RG09 with real repositories on a real cluster: which clone shows what of the history.

use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_testenv::story::{Cast, Told, user};

use crate::cluster::{cast, document, ends};
use crate::schema::check;

/// What every clone says where it comes from, and nobody asks.
const ORIGIN: &str = "https://git.example.com/team/doors.git";

/// A cluster, and a repository of whose commits the newest one takes `leaver` out and is applied.
struct Doors {
    cast: Cast,
    /// With `leaver`.
    old: String,
    /// Without.
    new: String,
}

impl Doors {
    fn open() -> Self {
        let cast = cast();
        git(&cast.repository, 0, &["init", "-q", "-b", "main"]);
        git(&cast.repository, 0, &["remote", "add", "origin", ORIGIN]);
        let old = commit(&cast, 1, &["admin", "leaver"]);
        ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 0);
        let new = commit(&cast, 2, &["admin"]);
        ends(cast.pipeline.rolecall(&["apply", "--yes"]).unwrap(), 0);
        Self { cast, old, new }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.cast.repository, 9, arguments)
    }

    fn run(&self, arguments: &[&str]) -> Told {
        self.cast.pipeline.rolecall(arguments).unwrap()
    }

    /// Another clone of the repository, which the pipeline deploys from.
    fn clone(&self, name: &str, more: &[&str]) -> PathBuf {
        let folder = self.cast.repository.parent().unwrap().join(name);
        let (from, to) = (format!("file://{}", self.cast.repository.display()), folder.to_str().unwrap());
        self.git(&[&["clone", "-q"], more, &[&from, to]].concat());
        git(&folder, 9, &["remote", "set-url", "origin", ORIGIN]);
        folder
    }

    /// What RG09 says of the plan for what is in `folder`.
    fn judged(&self, folder: &Path) -> (String, String) {
        let planned = self.run(&["plan", folder.to_str().unwrap(), "-o", "json"]);
        let document = document(&planned);
        check("plan", &document);
        let guards = document["guards"].as_array().unwrap();
        let rg09 = guards.iter().find(|guard| guard["code"] == "RG09").unwrap();
        let text = |key: &str| rg09[key].as_str().unwrap().to_owned();
        (text("verdict"), text("message"))
    }
}

/// Commits a map with these cluster-admins at this hour of the day, and says under which id.
fn commit(cast: &Cast, hour: u8, admins: &[&str]) -> String {
    let users: String = admins.iter().map(|name| user(name, "system:masters")).collect();
    cast.commit("", &users).unwrap();
    git(&cast.repository, hour, &["add", "aws-auth.yml"]);
    git(&cast.repository, hour, &["commit", "-q", "-m", "doors"]);
    git(&cast.repository, hour, &["rev-parse", "HEAD"])
}

fn git(folder: &Path, hour: u8, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "protocol.file.allow=always"]);
    git.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
    git.env("PATH", std::env::var_os("PATH").unwrap());
    git.env("GIT_COMMITTER_DATE", format!("2026-01-01T{hour:02}:00:00Z"));
    let output = git.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn last_months_job_lets_no_leaver_back_in_unless_somebody_says_why() {
    let doors = Doors::open();
    let version = doors.cast.version().unwrap();
    doors.git(&["checkout", "-q", &doors.old]);
    let told = format!("RG09 refuses: revision `{}` is older than `{}`", &doors.old[..12], &doors.new[..12]);
    for arguments in
        [&["plan", "--out", "plan.json"][..], &["apply", "--yes"], &["apply", "plan.json", "--yes"]]
    {
        let refused = ends(doors.run(arguments), 3);
        assert!(refused.stdout.replace("\n  ", " ").contains(&told), "{refused}");
        assert!(refused.says("--allow RG09"), "{refused}");
    }
    assert_eq!(doors.cast.version().unwrap(), version);
    // Whoever only looks is told what differs, and not refused.
    ends(doors.run(&["verify"]), 2);
    ends(doors.run(&["drift"]), 2);
    // A change that nobody committed does not make an old commit a new one.
    doors.cast.commit("", &[user("admin", "system:masters"), user("late", "view")].concat()).unwrap();
    ends(doors.run(&["apply", "--yes"]), 3);
    doors.git(&["checkout", "-q", "aws-auth.yml"]);

    let allowed = ["apply", "--yes", "--allow", "RG09", "--reason", "the outage", "-o", "json"];
    let applied = document(&ends(doors.run(&allowed), 0));
    check("apply-report", &applied);
    let guards = applied["plan"]["guards"].as_array().unwrap();
    let rg09 = guards.iter().find(|guard| guard["code"] == "RG09").unwrap();
    assert_eq!((&rg09["verdict"], &rg09["reason"]), (&"allowed".into(), &"the outage".into()));
    assert_eq!(applied["plan"]["revision"]["committedAt"], "2026-01-01T01:00:00Z");
    // From there it goes on.
    doors.git(&["checkout", "-q", "main"]);
    ends(doors.run(&["apply", "--yes"]), 0);
    let version = doors.cast.version().unwrap();
    // A commit on top that a replay agrees with: nothing to do is no replay.
    doors.git(&["commit", "-q", "--allow-empty", "-m", "nothing"]);
    ends(doors.run(&["apply", "--yes"]), 0);
    doors.git(&["checkout", "-q", &doors.new]);
    assert!(ends(doors.run(&["apply", "--yes"]), 0).says("Nothing to do"));
    assert_eq!(doors.cast.version().unwrap(), version);
}

#[test]
fn a_clone_tells_what_it_has_of_the_history() {
    let mut doors = Doors::open();
    let (old, new) = (doors.old[..12].to_owned(), doors.new[..12].to_owned());
    doors.git(&["branch", "old", &doors.old]);
    let newest = commit(&doors.cast, 3, &["admin", "newcomer"])[..12].to_owned();

    let refused = |judged: (String, String), message: &str| {
        assert_eq!(judged.0, "refused", "{}", judged.1);
        assert!(judged.1.contains(message), "{}", judged.1);
    };
    let passed = |judged: (String, String), message: &str| {
        assert_eq!(judged, ("passed".to_owned(), message.to_owned()));
    };
    // The whole history of what is checked out.
    let one_branch = ["--single-branch", "-b", "old"];
    refused(doors.judged(&doors.clone("old", &one_branch)), "and is not in this clone");
    refused(doors.judged(&doors.clone("all", &["-b", "old"])), &format!("`{old}` is older than `{new}`"));
    let descends = format!("revision `{newest}` descends from `{new}`, which was applied last");
    passed(doors.judged(&doors.clone("new", &[])), &descends);
    passed(doors.judged(&doors.clone("deep", &["--depth", "2"])), &descends);
    // What is missing in a partial clone is not fetched for the answer, though it could be.
    doors.git(&["config", "uploadpack.allowFilter", "true"]);
    doors.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let partial = doors.clone("partial", &[&one_branch[..], &["--filter=blob:none"]].concat());
    let instead = format!("url.file://{}.insteadOf", doors.cast.repository.display());
    git(&partial, 9, &["config", &instead, ORIGIN]);
    refused(doors.judged(&partial), "and is not in this clone");
    // Without the commit that was applied, the dates tell.
    let shallow = doors.clone("shallow-old", &["--depth", "1", "-b", "old"]);
    refused(doors.judged(&shallow), "their history is not known: the clone is shallow");
    let unknown = "is not known: the clone is shallow; `fetch-depth: 0` or `git fetch --unshallow` brings the whole history";
    let message =
        format!("whether revision `{newest}` descends from `{new}`, which was applied last, {unknown}");
    passed(doors.judged(&doors.clone("shallow", &["--depth", "1"])), &message);

    // A branch beside it, merged, and on top of it again.
    doors.git(&["checkout", "-q", "old"]);
    let beside = commit(&doors.cast, 4, &["admin", "leaver", "beside"])[..12].to_owned();
    let here = doors.cast.repository.clone();
    refused(doors.judged(&here), &format!("`{beside}` does not descend from `{new}`"));
    doors.git(&["merge", "-q", "-s", "ours", "-m", "merge", "main"]);
    assert_eq!(doors.judged(&here).0, "passed");
    // The commit that was applied is written anew, with another message.
    doors.git(&["checkout", "-q", "-B", "main", &doors.new]);
    commit(&doors.cast, 5, &["admin", "newcomer"]);
    doors.git(&["reset", "-q", "--soft", "HEAD~2"]);
    doors.git(&["commit", "-q", "-m", "rebased"]);
    refused(doors.judged(&here), "each has commits that the other lacks");

    // What a pipeline hands over as an archive has no history.
    let zip = here.parent().unwrap().join("zip");
    std::fs::create_dir(&zip).unwrap();
    std::fs::copy(here.join("aws-auth.yml"), zip.join("aws-auth.yml")).unwrap();
    for (key, value) in
        [("CI_PROJECT_URL", ORIGIN), ("CI_PROJECT_DIR", zip.to_str().unwrap()), ("CI_COMMIT_SHA", &doors.old)]
    {
        doors.cast.pipeline.set(key, value);
    }
    let (verdict, message) = doors.judged(&zip);
    assert_eq!(verdict, "passed", "{message}");
    assert!(message.contains("the files come without their history"), "{message}");
    doors.cast.pipeline.set("CI_COMMIT_SHA", &doors.new);
    passed(doors.judged(&zip), "the revision is the one that was applied last");
}
