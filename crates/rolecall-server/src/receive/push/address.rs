//! Whether two addresses are of one repository.
//!
//! A forge tells how *it* would write the address; a source is configured as somebody else wrote it. Scheme,
//! user, port, the case of letters and `.git` are left out of the comparison: what is taken for the same wrongly
//! costs one fetch that finds nothing new, what is missed costs the wait for the next poll.

/// Whether both lead to the repository of the same path on the same host.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (parts(one), parts(other));
    one.is_some() && one == other
}

/// Whether a password stands in it. It would end in logs, and nobody needs it to compare.
pub(super) fn has_password(address: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// The host and the path, in small letters. Nothing, when there is no host or no path: `file:` and local paths
/// mean something on one machine only, and no forge can mean ours.
fn parts(address: &str) -> Option<(String, String)> {
    let (authority, path) = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        // As `scp` writes it: `git@host:path`.
        None => address.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| (host.to_lowercase(), path.to_lowercase()))
}

/// An IPv6 address has colons too, but ends in a bracket.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{has_password, is_same};

    #[test]
    fn one_repository_has_many_addresses() {
        let one = "https://git.example/platform/access.git";
        let same = [
            one,
            "https://git.example/platform/access",
            "https://git.example/platform/access/",
            "https://user:token@git.example/platform/access.git",
            "https://git.example:443/platform/access.git",
            "http://git.example:3000/platform/access",
            "https://Git.Example/Platform/Access.git",
            "git@git.example:platform/access.git",
            "git.example:platform/access",
            "ssh://git@git.example:7999/platform/access.git",
            "git://git.example/platform/access.git",
        ];
        for other in same {
            assert!(is_same(one, other) && is_same(other, one), "{other}");
        }
    }

    #[test]
    fn passwords_are_found() {
        for address in
            ["https://user:token@git.example/a", "https://:@git.example", "ssh://a:b@c@git.example/a"]
        {
            assert!(has_password(address), "{address}");
        }
        for address in ["https://git.example:443/a@b", "ssh://git@git.example:7999/a", "git@git.example:a"] {
            assert!(!has_password(address), "{address}");
        }
    }

    #[test]
    fn others_are_others() {
        let one = "https://git.example/platform/access.git";
        let others = [
            "https://git.example.evil/platform/access.git",
            "https://evil/git.example/platform/access.git",
            "https://git.example@evil/platform/access.git",
            "https://git.example/platform/access2.git",
            "https://git.example/platform/access.git.git",
            "https://git.example/access.git",
            "https://git.example/x/platform/access.git",
            "/platform/access.git",
            "platform/access.git",
            "file:///platform/access.git",
            "https://git.example",
            "https://git.example/",
            "https:///platform/access.git",
            "",
        ];
        for other in others {
            assert!(!is_same(one, other) && !is_same(other, one), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_even_the_same_as_itself() {
        for address in ["", "access", "/srv/access.git", "file:///srv/access.git", "./a:b/c"] {
            assert!(!is_same(address, address), "{address}");
        }
        let six = "https://[2001:db8::1]:3000/platform/access.git";
        assert!(is_same(six, "ssh://git@[2001:db8::1]/platform/access"));
    }
}
