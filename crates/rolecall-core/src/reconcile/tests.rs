use super::*;
use crate::fixtures::{applied, circumstances, entry, wanted};
use crate::guard::{approve, judge};
use crate::identity_mapping::Section;
use crate::policy::{Growth, Policy, Unmanaged};
use crate::predict::predict;

const WRITER: Option<&str> = Some("kubectl-edit");

fn minutes(count: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(count)
}

fn key(arn: &str) -> EntryKey {
    let section = if arn.starts_with("user/") { Section::MapUsers } else { Section::MapRoles };
    EntryKey::new(section, &alloc::format!("arn:aws:iam::111122223333:{arn}"))
}

fn node() -> String {
    entry("role/node", "system:node:{{EC2PrivateDNSName}}", "'system:bootstrappers', 'system:nodes'")
}

/// The files of a team: a deployer who may do everything, a developer, and a user.
fn files(policy: Policy) -> DesiredAccess {
    let roles =
        alloc::format!("{}{}", entry("role/ci", "ci", "'system:masters'"), entry("role/dev", "dev", "view"));
    wanted(&[("mapRoles", &roles), ("mapUsers", &entry("user/ann", "ann", "view"))], "aws-auth.yml", policy)
}

/// A controller of one cluster, and the world around it.
struct World {
    desired: DesiredAccess,
    cluster: ObservedAccess,
    memory: Memory,
}

impl World {
    /// The files were applied to a cluster that has a node, and the controller has looked once.
    fn new(policy: Policy) -> Self {
        let desired = files(policy);
        let mut cluster = applied(&[("mapRoles", &node())], None);
        cluster.ledger = crate::observed::Knowledge::Known(None);
        let cluster = predict(&plan(&desired, &cluster), &cluster);
        let mut world = Self { desired, cluster, memory: Memory::default() };
        let pass = world.look(0);
        assert!(matches!(pass.act, Act::Nothing) && pass.drift.is_empty(), "{pass:?}");
        world
    }

    fn decided(&self, minute: i64) -> Pass {
        let memory = (&self.memory, Patience::default());
        decide(&self.desired, &self.cluster, WRITER, memory, minutes(minute))
    }

    /// Looks, and does what is decided.
    fn look(&mut self, minute: i64) -> Pass {
        let pass = self.decided(minute);
        if let Act::Heal(desired) = &pass.act {
            let plan = plan(desired, &self.cluster);
            let judgements = judge(&plan, desired, &self.cluster, &circumstances());
            assert!(
                approve(plan.clone(), desired, &self.cluster, &circumstances()).is_ok(),
                "{judgements:?}"
            );
            assert_eq!(self.cluster.ledger(), Some(plan.ledger()), "a heal changes nobody's ownership");
            self.cluster = predict(&plan, &self.cluster);
        }
        self.memory = pass.clone().remembered(true, WRITER, minutes(minute));
        pass
    }

    fn alter(&mut self, section: &str, change: impl FnOnce(&mut String)) {
        self.cluster.map.as_mut().unwrap().alter(|data| change(data.get_mut(section).unwrap()));
    }

    /// Somebody takes the entry of a role out by hand.
    fn remove(&mut self, what: &str) {
        self.alter("mapRoles", |roles| {
            let before = roles.clone();
            *roles = roles.replace(what, "");
            assert_ne!(*roles, before);
        });
    }

    fn has(&self, arn: &str) -> bool {
        self.cluster.effective().winners().contains_key(&key(arn))
    }
}

fn dev() -> String {
    entry("role/dev", "dev", "view")
}

#[test]
fn a_revision_that_was_not_applied_is_applied() {
    let mut world = World::new(Policy::default());
    world.desired = world.desired.clone().at("2b");
    assert!(matches!(world.decided(1).act, Act::Apply));
    world.cluster.ledger = crate::observed::Knowledge::Known(None);
    assert!(matches!(world.decided(1).act, Act::Apply));
}

