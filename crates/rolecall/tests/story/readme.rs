//! The commands of the README, word for word, in their order.

use rolecall_testenv::ClusterOptions;
use rolecall_testenv::story::{Cast, manifest, user};

use crate::rolecall;

#[test]
fn the_commands_of_the_readme_work() {
    let options = ClusterOptions { name: "prod".to_owned(), ..ClusterOptions::default() };
    let cast = Cast::assemble(rolecall(), options).unwrap();
    // Whoever sets it up may enter already, by an entry made by hand.
    let by_hand = user("admin", "system:masters");
    cast.cluster.write_aws_auth(&[("mapUsers", &by_hand)]).unwrap();
    cast.write(&manifest("[]", &by_hand)).unwrap();

    let readme = include_str!("../../../../README.md").replace("\\\n", "");
    let part = readme.split("## Use it").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let mut commands = 0;
    for line in part.split("```sh\n").skip(1).flat_map(|block| block.split("```").next().unwrap().lines()) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let told = match words.as_slice() {
            // There is nobody to ask in a test.
            ["rolecall", "apply", rest @ ..] => cast.admin.rolecall(&[&["apply", "--yes"], rest].concat()),
            ["rolecall", rest @ ..] => cast.admin.rolecall(rest),
            ["kubectl", rest @ ..] => cast.admin.kubectl(rest),
            _ => continue,
        };
        told.unwrap().succeeded().unwrap();
        commands += 1;
    }
    assert_eq!(commands, 5, "bootstrap, plan, apply, kubeconfig, kubectl");
}
