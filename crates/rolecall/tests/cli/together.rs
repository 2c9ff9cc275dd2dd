//! Several at once on one file: nobody's edit is lost without a word.

use std::thread;

use crate::run::{Desk, MAP};

#[test]
fn whoever_says_that_it_is_written_has_written_it() {
    let desk = Desk::new();
    desk.write("aws-auth.yml", MAP);
    together(&desk);
}

#[test]
fn that_holds_for_a_file_that_is_not_there_yet() {
    together(&Desk::new());
}

fn together(desk: &Desk) {
    let add = |n: usize| {
        let arn = format!("arn:aws:iam::111122223333:role/r{n}");
        desk.run(&["map", "add", &arn, "--username", "r", "--group", "viewers", "-f", "aws-auth.yml"])
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || add(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let text = desk.read("aws-auth.yml");
    for (n, outcome) in outcomes.iter().enumerate() {
        let is_there = text.contains(&format!("role/r{n}\n"));
        assert_eq!(outcome.status == 0, is_there, "r{n}: {}\n{text}", outcome.stderr);
        if !is_there {
            assert!(
                outcome.stderr.contains("somebody else wrote `aws-auth.yml` meanwhile"),
                "{}",
                outcome.stderr
            );
        }
    }
    assert!(text.contains("role/r"), "one at least comes through");
}
