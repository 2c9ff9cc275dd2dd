//! Which proxy leads to an API server: the kubeconfig's `proxy-url`, or the usual variables, read as Go's
//! programs read them, so that Rolecall goes where kubectl goes.
//!
//! kube has its own reading, which matches `NO_PROXY` against the proxy's host; hence this one.

use std::net::IpAddr;

#[cfg(test)]
mod tests;

/// The URL of the proxy for `server`. `variable` reads the environment.
///
/// A `proxy-url` counts unconditionally; `HTTPS_PROXY` (`HTTP_PROXY` for a plain server) does not for
/// loopback, nor for what `NO_PROXY` lists.
pub(crate) fn for_server(
    server: &http::Uri,
    proxy_url: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let either = |upper: &str, lower: &str| {
        variable(upper)
            .filter(|text| !text.is_empty())
            .or_else(|| variable(lower).filter(|text| !text.is_empty()))
    };
    if let Some(url) = proxy_url.filter(|url| !url.is_empty()) {
        return Some(with_scheme(url));
    }
    let proxy = match server.scheme_str() {
        Some("http") => either("HTTP_PROXY", "http_proxy"),
        _ => either("HTTPS_PROXY", "https_proxy"),
    }?;
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    let excepted = either("NO_PROXY", "no_proxy").unwrap_or_default();
    if is_loopback(host) || excepted.split(',').any(|entry| matches(entry.trim(), host, port)) {
        return None;
    }
    Some(with_scheme(&proxy))
}

/// Where a proxy is, without the credentials that its URL may hold.
pub(crate) fn without_credentials(proxy: &http::Uri) -> String {
    let authority = proxy.authority().map_or("", |authority| authority.as_str());
    let place = authority.rsplit('@').next().unwrap_or(authority);
    format!("{}://{place}", proxy.scheme_str().unwrap_or("http"))
}

fn with_scheme(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        return in_network(host, network, length);
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse().ok()),
        _ => (entry, None),
    };
    if wanted_port.is_some_and(|wanted: u16| wanted != port) {
        return false;
    }
    named(name.strip_prefix('*').unwrap_or(name), host)
}

/// `example.com` means itself and what is below it, `.example.com` only what is below it.
fn named(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    match host.strip_suffix(&name) {
        _ if name.is_empty() => false,
        Some("") => true,
        Some(before) => name.starts_with('.') || before.ends_with('.'),
        None => false,
    }
}

fn in_network(host: &str, network: &str, length: &str) -> bool {
    let (Ok(host), Ok(network), Ok(length)) = (host.parse(), network.parse(), length.parse::<u32>()) else {
        return false;
    };
    match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            host.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(host), IpAddr::V6(network)) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            host.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}
