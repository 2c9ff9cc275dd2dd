//! With the API server's default token cache: verification is not fooled by a cached answer.

use rolecall_testenv::story::{NODES, manifest};
use rolecall_testenv::{ClusterOptions, TokenCache};

use crate::{cast_on, with_admin, without_admin};

#[test]
fn a_cached_answer_does_not_count() {
    let cast =
        cast_on(ClusterOptions { token_cache: TokenCache::ServerDefault, ..ClusterOptions::default() });
    cast.commit("", &with_admin()).unwrap();
    cast.pipeline.rolecall(&["apply", "--yes"]).unwrap().succeeded().unwrap();
    cast.admin.knock().unwrap().succeeded().unwrap();
    // The pipeline takes itself out: its own token is cached for two minutes, and a fresh one is refused.
    cast.write(&manifest(NODES, &without_admin())).unwrap();
    let allow = ["apply", "--yes", "--allow", "RG01", "--reason", "a test", "-o", "json"];
    let applied = cast.pipeline.rolecall(&allow).unwrap().succeeded().unwrap();
    assert!(applied.says("verified"), "{applied}");
    let knocked = cast.admin.knock().unwrap();
    assert_ne!(knocked.status, Some(0), "a fresh token gets in: {knocked}");
    cast.pipeline.wait_for_other_tokens();
    let locked_out = cast.pipeline.rolecall(&["plan"]).unwrap();
    assert_eq!(locked_out.status, Some(1), "{locked_out}");
}