#[test]
fn a_node_is_healed_at_once_though_no_file_has_it() {
    let mut world = World::new(Policy::default());
    world.remove(&node());
    let pass = world.look(1);
    assert!(matches!(pass.act, Act::Heal(_)) && pass.drift[0].urgency == Urgency::AtOnce, "{pass:?}");
    assert!(world.has("role/node"));
    assert!(world.look(2).drift.is_empty());
}

#[test]
fn a_person_is_missed_loudly_and_put_back_a_quarter_of_an_hour_later() {
    let mut world = World::new(Policy::default());
    world.remove(&dev());
    let pass = world.look(1);
    assert!(matches!(pass.act, Act::Nothing));
    assert_eq!(
        pass.drift[0].message,
        "`arn:aws:iam::111122223333:role/dev` was removed from the map by somebody else"
    );
    assert_eq!((pass.wake_at, pass.drift[0].heals_at), (Some(minutes(16)), Some(minutes(16))));
    // What is urgent meanwhile is healed alone.
    world.remove(&node());
    assert!(matches!(world.look(2).act, Act::Heal(_)));
    assert!(world.has("role/node") && !world.has("role/dev"));
    assert!(matches!(world.look(15).act, Act::Nothing));
    assert!(matches!(world.look(16).act, Act::Heal(_)));
    assert!(world.has("role/dev"));
}

#[test]
fn whoever_was_put_back_by_hand_is_missed_anew_the_next_time() {
    let mut world = World::new(Policy::default());
    world.remove(&dev());
    world.look(1);
    world.alter("mapRoles", |roles| roles.push_str(&dev()));
    assert!(world.look(10).drift.is_empty());
    world.remove(&dev());
    assert_eq!(world.look(14).wake_at, Some(minutes(29)));
}

#[test]
fn a_protected_principal_is_healed_at_once_also_where_it_is_narrowed() {
    let protect = alloc::vec!["arn:aws:iam::111122223333:role/team/dev".to_string()];
    let mut world = World::new(Policy { protect, ..Policy::default() });
    world.remove(&dev());
    assert!(matches!(world.look(1).act, Act::Heal(_)) && world.has("role/dev"));
    world.alter("mapRoles", |roles| {
        *roles = roles.replace("username: dev\n  groups: [view]", "username: dev\n  groups: []");
    });
    assert!(matches!(world.look(2).act, Act::Heal(_)));
    assert!(world.look(3).drift.is_empty());
}

#[test]
fn whoever_gives_himself_more_has_it_taken_away_at_once() {
    let mut world = World::new(Policy::default());
    world.alter("mapRoles", |roles| {
        *roles = roles
            .replace("username: dev\n  groups: [view]", "username: dev\n  groups: ['system:masters', view]");
    });
    let pass = world.look(1);
    assert!(matches!(pass.act, Act::Heal(_)), "{pass:?}");
    assert_eq!(
        pass.drift[0].message,
        "`arn:aws:iam::111122223333:role/dev` was given more than the files give it: `dev` [system:masters, view]"
    );
    assert!(world.look(2).drift.is_empty());
}

