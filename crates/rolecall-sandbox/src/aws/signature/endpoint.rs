//! Which service and region a host name of AWS stands for.

/// What a request's host demands of the credential scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws) struct Endpoint {
    pub(in crate::aws) service: String,
    pub(in crate::aws) region: String,
}

impl Endpoint {
    /// Reads `SERVICE.REGION.amazonaws.com`, `SERVICE.REGION.api.aws` (both also with `-fips`) and the global
    /// `sts.amazonaws.com`, whose region is `us-east-1`; nothing else, loopback above all, is an endpoint.
    pub(in crate::aws) fn of_host(host: &str) -> Option<Self> {
        let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
        let front = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".api.aws"))?;
        let (service, region) = match front.split_once('.') {
            Some(parts) => parts,
            None if front == "sts" => (front, "us-east-1"),
            None => return None,
        };
        let service = service.strip_suffix("-fips").unwrap_or(service);
        Some(Self { service: service.to_owned(), region: region.to_owned() })
    }
}
