//! The role's own entry removed from the file: what RG01 says, and what it takes to do it all the same.

use rolecall_testenv::story::{NODES, manifest, user};

use crate::{cast, with_admin};

#[test]
fn the_own_entry_goes_only_when_it_is_allowed() {
    let cast = cast();
    cast.commit("", &with_admin()).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    cast.write(&manifest(NODES, &with_admin())).unwrap();

    let refused = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().refused().unwrap();
    assert!(refused.says("RG01") && refused.says("--allow RG01"), "{refused}");
    let usage = cast.pipeline.rolecall(&["apply", "--yes", "--allow", "RG01"]).unwrap();
    assert_eq!(usage.status, Some(64), "a reason is demanded: {usage}");

    let allow = ["apply", "--yes", "--allow", "RG01", "--reason", "the pipeline moves to another role"];
    let applied = cast.pipeline.rolecall(&allow).unwrap().succeeded().unwrap();
    assert!(applied.says("the pipeline moves to another role"), "{applied}");
    cast.pipeline.wait_for_other_tokens();
    let locked_out = cast.pipeline.rolecall(&["plan"]).unwrap();
    assert_eq!(locked_out.status, Some(1), "{locked_out}");
    assert!(locked_out.says("hint:"), "{locked_out}");
}

#[test]
fn the_last_user_of_a_section_goes_only_when_it_is_allowed() {
    let cast = cast();
    cast.commit("", &user("reader", "view")).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    cast.commit("", "[]\n").unwrap();
    let refused = cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().refused().unwrap();
    assert!(refused.says("RG04"), "{refused}");
    let allow = ["apply", "--yes", "--allow", "rg04", "--reason", "nobody is left"];
    cast.pipeline.rolecall(&allow).unwrap().succeeded().unwrap();
}
