//! What documents are made of, and what spoils them.

/// The names of roles, some of which somebody has.
pub(super) const ROLES: &[&str] =
    &["dev", "dev", "nodes", "Ops", "ops", "deep", "team/deep", "AWSReservedSSO_Adm_0123456789abcdef", "b"];

/// The names of users.
pub(super) const USERS: &[&str] = &["ann", "ann", "team/bob", "bob", "Cat", "cat", "TEAM/bob", "b"];

/// ARNs that are special, or only nearly somebody's.
pub(super) const ARNS: &[&str] = &[
    "arn:aws:sts::111122223333:assumed-role/dev/me@example.com",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "arn:aws:sts::111122223333:federated-user/fed",
    "arn:aws:iam::111122223333:federated-user/fed",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::111122223333:user/an?",
    "arn:aws:iam::111122223333:*",
    "arn:aws-cn:iam::111122223333:role/dev",
    "'arn:aws:iam::111122223333:role/dev '",
    "' arn:aws:iam::111122223333:user/ann'",
    "ARN:AWS:IAM::111122223333:ROLE/DEV",
    "arn:aws:iam::111122223333:u\u{17f}er/ann",
    "arn:aws:iam::111122223333:role/de\u{ff56}",
    "arn:aws:iam::111122223333:role/op\u{17f}",
    "arn:aws:iam::111122223333:role//dev",
    "arn:aws:iam::111122223333:role/dev/",
    "arn:aws:iam::111122223333:instance-profile/dev",
    "arn:aws:iam::1111-2222-3333:role/dev",
    "arn:aws:iam:us-east-1:111122223333:role/dev",
    "111122223333",
    "dev",
];

/// Accounts that somebody is in, and one that nobody is in.
pub(super) const ACCOUNTS: &[&str] = &["111122223333", "444455556666", "012345678901"];

/// Usernames, with and without placeholders.
pub(super) const USERNAMES: &[&str] = &[
    "admin",
    "u",
    "system:node:{{EC2PrivateDNSName}}",
    "x-{{SessionName}}",
    "{{AccountID}}:{{SessionNameRaw}}",
    "k-{{AccessKeyID}}",
    "x-{{ SessionName }}",
    "x-{{sessionname}}",
    "x-{{AccountID}}{{AccountID}}",
    "\"{{SessionName}}\"",
    "x-{{{SessionName}}}",
    "Ünï cödé",
];

/// Groups.
pub(super) const GROUPS: &[&str] =
    &["a", "b", "system:masters", "d", "g-{{SessionName}}", "n-{{EC2PrivateDNSName}}", "system:nodes"];

/// `sso:` matchers.
pub(super) const SSO: &[&str] = &[
    "{permissionSetName: Adm, accountID: \"111122223333\"}",
    "{permissionSetName: Adm, accountID: \"111122223333\"}",
    "{permissionSetName: adm, accountID: \"111122223333\"}",
    "{permissionSetName: A, accountID: \"111122223333\"}",
    "{permissionSetName: Adm_0123456789abcdef, accountID: \"111122223333\"}",
    "{permissionSetName: Adm, accountID: \"444455556666\"}",
    "{permissionSetName: Adm, accountID: 111122223333}",
    "{permissionSetName: Adm, accountID: \"111122223333\", partition: aws}",
    "{permissionSetName: Adm, accountID: \"111122223333\", partition: aws-us-govt}",
    "{PERMISSIONSETNAME: A, accountid: '111122223333', partition: aws}",
    "{permissionSetName: \"A*m\", accountID: \"111122223333\"}",
    "x",
    "null",
    "[]",
];

/// Scalars that mean something else than they say, or nothing at all.
pub(super) const ODD: &[&str] = &[
    "yes",
    "no",
    "on",
    "y",
    "N",
    "True",
    "~",
    "null",
    "''",
    "\"\"",
    "012",
    "0o12",
    "08",
    "1_000",
    "_1",
    "1_",
    "1__0",
    "0x1F",
    "0x",
    "0b11",
    "-1",
    "+1",
    "-0",
    "1.5",
    ".5",
    "5.",
    "1e3",
    "1e+3",
    "1e400",
    ".inf",
    "-.inf",
    ".nan",
    "9223372036854775808",
    "18446744073709551616",
    "12:30:45",
    "2001-01-01",
    "=",
    "<<",
    "[a]",
    "[n:]",
    "{a: b}",
    "*x",
    "&x v",
    "!!str 12",
    "!!int '3'",
    "!!binary aGk=",
    "!!null ''",
    "!!bool yes",
    "!!timestamp 2001-01-01",
    "!foo x",
    "|\n      block",
    ">\n      folded\n      more",
    "? q",
    "%p",
    "@a",
    "`b`",
    "{{SessionName}}",
    "a:{{SessionName}}",
    "é",
    "\u{200b}",
    "a: b",
    "a #c",
    "#c",
    "\"a\\tb\"",
    "'it''s'",
    "\"\\u00e9\\x41\"",
    "  padded  ",
    "99999999999999999999999999",
    "1:2:3",
    "0.1e-400",
    "\u{feff}",
    "x\u{a0}",
];

/// Whole sections that are special.
pub(super) const SPECIAL: &[&str] = &[
    "",
    "[]",
    "null",
    "''",
    "``",
    "\"\"",
    "# c\n",
    "{}",
    "- a\n",
    "x",
    "- {rolearn: a, username: b}\n",
    "[rolearn: a, username: b]",
    "[{\"rolearn\":\"r\",\"username\":\"u\",\"groups\":[\"g\"]}]",
    "{\"a\":1}",
    "-\n",
];

/// What makes a pattern of an ARN, or nearly.
pub(super) const WILD: &[&str] =
    &["*", "*", "?", "?", "**", "*?", "??", ".*", "\\", "[a-z]", "(", "$", "^", "+", ":", "\n", "\u{e9}", ""];

/// Lines whose keys print the same, so that Go takes one by chance, and not always one that JSON can print.
pub(super) const TWINS: &[&[&str]] = &[
    &["1: .inf", "\"1\": x"],
    &["1: x", "\"1\": .nan"],
    &["1: x", "\"1\": y"],
    &["true: .inf", "\"true\": .inf"],
    &["yes: -.inf", "\"true\": {a: b}"],
    &["q: {.nan: .inf, .nan: 1}"],
    &["q: {1: [.inf], 1.0: [.inf], \"1\": x}"],
    &["1: {~: x}", "\"1\": y"],
    &["sso: {2: .inf, \"2\": x}"],
    &["? 1.5", ": .inf", "\"1.5\": [a]"],
];

/// What is put into a text to mangle it.
pub(super) const MARKS: &[char] = &[
    '\t', ' ', ':', '-', '#', '\'', '"', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '\n',
    '\r', ',', '?', 'a', '0', '~', '=', '.', '\\', '\u{85}', '\u{2028}', 'é', '\u{0}',
];
