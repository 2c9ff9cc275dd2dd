//! The names under which STS is reached, and which of them the authenticator lets a token name.
//!
//! The rule set is the one of aws-iam-authenticator 0.7.18, which asks the AWS SDK's STS endpoint rules.
//! No name is resolved here, and custom endpoints (`AWS_ENDPOINT_URL`) are not a matter of tokens at all.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The one host without a region; the authenticator takes it in partition `aws` only.
const GLOBAL_HOST: &str = "sts.amazonaws.com";

/// A partition's domains, and the regions in it.
struct Partition {
    id: &'static str,
    domain: &'static str,
    dual_stack_domain: Option<&'static str>,
    /// What the names of its regions start with, before `-<word>-<number>`.
    region_prefixes: &'static [&'static str],
}

const COMMERCIAL: Partition = Partition {
    id: "aws",
    domain: "amazonaws.com",
    dual_stack_domain: Some("api.aws"),
    region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
};

const PARTITIONS: [Partition; 8] = [
    COMMERCIAL,
    Partition {
        id: "aws-cn",
        domain: "amazonaws.com.cn",
        dual_stack_domain: Some("api.amazonwebservices.com.cn"),
        region_prefixes: &["cn"],
    },
    Partition {
        id: "aws-us-gov",
        domain: "amazonaws.com",
        dual_stack_domain: Some("api.aws"),
        region_prefixes: &["us-gov"],
    },
    Partition { id: "aws-iso", domain: "c2s.ic.gov", dual_stack_domain: None, region_prefixes: &["us-iso"] },
    Partition {
        id: "aws-iso-b",
        domain: "sc2s.sgov.gov",
        dual_stack_domain: None,
        region_prefixes: &["us-isob"],
    },
    Partition {
        id: "aws-iso-e",
        domain: "cloud.adc-e.uk",
        dual_stack_domain: None,
        region_prefixes: &["eu-isoe"],
    },
    Partition {
        id: "aws-iso-f",
        domain: "csp.hci.ic.gov",
        dual_stack_domain: None,
        region_prefixes: &["us-isof"],
    },
    Partition {
        id: "aws-eusc",
        domain: "amazonaws.eu",
        dual_stack_domain: Some("api.amazonwebservices.eu"),
        region_prefixes: &["eusc-de"],
    },
];

/// Which of a region's STS endpoints: the plain one by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The endpoint with validated cryptography (`AWS_USE_FIPS_ENDPOINT`).
    pub fips: bool,
    /// The endpoint that also answers on IPv6 (`AWS_USE_DUALSTACK_ENDPOINT`).
    pub dual_stack: bool,
}

/// Why a host, region or partition is not one that STS has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Fewer than three dot-separated labels, so there is no region in it.
    #[error("`{0}` is not the name of an STS endpoint: it has no region in it")]
    NoRegion(String),
    /// The region has signs that no region has.
    #[error("`{0}` is not a region: only letters, digits and inner hyphens are")]
    Region(String),
    /// No such partition.
    #[error("`{0}` is not a partition of AWS")]
    Partition(String),
    /// The region's partition has no endpoint of this kind.
    #[error("region `{0}` has no dual-stack endpoint of STS")]
    NoDualStack(String),
    /// A well-formed host that the authenticator of this partition refuses.
    #[error("`{host}` is not an STS endpoint of partition `{partition}`")]
    Unexpected {
        /// The host in the token.
        host: String,
        /// The verifier's partition.
        partition: String,
    },
}

/// The host to sign a token for: the regional endpoint, which opt-in regions need and which depends on nothing else.
pub fn sts_host(region: &str, endpoint: Endpoint) -> Result<String, HostError> {
    if !is_region(region) {
        return Err(HostError::Region(region.to_owned()));
    }
    resolve(region, endpoint).ok_or_else(|| HostError::NoDualStack(region.to_owned()))
}

/// The id of the partition that a region lies in; names that nobody knows count as commercial, as in the SDK.
pub fn partition_of(region: &str) -> &'static str {
    partition_by_region(region).id
}

/// The region in an STS host, or `global` for `sts.amazonaws.com`.
pub fn host_region(host: &str) -> Result<&str, HostError> {
    if host == GLOBAL_HOST {
        return Ok("global");
    }
    let mut labels = host.split('.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some(_), Some(region), Some(_)) => Ok(region),
        _ => Err(HostError::NoRegion(host.to_owned())),
    }
}

