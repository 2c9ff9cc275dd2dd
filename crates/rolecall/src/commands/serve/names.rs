//! What clusters are called in logs and metrics: by their names, and by more where that is not enough.

use std::collections::BTreeSet;

use rolecall_core::config::ClusterConfig;

/// One name each, in the order of `clusters`.
pub(super) fn of(clusters: &[ClusterConfig]) -> Vec<String> {
    let is_alone = |name: &str| clusters.iter().filter(|other| short(other) == name).count() == 1;
    let name = |cluster: &ClusterConfig| match short(cluster) {
        name if is_alone(name) => name.to_owned(),
        _ => long(cluster),
    };
    clusters.iter().map(name).collect()
}

/// A cluster that is there more than once.
pub(super) fn named_twice(clusters: &[ClusterConfig]) -> Option<String> {
    let mut names = BTreeSet::new();
    of(clusters).into_iter().find(|name| !names.insert(name.clone()))
}

fn short(cluster: &ClusterConfig) -> &str {
    cluster.name.as_deref().or(cluster.context.as_deref()).unwrap_or_default()
}

/// The same name may be used in every region, and in every account.
fn long(cluster: &ClusterConfig) -> String {
    let region = cluster.region.iter().map(|region| format!(" in {region}"));
    let role = cluster.role_arn.iter().map(|role| format!(" as {role}"));
    let more: String = region.chain(role).collect();
    format!("{}{more}", short(cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str, region: &str, role: Option<&str>) -> ClusterConfig {
        ClusterConfig {
            name: Some(name.to_owned()),
            context: None,
            region: Some(region.to_owned()),
            role_arn: role.map(str::to_owned),
            path: None,
        }
    }

    #[test]
    fn a_name_says_as_much_as_is_needed() {
        let mut clusters = vec![
            cluster("dev", "eu-west-1", None),
            cluster("prod", "eu-west-1", None),
            cluster("prod", "us-east-1", None),
            cluster("prod", "us-east-1", Some("arn:aws:iam::111122223333:role/doors")),
        ];
        let names = [
            "dev",
            "prod in eu-west-1",
            "prod in us-east-1",
            "prod in us-east-1 as arn:aws:iam::111122223333:role/doors",
        ];
        assert_eq!(of(&clusters), names);
        assert_eq!(named_twice(&clusters), None);
        clusters.push(cluster("prod", "us-east-1", None));
        assert_eq!(named_twice(&clusters).as_deref(), Some("prod in us-east-1"));
    }
}