#[test]
fn an_emptied_a_broken_and_a_deleted_map_are_put_back_with_all_that_was_in_them() {
    let refusing = Policy { growth: Growth::Refuse, unmanaged: Unmanaged::Keep, ..Policy::default() };
    let mut world = World::new(refusing);
    let before = world.cluster.data().clone();
    for harm in ["[]\n", "", "- rolearn: [", "{}"] {
        world.alter("mapRoles", |roles| *roles = harm.to_string());
        assert!(matches!(world.look(1).act, Act::Heal(_)), "{harm:?}");
        for arn in ["role/node", "role/ci", "role/dev", "user/ann"] {
            assert!(world.has(arn), "{arn} after {harm:?}");
        }
        assert!(world.look(2).drift.is_empty(), "{harm:?}");
        world.memory.heals.clear();
    }
    world.cluster.map.as_mut().unwrap().alter(|data| {
        data.remove("mapUsers");
    });
    assert!(matches!(world.look(3).act, Act::Heal(_)) && world.has("user/ann"));
    world.memory.heals.clear();
    world.cluster.map = None;
    assert!(matches!(world.look(4).act, Act::Heal(_)));
    assert_eq!(world.cluster.effective().winners().len(), 4);
    assert_eq!(world.cluster.data().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn a_stranger_is_loud_and_stays_unless_git_is_the_whole_truth() {
    let mut world = World::new(Policy::default());
    world.alter("mapRoles", |roles| roles.push_str(&entry("role/intruder", "i", "'system:masters'")));
    let pass = world.look(1);
    assert!(matches!(pass.act, Act::Nothing) && pass.wake_at.is_none());
    assert!(pass.drift[0].message.ends_with(
        "role/intruder` [system:masters] was not there at the last pass, and is nobody's that we know of"
    ));
    assert!(!world.look(2).drift.is_empty(), "as long as it is there");

    let mut world = World::new(Policy { unmanaged: Unmanaged::Remove, ..Policy::default() });
    // It takes two revisions in a row that say so.
    let next = world.desired.clone().at("2b");
    world.cluster = predict(&plan(&next, &world.cluster), &world.cluster);
    world.desired = next;
    world.look(1);
    world.alter("mapRoles", |roles| roles.push_str(&entry("role/intruder", "i", "'system:masters'")));
    assert!(matches!(world.look(2).act, Act::Apply));
}

#[test]
fn whoever_let_himself_in_is_not_put_back_and_a_new_node_is() {
    let mut world = World::new(Policy::default());
    let nodes = "'system:bootstrappers', 'system:nodes'";
    let new_node = entry("role/new-node", "system:node:{{EC2PrivateDNSName}}", nodes);
    world.alter("mapRoles", |roles| roles.push_str(&new_node));
    world.look(1);
    for groups in ["'system:masters'", "'system:nodes', 'system:masters'"] {
        world.alter("mapRoles", |roles| roles.push_str(&entry("role/intruder", "i", groups)));
        assert!(!world.look(2).drift.is_empty());
        world.alter("mapRoles", |roles| *roles = "- {".to_string());
        assert!(matches!(world.look(3).act, Act::Heal(_)));
        assert!(world.has("role/new-node") && !world.has("role/intruder"), "{groups}");
        world.memory.heals.clear();
    }
}

#[test]
fn a_hold_stops_healing_and_revisions_and_ends_by_itself() {
    let mut world = World::new(Policy::default());
    world.remove(&node());
    let written = |text: &str| [(HOLD_ANNOTATION.to_string(), text.to_string())].into();
    world.cluster.map.as_mut().unwrap().annotations = written("1970-01-01T00:30:00Z because of an incident");
    let pass = world.look(1);
    let Act::Held(held) = &pass.act else { panic!("{pass:?}") };
    assert_eq!(
        (held.until, held.reason.as_str(), pass.wake_at),
        (minutes(30), "of an incident", Some(minutes(30)))
    );
    let next = world.desired.clone().at("2b");
    let of_next = decide(&next, &world.cluster, WRITER, (&world.memory, Patience::default()), minutes(2));
    assert!(matches!(of_next.act, Act::Held(_)));
    assert!(matches!(world.look(30).act, Act::Heal(_)));
    for mistake in ["until tomorrow", "1970-01-03T00:00:00Z because I say so", ""] {
        world.remove(&node());
        world.memory.heals.clear();
        world.cluster.map.as_mut().unwrap().annotations = written(mistake);
        assert!(matches!(world.look(40).act, Act::Heal(_)), "{mistake}");
        assert!(Hold::mistake(&world.cluster, minutes(40)).is_some(), "{mistake}");
    }
    world.cluster.map.as_mut().unwrap().annotations = written("1970-01-01T00:30:00Z");
    assert_eq!(Hold::mistake(&world.cluster, minutes(40)), None);
}

#[test]
fn who_keeps_undoing_is_left_alone_after_three_heals_for_an_hour() {
    let mut world = World::new(Policy::default());
    for minute in [1, 2, 3] {
        world.remove(&node());
        assert!(matches!(world.look(minute).act, Act::Heal(_)));
    }
    world.remove(&node());
    let pass = world.look(4);
    assert!(matches!(&pass.act, Act::Contended(Some(who)) if who == "kubectl-edit"), "{pass:?}");
    assert_eq!(pass.wake_at, Some(minutes(61)));
    // Another writer is another matter.
    let other =
        decide(&world.desired, &world.cluster, Some("eks"), (&world.memory, Patience::default()), minutes(5));
    assert!(matches!(other.act, Act::Heal(_)));
    assert!(matches!(world.look(61).act, Act::Heal(_)));
}

#[test]
fn what_another_source_took_out_itself_is_not_put_back() {
    let mut world = World::new(Policy::default());
    let theirs = wanted(
        &[("mapRoles", &entry("role/their-node", "system:node:{{EC2PrivateDNSName}}", "'system:nodes'"))],
        "other.yml",
        Policy::default(),
    );
    world.cluster = predict(&plan(&theirs, &world.cluster), &world.cluster);
    assert!(world.look(1).drift.is_empty());
    let nothing = wanted(&[("mapRoles", "[]")], "other.yml", Policy::default()).at("2b");
    world.cluster = predict(&plan(&nothing, &world.cluster), &world.cluster);
    assert!(!world.has("role/their-node"));
    let pass = world.look(2);
    assert!(pass.drift.is_empty(), "{pass:?}");
}

#[test]
fn a_controller_without_a_memory_puts_back_what_the_files_say() {
    let mut world = World::new(Policy::default());
    world.memory = Memory::default();
    world.alter("mapRoles", String::clear);
    assert!(matches!(world.look(1).act, Act::Heal(_)));
    assert!(world.has("role/ci") && world.has("role/dev") && !world.has("role/node"));
}

#[test]
fn a_heal_is_no_way_around_a_guard() {
    let mut world = World::new(Policy::default());
    world.remove(&node());
    let Act::Heal(back) = world.decided(1).act else { panic!() };
    world.cluster.mode = crate::observed::Knowledge::Known(crate::cluster::AuthenticationMode::Api);
    let found = plan(&back, &world.cluster);
    assert!(approve(found, &back, &world.cluster, &circumstances()).is_err());
}

#[test]
fn what_was_there_is_recalled_from_the_record_of_the_apply() {
    let mut world = World::new(Policy::default());
    let well = world.cluster.data().clone();
    world.memory = Memory::default();
    world.alter("mapRoles", String::clear);
    let applied = |world: &mut World, source: &DesiredAccess, record: &str| {
        let crate::observed::Knowledge::Known(Some(ledger)) = &mut world.cluster.ledger else { panic!() };
        ledger.ledger.applied.get_mut(&source.revision().source).unwrap().record = Some(record.to_string());
    };
    assert_eq!(record_to_recall(&world.desired, &world.cluster), None, "there is none");
    let desired = world.desired.clone();
    applied(&mut world, &desired, "apply-2");
    assert_eq!(record_to_recall(&world.desired, &world.cluster), Some("apply-2"));
    assert!(world.memory.is_vague(&world.desired));
    world.memory.recall(&desired, &world.cluster, well);
    assert!(!world.memory.is_vague(&world.desired));
    assert!(matches!(world.look(1).act, Act::Heal(_)));
    assert!(world.has("role/node") && world.has("role/dev"));

    // What somebody else has applied since may have been to take the node out.
    let theirs = wanted(&[("mapUsers", &entry("user/bob", "bob", "view"))], "other.yml", Policy::default());
    world.cluster = predict(&plan(&theirs, &world.cluster), &world.cluster);
    applied(&mut world, &desired, "apply-2");
    applied(&mut world, &theirs, "apply-3");
    assert_eq!(record_to_recall(&world.desired, &world.cluster), None);
    assert_eq!(record_to_recall(&world.desired.clone().at("2b"), &world.cluster), None);
}
