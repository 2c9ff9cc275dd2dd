//! Placeholders in usernames and groups (`pkg/server/server.go`, `renderTemplate`).

use alloc::borrow::ToOwned;
use alloc::string::String;

/// What the placeholders stand for in one request. What is `None` is left as it stands in the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateValues {
    /// `{{AccountID}}`
    pub account_id: Option<String>,
    /// `{{SessionName}}`, with every `@` turned into `-`, and `{{SessionNameRaw}}`, as it is.
    pub session_name: Option<String>,
    /// `{{AccessKeyID}}`
    pub access_key_id: Option<String>,
    /// `{{EC2PrivateDNSName}}`
    pub ec2_private_dns: Option<String>,
}

/// The names of the placeholders, which stand in double braces.
pub(crate) const TEMPLATES: [&str; 5] =
    ["AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"];

/// Fills the placeholders of `text`. They are exact: no blanks inside, no other case.
pub fn render_template(text: &str, values: &TemplateValues) -> String {
    let session = values.session_name.as_ref();
    let pairs = [
        ("{{EC2PrivateDNSName}}", values.ec2_private_dns.clone()),
        ("{{AccountID}}", values.account_id.clone()),
        ("{{SessionName}}", session.map(|name| name.replace('@', "-"))),
        ("{{SessionNameRaw}}", session.cloned()),
        ("{{AccessKeyID}}", values.access_key_id.clone()),
    ];
    // The order is upstream's: a session name may itself look like a placeholder.
    pairs.into_iter().fold(text.to_owned(), |text, (placeholder, value)| match value {
        Some(value) => text.replace(placeholder, &value),
        None => text,
    })
}

/// Is `session` the id of an EC2 instance, which `{{EC2PrivateDNSName}}` demands?
pub(super) fn is_instance_id(session: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    session.strip_prefix("i-").is_some_and(|id| matches!(id.len(), 8 | 17) && id.chars().all(is_word))
}
