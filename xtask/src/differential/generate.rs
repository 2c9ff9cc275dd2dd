//! Documents as people write them, and then as people, editors and templates mangle them.

use super::Data;

/// Scalars that mean something else than they say, or nothing at all.
const ODD: &[&str] = &[
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
];

/// Whole sections that are special.
const SPECIAL: &[&str] = &[
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

/// What is put into a text to mangle it.
const MARKS: &[char] = &[
    '\t', ' ', ':', '-', '#', '\'', '"', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '\n',
    '\r', ',', '?', 'a', '0', '~', '=', '.', '\\', '\u{85}', '\u{2028}', 'é', '\u{0}',
];

/// Makes documents, the same ones for the same seed.
pub(super) struct Generator {
    state: u64,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The data of one ConfigMap.
    pub(super) fn document(&mut self) -> Data {
        let mut data = Data::new();
        if self.one_in(20) {
            let key = *self.pick(&["maproles", "MapRoles", "other"]);
            data.insert(key.to_owned(), self.section("role"));
        } else {
            data.insert("mapRoles".to_owned(), self.section("role"));
        }
        if self.one_in(2) {
            data.insert("mapUsers".to_owned(), self.section("user"));
        }
        if self.one_in(3) {
            data.insert("mapAccounts".to_owned(), self.accounts());
        }
        data
    }

    fn section(&mut self, kind: &str) -> String {
        if self.one_in(12) {
            return (*self.pick(SPECIAL)).to_owned();
        }
        let indent = *self.pick(&[0, 0, 0, 2, 4]);
        let count = self.below(4);
        let mut text: String = (0..count).map(|_| self.entry(indent, kind)).collect();
        text = match self.below(40) {
            0 => format!("--- \n{text}"),
            1 => format!("{text}---\n- b\n"),
            2 => format!("%YAML 1.1\n---\n{text}"),
            3 => format!("\u{feff}{text}"),
            4 => format!("{text}...\n"),
            5 => text.replace('\n', "\r\n"),
            _ => text,
        };
        if self.below(10) < 3 { self.mangled(&text) } else { text }
    }

    fn entry(&mut self, indent: usize, kind: &str) -> String {
        let mut lines = self.principal(kind);
        let username_key = *self.pick(&[
            "username",
            "username",
            "username",
            "username",
            "UserName",
            "usernam",
            "\"username\"",
        ]);
        let username = *self.pick(&["admin", "u", "system:node:{{EC2PrivateDNSName}}", "x-{{SessionName}}"]);
        let username = self.scalar(username);
        lines.push(format!("{username_key}: {username}"));
        lines.extend(self.groups(indent));
        if self.one_in(10) {
            lines.push("Groups: [null, x]".to_owned());
        }
        if self.one_in(10) {
            lines.push(format!("<<: {}", self.pick(&["*x", "{username: m}", "[*x, {groups: [q]}]", "12"])));
        }
        if self.one_in(10) {
            let (key, value) = (self.scalar("k"), self.scalar("v"));
            lines.push(format!("{key}: {value}"));
        }
        if self.one_in(8) {
            let again = self.below(lines.len());
            lines.push(lines[again].clone());
        }
        if self.one_in(2) {
            let at = self.below(lines.len());
            lines.rotate_left(at);
        }
        self.laid_out(indent, &lines)
    }

    fn principal(&mut self, kind: &str) -> Vec<String> {
        let key = match kind {
            "role" => *self
                .pick(&["rolearn", "rolearn", "rolearn", "rolearn", "roleARN", "RoleArn", "userarn", "sso"]),
            _ => *self.pick(&["userarn", "userarn", "userarn", "userarn", "userARN", "rolearn"]),
        };
        if key == "sso" {
            let sso = self.pick(&[
                "{permissionSetName: Adm, accountID: \"111122223333\"}",
                "{permissionSetName: Adm, accountID: 111122223333}",
                "{PERMISSIONSETNAME: A, accountid: '111122223333', partition: aws}",
                "x",
                "null",
                "[]",
            ]);
            return vec![format!("sso: {sso}")];
        }
        let name = *self.pick(&["a", "b", "C", "c", "p/q", "nodes"]);
        let arn = format!("arn:aws:iam::111122223333:{kind}/{name}");
        vec![format!("{key}: {}", self.scalar(&arn))]
    }

    fn groups(&mut self, indent: usize) -> Option<String> {
        let key = *self.pick(&["groups", "groups", "groups", "groups", "Groups", "GROUPS", "group"]);
        let names = ["a", "b", "system:masters", "d"];
        let groups: Vec<String> = (0..self.below(4)).map(|_| *self.pick(&names)).map(str::to_owned).collect();
        let groups: Vec<String> = groups.iter().map(|group| self.scalar(group)).collect();
        match self.below(8) {
            0..4 if !groups.is_empty() => {
                let dash = format!("\n{}- ", " ".repeat(indent + 2));
                let items = groups.iter().flat_map(|group| [dash.as_str(), group]).collect::<String>();
                Some(format!("{key}:{items}"))
            }
            0..6 => Some(format!("{key}: [{}]", groups.join(", "))),
            6 => Some(format!("{key}: {}", self.scalar("system:masters"))),
            _ => None,
        }
    }

    fn laid_out(&mut self, indent: usize, lines: &[String]) -> String {
        let anchor = if self.one_in(10) { format!("&x\n{}", " ".repeat(indent + 2)) } else { String::new() };
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            let mark = if number == 0 { format!("- {anchor}") } else { "  ".to_owned() };
            let comment = if self.one_in(12) { "  # c" } else { "" };
            text.extend([" ".repeat(indent).as_str(), &mark, line, comment, "\n"]);
        }
        text
    }

    fn accounts(&mut self) -> String {
        if self.one_in(10) {
            let special = [
                "111122223333",
                "[a, b]",
                "{a: b}",
                "- {a: b}\n- c\n",
                "- [x]\n",
                "null",
                "- null\n- true\n",
            ];
            return (*self.pick(&special)).to_owned();
        }
        let items = (0..self.below(4)).map(|_| {
            let account = *self.pick(&["111122223333", "012345678901"]);
            format!("- {}\n", self.scalar(account))
        });
        items.collect()
    }

    /// `text`, quoted at times, and at times something odd instead.
    fn scalar(&mut self, text: &str) -> String {
        match self.below(12) {
            0 => format!("'{}'", text.replace('\'', "''")),
            1 => format!("{text:?}"),
            2 => (*self.pick(ODD)).to_owned(),
            _ => text.to_owned(),
        }
    }

    fn mangled(&mut self, text: &str) -> String {
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            if text.is_empty() {
                break;
            }
            let (at, mark) = (self.below(text.len()), *self.pick(MARKS));
            match self.below(5) {
                0 => text.insert(at, mark),
                1 => {
                    text.remove(at);
                }
                2 => text[at] = mark,
                3 => text.truncate(at),
                _ => {
                    let end = at + self.below(text.len() - at);
                    let piece: Vec<char> = text[at..end].to_vec();
                    text.splice(end..end, piece);
                }
            }
        }
        text.into_iter().collect()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn below(&mut self, n: usize) -> usize {
        // SplitMix64: small, and good enough to be surprised by.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let n = u64::try_from(n).expect("a length fits");
        usize::try_from((z ^ (z >> 31)) % n).expect("it is below a length")
    }
}
