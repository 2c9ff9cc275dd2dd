//! Every rule and every guard has its line in the reference.

use rolecall_core::finding::Code;
use rolecall_core::guard::Guard;

#[test]
fn every_code_is_documented() {
    let (rules, guards) =
        (include_str!("../../../docs/reference/rules.md"), include_str!("../../../docs/reference/guards.md"));
    for code in Code::ALL {
        assert!(rules.contains(&format!("\n| {code} | ")), "{code} is not in the rules");
    }
    for guard in Guard::ALL {
        assert!(guards.contains(&format!("\n| {} | ", guard.as_str())), "{guard:?} is not in the guards");
    }
    let documented = rules.lines().filter(|line| line.starts_with("| RC")).count();
    assert_eq!(documented, Code::ALL.len());
}

#[test]
fn the_policy_in_the_reference_is_understood() {
    let guards = include_str!("../../../docs/reference/guards.md");
    let example = guards.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let (config, findings) =
        rolecall_core::config::parse("rolecall.yaml", example.expect("there is an example"));
    assert_eq!(findings, []);
    assert_eq!(config.map(|config| config.policy.protect.len()), Some(1));
}