/// The region that the URL of an EKS endpoint has in it, such as `https://ID.gr7.eu-west-1.eks.amazonaws.com`.
pub fn region_in(endpoint: &str) -> Option<&str> {
    let host = endpoint.strip_prefix("https://").unwrap_or(endpoint).split(['/', ':']).next()?;
    let is_known = |label: &&str| {
        let prefixes = PARTITIONS.iter().flat_map(|partition| partition.region_prefixes);
        prefixes.into_iter().any(|prefix| has_region_form(label, prefix))
    };
    host.split('.').find(is_known)
}

/// Whether a text could be a region: letters, digits and, inside, hyphens.
pub fn is_region(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends_well = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    ends_well(bytes.first())
        && ends_well(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// The plain and, if there is one, the dual-stack host of a service in a region, with the domains of a named partition.
///
/// The authenticator takes these for its own region even where the rule set does not know that region.
pub fn regional_hosts(service: &str, region: &str, partition: &str) -> Result<Vec<String>, HostError> {
    if !is_region(region) {
        return Err(HostError::Region(region.to_owned()));
    }
    let partition = partition_by_id(partition)?;
    let domains = core::iter::once(partition.domain).chain(partition.dual_stack_domain);
    Ok(domains.map(|domain| format!("{service}.{region}.{domain}")).collect())
}

/// Whether an authenticator of this partition, in this region if it knows one, lets a token name this host.
///
/// Capitals, a port and a trailing dot all make it another host.
pub fn accept_host(host: &str, partition: &str, verifier_region: Option<&str>) -> Result<(), HostError> {
    let verifier = partition_by_id(partition)?;
    if host == GLOBAL_HOST && verifier.id == COMMERCIAL.id {
        return Ok(());
    }
    let region = host_region(host)?;
    if !is_region(region) {
        return Err(HostError::Region(region.to_owned()));
    }
    let of_the_region = in_domain_of(verifier, host) && endpoints(region).any(|known| known == host);
    let of_the_verifier = verifier_region.is_some_and(|own| {
        regional_hosts("sts", own, partition).is_ok_and(|hosts| hosts.iter().any(|h| h == host))
    });
    if of_the_region || of_the_verifier {
        Ok(())
    } else {
        Err(HostError::Unexpected { host: host.to_owned(), partition: partition.to_owned() })
    }
}

/// Whether what follows a host's second label is a domain of the partition.
fn in_domain_of(partition: &Partition, host: &str) -> bool {
    let domain = host.splitn(3, '.').nth(2);
    domain == Some(partition.domain) || (domain.is_some() && domain == partition.dual_stack_domain)
}

/// The four endpoints of a region, as far as they exist.
fn endpoints(region: &str) -> impl Iterator<Item = String> + '_ {
    [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .filter_map(move |(fips, dual_stack)| resolve(region, Endpoint { fips, dual_stack }))
}

fn resolve(region: &str, endpoint: Endpoint) -> Option<String> {
    let partition = partition_by_region(region);
    // GovCloud's plain endpoint is the validated one.
    let plain_is_fips = partition.id == "aws-us-gov" && !endpoint.dual_stack;
    let service = if endpoint.fips && !plain_is_fips { "sts-fips" } else { "sts" };
    let domain = if endpoint.dual_stack { partition.dual_stack_domain? } else { partition.domain };
    Some(format!("{service}.{region}.{domain}"))
}

fn partition_by_id(id: &str) -> Result<&'static Partition, HostError> {
    PARTITIONS.iter().find(|partition| partition.id == id).ok_or_else(|| HostError::Partition(id.to_owned()))
}

fn partition_by_region(region: &str) -> &'static Partition {
    let holds = |partition: &&Partition| {
        partition.region_prefixes.iter().any(|prefix| has_region_form(region, prefix))
    };
    PARTITIONS.iter().find(holds).unwrap_or(&PARTITIONS[0])
}

/// `<prefix>-<word>-<number>`.
fn has_region_form(region: &str, prefix: &str) -> bool {
    let rest = region.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let Some((word, number)) = rest.and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !word.is_empty()
        && word.chars().all(is_word)
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}
