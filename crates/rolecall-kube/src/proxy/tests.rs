//! Which proxy, as a table.

use super::{for_server, without_credentials};

fn check(server: &str, proxy_url: Option<&str>, variables: &[(&str, &str)], expect: Option<&str>) {
    let read =
        |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let proxy = for_server(&server.parse().unwrap(), proxy_url, read);
    assert_eq!(proxy.as_deref(), expect, "{server} with {proxy_url:?} and {variables:?}");
}

#[test]
fn chooses_a_proxy_as_kubectl_does() {
    let eks = "https://ABC.gr7.eu-west-1.eks.amazonaws.com";
    let proxy = Some("http://proxy:3128");
    check(eks, None, &[], None);
    check(eks, None, &[("HTTPS_PROXY", "http://proxy:3128")], proxy);
    check(eks, None, &[("https_proxy", "proxy:3128")], proxy);
    check(eks, None, &[("HTTPS_PROXY", ""), ("https_proxy", "http://proxy:3128")], proxy);
    check(eks, None, &[("HTTP_PROXY", "http://proxy:3128")], None);
    check("http://10.0.0.1", None, &[("HTTP_PROXY", "http://proxy:3128")], proxy);
    check(eks, Some("http://other"), &[("HTTPS_PROXY", "http://proxy:3128")], Some("http://other"));
    check(eks, Some("socks5://other:1080"), &[("NO_PROXY", "*")], Some("socks5://other:1080"));
    check("https://127.0.0.1:6443", None, &[("HTTPS_PROXY", "http://proxy:3128")], None);
    check("https://localhost", None, &[("HTTPS_PROXY", "http://proxy:3128")], None);
    check("https://[::1]:6443", None, &[("HTTPS_PROXY", "http://proxy:3128")], None);
}

#[test]
fn leaves_out_what_no_proxy_names() {
    let rows = [
        ("*", true),
        ("eks.amazonaws.com", true),
        (".eks.amazonaws.com", true),
        ("*.eks.amazonaws.com", true),
        ("abc.gr7.eu-west-1.EKS.amazonaws.com", true),
        ("ks.amazonaws.com", false),
        ("example.com,eks.amazonaws.com", true),
        ("example.com, eks.amazonaws.com ,", true),
        ("eks.amazonaws.com:443", true),
        ("eks.amazonaws.com:8443", false),
        ("", false),
    ];
    for (no_proxy, is_left_out) in rows {
        let expect = (!is_left_out).then_some("http://proxy:3128");
        let variables = [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", no_proxy)];
        check("https://abc.gr7.eu-west-1.eks.amazonaws.com", None, &variables, expect);
    }
}

#[test]
fn knows_networks() {
    let rows = [
        ("https://10.1.2.3", "10.0.0.0/8", true),
        ("https://10.1.2.3", "10.1.2.3", true),
        ("https://11.1.2.3", "10.0.0.0/8", false),
        ("https://11.1.2.3", "0.0.0.0/0", true),
        ("https://[fd00::1]", "fd00::/8", true),
        ("https://[fe80::1]", "fd00::/8", false),
        ("https://10.1.2.3", "fd00::/8", false),
        ("https://10.1.2.3", "10.0.0.0/99", false),
    ];
    for (server, no_proxy, is_left_out) in rows {
        let expect = (!is_left_out).then_some("http://proxy");
        check(server, None, &[("HTTPS_PROXY", "http://proxy"), ("no_proxy", no_proxy)], expect);
    }
}

#[test]
fn shows_a_proxy_without_its_password() {
    let proxy = "http://somebody:secret@proxy:3128".parse().unwrap();
    assert_eq!(without_credentials(&proxy), "http://proxy:3128");
}
